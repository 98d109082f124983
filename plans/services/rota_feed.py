"""The rota that a hospital keeps as a calendar: its address, whom its events mean, and what a reading changes.

set_address(by=lead, place=DutyPlace.FIRST, address="https://…")
for one in due(now): …               # plans.dispatch.rota_feeds fetches and reads them
took(one.id, events, now)            # shifts as the calendar has them; an alarm for names that nobody has
failed(one.id, problem, now)         # an alarm; the last good rota stands
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from plans.domain.errors import NotFound, Refused
from plans.domain.json import JsonObject
from plans.domain.review.item_states import ItemState
from plans.domain.review.rota import DutyPlace
from plans.domain.review.rota_feed import (
    NOT_A_SHIFT,
    FeedEvent,
    FeedProblem,
    MatchedFeed,
    PersonNamed,
    match,
)
from plans.models import Clinic, ReviewItem, RotaFeed, Shift
from plans.services import audit, clock, rota
from plans.services.access import get_clinic_for
from plans.services.actors import SYSTEM, Actor, May
from plans.services.review.review_items import open_item

READ_EVERY: Final = timedelta(minutes=10)
AHEAD: Final = timedelta(days=60)
"""How far ahead shifts are taken from a calendar."""
AGAIN_AFTER: Final = timedelta(days=1)
"""How long after its item was resolved the same fault opens another."""
SOON: Final = timedelta(hours=24)
ADDRESS_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class FeedToRead:
    """A calendar that is due to be read."""

    id: UUID
    address: str
    zone: str


@dataclass(frozen=True, slots=True)
class UnmatchedName:
    """A name of events that nobody could be matched to, and when the next of them begins."""

    key: str
    name: str
    start: datetime


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A calendar as its page shows it. `host` alone: the whole address opens the calendar to whoever has it.

    `chosen`: the names that a lead matched, by key, with the member's key or NOT_A_SHIFT.
    """

    id: UUID
    place: DutyPlace
    host: str
    read_at: datetime | None
    good_at: datetime | None
    problem: FeedProblem | None
    shifts: int
    unmatched: tuple[UnmatchedName, ...]
    chosen: Mapping[str, str]


def feeds(actor: Actor) -> tuple[FeedRow, ...]:
    """The calendars that the rota of the actor's clinic is read from, the first place before the second."""
    clinic = get_clinic_for(actor, May.MANAGE)
    return tuple(
        FeedRow(
            id=one.pk,
            place=DutyPlace(one.place),
            host=urlsplit(one.address).hostname or "",
            read_at=one.read_at,
            good_at=one.good_at,
            problem=FeedProblem(one.problem) if one.problem else None,
            shifts=one.shifts.filter(cancelled_at=None, end_at__gt=clock.now()).count(),
            unmatched=tuple(
                UnmatchedName(key, name, datetime.fromisoformat(start))
                for key, (name, start) in one.unmatched.items()
            ),
            chosen=one.names,
        )
        for one in RotaFeed.objects.filter(clinic=clinic, ended_at=None).order_by("place")
    )


@transaction.atomic
def set_address(*, by: Actor, place: DutyPlace, address: str) -> None:
    """Read a place on the rota from a calendar, in place of the one before; it is read within a minute.

    Raises Refused, with `where` address: not_https, password (in the address), too_long.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    _check_address(address)
    now = clock.now()
    standing = RotaFeed.objects.filter(clinic=clinic, place=place.value, ended_at=None).first()
    names = standing.names if standing is not None else {}
    if standing is not None:
        _end(standing, by, now)
    row = RotaFeed.objects.create(
        clinic=clinic, place=place.value, address=address, names=names, made_at=now, made_by_id=by.member_id
    )
    _record(by, row, "rota.feed_set", {"duty": place.value, "name": urlsplit(address).hostname or ""})


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused(reason="not_https", where="address") from None
    own = parts.scheme == "http" and host in settings.ROTA_FEED_HOSTS
    if not host or not (parts.scheme == "https" or own):
        raise Refused(reason="not_https", where="address")
    if parts.username or parts.password:
        raise Refused(reason="password", where="address")
    if len(address) > ADDRESS_MOST:
        raise Refused(reason="too_long", where="address", most=ADDRESS_MOST)


@transaction.atomic
def end(*, by: Actor, feed_id: UUID) -> None:
    """Read a calendar no more; its shifts to come are cancelled. Raises NotFound."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    row = _own(clinic, feed_id)
    _end(row, by, clock.now())
    _record(by, row, "rota.feed_ended", {"duty": row.place, "name": urlsplit(row.address).hostname or ""})


@transaction.atomic
def choose(*, by: Actor, feed_id: UUID, chosen: Mapping[str, str]) -> None:
    """Say whom names of events mean: {key of the name: the member's key, or NOT_A_SHIFT}; an empty mapping of a name
    already chosen leaves it as it is. The calendar is read again within a minute.

    Raises NotFound, and Refused("not_a_clinician") with the name's key in `where`.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    row = _own(clinic, feed_id)
    people = {str(one.user_id) for one in rota.who_may_be_on_duty(clinic)}
    for key, user_id in chosen.items():
        if user_id != NOT_A_SHIFT and user_id not in people:
            raise Refused(reason="not_a_clinician", where=key)
    row.names = {**row.names, **chosen}
    row.unmatched = {key: said for key, said in row.unmatched.items() if key not in chosen}
    row.read_at = None
    row.save(update_fields=["names", "unmatched", "read_at"])
    _record(by, row, "rota.feed_names_set", {"duty": row.place, "number": len(chosen)})


def due(now: datetime) -> tuple[FeedToRead, ...]:
    """The calendars that were not read for ten minutes, the longest ago first."""
    rows = RotaFeed.objects.filter(Q(read_at=None) | Q(read_at__lte=now - READ_EVERY), ended_at=None)
    found = rows.order_by("read_at", "id").values_list("pk", "address", "clinic__zone")
    return tuple(FeedToRead(*one) for one in found)


def begun(feed_id: UUID, now: datetime) -> None:
    """Record that a calendar is being read, so that a slow one does not keep others waiting."""
    RotaFeed.objects.filter(pk=feed_id).update(read_at=now)


@transaction.atomic
def took(feed_id: UUID, events: Sequence[FeedEvent], now: datetime) -> None:
    """Put the events of a calendar on the rota: what is new is added, what is gone is cancelled."""
    row = _locked(feed_id)
    if row is None:
        return
    people = {
        one.user_id: PersonNamed(one.user.name, one.user.email) for one in rota.who_may_be_on_duty(row.clinic)
    }
    matched = match(events, people, row.names)
    _put(row, matched, now)
    row.read_at = row.good_at = now
    row.problem = ""
    row.unmatched = {key: [name, start.isoformat()] for key, (name, start) in matched.unmatched.items()}
    row.save(update_fields=["read_at", "good_at", "problem", "unmatched"])
    if matched.unmatched:
        soon = min(start for _, start in matched.unmatched.values()) < now + SOON
        names = sorted(name for name, _ in matched.unmatched.values())
        _alarm(row, "rota_unmatched", names, "urgent" if soon else "high", now)


@transaction.atomic
def failed(feed_id: UUID, problem: FeedProblem, now: datetime) -> None:
    """Record that a calendar could not be read, and say so; its shifts stay as they are."""
    row = _locked(feed_id)
    if row is None:
        return
    row.read_at, row.problem = now, problem.value
    row.save(update_fields=["read_at", "problem"])
    _alarm(row, "rota_feed_broken", [problem.value], "high", now)


def _put(row: RotaFeed, matched: MatchedFeed, now: datetime) -> None:
    standing = row.shifts.filter(cancelled_at=None, end_at__gt=now)
    known = {(one.user_id, one.start_at, one.end_at): one.pk for one in standing}
    gone = [pk for shift, pk in known.items() if shift not in matched.shifts]
    fresh = [shift for shift in matched.shifts if shift not in known and shift[2] > now]
    Shift.objects.filter(pk__in=gone).update(cancelled_at=now)
    Shift.objects.bulk_create(
        Shift(
            clinic=row.clinic, user_id=user_id, place=row.place, start_at=start, end_at=end, feed=row,
            made_at=now,
        )
        for user_id, start, end in sorted(fresh, key=lambda one: (one[1], one[0]))
    )  # fmt: skip
    if gone or fresh:
        _record(SYSTEM, row, "rota.feed_changed", {"duty": row.place, "made": len(fresh), "gone": len(gone)})


def _alarm(row: RotaFeed, code: str, about: list[str], priority: str, now: datetime) -> None:
    """Open an item, or add to the open one, unless it says all this already."""
    key = f"{code}:{row.pk}"
    last = ReviewItem.objects.filter(clinic=row.clinic, source_key=key).order_by("-opened_at").first()
    if last is not None and set(about) <= set(last.facts.get("about", ())):
        still_open = last.state != ItemState.RESOLVED.value
        worse = still_open and priority == "urgent" and last.severity != "urgent"
        lately = last.resolved_at is not None and last.resolved_at > now - AGAIN_AFTER
        if (still_open and not worse) or lately:
            return
    open_item(
        clinic_id=row.clinic_id,
        patient=None,
        plan=None,
        source="rota",
        source_key=key,
        priority=priority,
        facts={"code": code, "about": about},
        now=now,
    )


def _end(row: RotaFeed, by: Actor, now: datetime) -> None:
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    row.shifts.filter(cancelled_at=None, end_at__gt=now).update(cancelled_at=now, cancelled_by_id=by.user_id)


def _own(clinic: Clinic, feed_id: UUID) -> RotaFeed:
    row = RotaFeed.objects.filter(pk=feed_id, clinic=clinic, ended_at=None).first()
    if row is None:
        raise NotFound(what="feed")
    return row


def _locked(feed_id: UUID) -> RotaFeed | None:
    rows = RotaFeed.objects.select_for_update(of=("self",), no_key=True).select_related("clinic")
    return rows.filter(pk=feed_id, ended_at=None).first()


def _record(by: Actor, row: RotaFeed, act: str, facts: JsonObject) -> None:
    audit.record(
        by=by, act=act, subject_kind="clinic", subject_id=row.clinic_id, clinic_id=row.clinic_id, facts=facts
    )
