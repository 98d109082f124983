"""What the facts of a patient mean at a moment, and in which lists they stand then. Plain functions of their arguments.

Facts do not change at midnight, but today's dose does, and the next change. So the places of a patient in the lists
hold until `Places.stale_at`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from plans.domain.json import JsonObject
from plans.domain.people import ENDS_OF_CARE, CareState
from plans.domain.review import calls
from plans.domain.review.calls import NO_WORRY, CallFacts, CallNeed, CallResult, LastCall, Stand
from plans.domain.taper.plan_states import PlanState
from plans.services.plan_summaries import PlanOutline

WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
# Whoever has no open item, no change to come or no answer stands after all who have.
NO_ITEM: Final = 9
NO_CHANGE: Final = date.max
NO_ANSWER: Final = 0
# What facts look like; another number where a release changes that.
SHAPE: Final = 2
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_OUT: Final = frozenset(state.value for state in ENDS_OF_CARE)
_EVERY_DRUG: Final = ""


class CaseloadShow(StrEnum):
    """Which part of the caseload."""

    ALL = "all"
    MINE = "mine"
    ATTENTION = "attention"
    PHONE = "phone"
    WEEK = "week"
    HELD = "held"
    MAINTENANCE = "maintenance"
    FOLLOW_UP = "follow_up"
    DRAFT = "draft"
    NO_PLAN = "no_plan"
    NO_OWNER = "no_owner"
    GONE = "gone"


# Parts that the list of calls shows: whom to call now, later, and not at all.
CALLS: Final = MappingProxyType({stand: f"calls_{stand.value}" for stand in Stand})
# Where a search looks: whoever is looked for by name is found, wherever they are treated by now.
EVERYBODY: Final = "everybody"
# Parts that hold whoever has a plan in this state.
_BY_STATE: Final = {
    PlanState.HELD.value: CaseloadShow.HELD,
    PlanState.MAINTENANCE.value: CaseloadShow.MAINTENANCE,
    PlanState.FOLLOW_UP.value: CaseloadShow.FOLLOW_UP,
    PlanState.DRAFT.value: CaseloadShow.DRAFT,
}


class Sort(StrEnum):
    """The sort orders of the caseload; ties are sorted by name."""

    FLAG = "flag"
    NAME = "name"
    CHANGE = "change"
    ANSWER = "answer"


class DueCode(StrEnum):
    """What falls due."""

    CHANGE = "change"
    VISIT = "visit"
    REVIEW = "review"
    WARD = "ward"


@dataclass(frozen=True, slots=True)
class DueThing:
    """Something that falls due on a day, which may have gone by; `at` is the hour of a visit, if one is agreed."""

    code: DueCode
    on: date
    at: time | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """In which lists a patient stands, and where; until `stale_at`."""

    parts: frozenset[str]
    drugs: tuple[str, ...]
    priority: int
    change_on: date
    answer_rank: int
    worry: int
    stale_at: datetime

    def lists(self, clinic_id: UUID) -> frozenset[UUID]:
        """The keys of these lists: each part, of all drugs and of each one."""
        return frozenset(
            list_key(clinic_id, part, drug) for part in self.parts for drug in (_EVERY_DRUG, *self.drugs)
        )


def list_key(clinic_id: UUID, part: str, drug: str = _EVERY_DRUG) -> UUID:
    """The key of a list."""
    said = f"{clinic_id.hex}:{part}:{drug}".encode()
    return UUID(bytes=hashlib.blake2b(said, digest_size=16).digest())


def owner_part(user_id: UUID) -> str:
    """The part that holds the patients of one member."""
    return f"owner:{user_id.hex}"


def day_of(facts: JsonObject, now: datetime) -> date:
    """The patient's date."""
    return now.astimezone(ZoneInfo(facts["zone"])).date()


def outline_of(facts: JsonObject) -> PlanOutline | None:
    """The plan that is shown."""
    return PlanOutline.from_json(facts["plan"]) if facts["plan"] is not None else None


def phone_by(facts: JsonObject, now: datetime) -> datetime | None:
    """When the first open check-in closes that no message brings to the patient."""
    closing = [closes for due, closes in _open(facts) if due <= now < closes]
    return min(closing, default=None)


def call_facts(facts: JsonObject) -> CallFacts:
    """What there is to call a patient about, as the list of calls reads it."""
    found = facts["call"]
    last, off = found["last"], found["off"]
    return CallFacts(
        item=facts["items"][0][0] if facts["items"] else None,
        missed=facts["missed"] if facts["planned"] else 0,
        missed_at=_moment(found["missed_at"]),
        asked=found["asked"],
        asked_at=_moment(facts["answered"]),
        open=tuple(_open(facts)),
        reached_at=_moment(found["reached"]),
        agreed_at=_moment(found["agreed"]),
        last=LastCall(datetime.fromisoformat(last[0]), CallResult(last[1]), _moment(last[2]))
        if last
        else None,
        off=off is not None,
        off_until=date.fromisoformat(off[0]) if off and off[0] else None,
        zone=facts["zone"],
    )


def call_need(facts: JsonObject, now: datetime) -> CallNeed | None:
    """Whether a patient is to be called, and where they stand then; nobody out of care is."""
    return calls.need(call_facts(facts), now) if facts["care"] == CareState.IN_CARE else None


def _moment(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def due_on(facts: JsonObject, plan: PlanOutline | None, today: date) -> tuple[DueThing, ...]:
    """What falls due within a week, the earliest first; of what has gone by only what somebody still has to do."""
    return tuple(
        sorted(
            (one for one in _due(facts, plan, today) if one.on <= today + WEEK),
            key=lambda one: (one.on, one.at or time.min, one.code),
        )
    )


def places(facts: JsonObject, owner_id: UUID | None, now: datetime) -> Places:
    """In which lists a patient stands at a moment, and where."""
    today, plan = day_of(facts, now), outline_of(facts)
    parts = {EVERYBODY}
    if facts["care"] in _OUT:
        parts.add(CaseloadShow.GONE)
    else:
        parts |= {CaseloadShow.ALL, *(_BY_STATE[state] for state in facts["states"] if state in _BY_STATE)}
        parts.add(owner_part(owner_id) if owner_id is not None else CaseloadShow.NO_OWNER)
        if facts["items"]:
            parts.add(CaseloadShow.ATTENTION)
        if not facts["planned"]:
            parts.add(CaseloadShow.NO_PLAN)
        if phone_by(facts, now) is not None:
            parts.add(CaseloadShow.PHONE)
        if due_on(facts, plan, today):
            parts.add(CaseloadShow.WEEK)
    call = call_need(facts, now)
    if call is not None:
        parts.add(CALLS[call.stand])
    answered = facts["answered"]
    return Places(
        parts=frozenset(str(part) for part in parts),
        drugs=plan.drugs if plan is not None and facts["planned"] else (),
        priority=facts["items"][0][0] if facts["items"] else NO_ITEM,
        change_on=_next_change(facts, plan, today) or NO_CHANGE,
        answer_rank=-int(datetime.fromisoformat(answered).timestamp() * 1_000_000) if answered else NO_ANSWER,
        worry=call.order if call is not None else NO_WORRY,
        stale_at=_stale_at(facts, plan, now),
    )


def _next_change(facts: JsonObject, plan: PlanOutline | None, today: date) -> date | None:
    if plan is None or facts["care"] != CareState.IN_CARE:
        return None
    return next(plan.changes_after(today), None)


def _stale_at(facts: JsonObject, plan: PlanOutline | None, now: datetime) -> datetime:
    """The moment from which another list may hold the patient, or another place in it."""
    today, zone = day_of(facts, now), ZoneInfo(facts["zone"])
    days: set[date] = set()
    for one in _due(facts, plan, today):
        # A change is over when its day begins, a visit when it ends; what is to be done stays until it is.
        days |= {one.on - WEEK, one.on if one.code is DueCode.CHANGE else one.on + _DAY}
    midnights = (
        datetime.combine(day, time.min, tzinfo=zone).astimezone(now.tzinfo) for day in days if day > today
    )
    moments = [moment for pair in _open(facts) for moment in pair if moment > now]
    call = calls.changes_at(call_facts(facts), now)
    return min([*midnights, *moments, *([call] if call is not None else [])], default=NEVER)


def _due(facts: JsonObject, plan: PlanOutline | None, today: date) -> Iterator[DueThing]:
    """Everything that is to come, and what has gone by and is still to be done."""
    for on, at in facts["visits"]:
        if on >= today.isoformat():
            yield DueThing(
                DueCode.VISIT, date.fromisoformat(on), time.fromisoformat(at) if at is not None else None
            )
    if plan is None:
        return
    if plan.ask_ward_on is not None and plan.state == PlanState.PAUSED:
        yield DueThing(DueCode.WARD, plan.ask_ward_on)
    if (
        plan.review_on is not None
        and plan.state == PlanState.MAINTENANCE
        and facts["care"] == CareState.IN_CARE
    ):
        yield DueThing(DueCode.REVIEW, plan.review_on)
    change = _next_change(facts, plan, today)
    if change is not None:
        yield DueThing(DueCode.CHANGE, change)


def _open(facts: JsonObject) -> Iterator[tuple[datetime, datetime]]:
    for due, closes in facts["open"]:
        yield datetime.fromisoformat(due), datetime.fromisoformat(closes)
