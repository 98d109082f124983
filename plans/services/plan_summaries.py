"""Summaries of plans on a day, for lists: many plans in one query, from their projected steps.

An outline is what a plan says whatever the day, and gives the summary of one. The caseload keeps outlines, so that
nothing has to be written when midnight passes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, Self
from uuid import UUID

from plans.domain.json import JsonObject
from plans.domain.regimen import DayDose
from plans.domain.taper import catalogue
from plans.domain.taper.plan_states import PlanState
from plans.domain.which import which
from plans.models import Plan, PlanStep
from plans.services import clock

# The fields of the plan form in which a drug is chosen.
_DRUG_FIELDS: Final = ("drug_a", "drug_b")


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """One plan on its patient's today. `dose` is today's dose of every drug; None if the plan was not issued, has not
    begun, has ended, or is paused for a hospital stay. `drugs` are all drugs of the plan, of a draft those chosen in
    its form; a change is a day on which any drug's dose changes. `since` is the day its state began, `review_on` when a
    dose that stays is reviewed.
    """

    plan_id: UUID
    patient_id: UUID
    state: str
    drugs: tuple[str, ...]
    lock: int
    version: int | None
    today: date
    dose: DayDose | None
    step: int | None
    steps: int
    starts_on: date | None
    last_change_on: date | None
    last_change_was_cut: bool
    next_change_on: date | None
    next_dose: DayDose | None
    last_day: date | None
    held_until: date | None
    since: date
    review_on: date | None

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(PlanState, self.state)

    @property
    def days_to_change(self) -> int | None:
        """Days from today to the next change of dose."""
        return (self.next_change_on - self.today).days if self.next_change_on else None

    @property
    def days_since_change(self) -> int | None:
        """Days since the last change of dose."""
        return (self.today - self.last_change_on).days if self.last_change_on else None


@dataclass(frozen=True, slots=True)
class _Step:
    first: date
    doses: Mapping[str, int | Sequence[int]]
    changes: bool

    @property
    def day(self) -> DayDose:
        """What it is said to be: a day, or a week where its days differ."""
        return DayDose.from_units(self.doses)

    def on(self, day: date) -> DayDose:
        """What is taken on a day of it."""
        return DayDose.from_units(self.doses, day.weekday())


@dataclass(frozen=True, slots=True)
class PlanOutline:
    """What a plan says, whatever the day: `on` gives its summary on one, and means by each field the same."""

    plan_id: UUID
    patient_id: UUID
    state: str
    drugs: tuple[str, ...]
    lock: int
    version: int | None
    last_day: date | None
    ends_at_zero: bool
    held_until: date | None
    since: date
    review_on: date | None
    ask_ward_on: date | None
    steps: tuple[_Step, ...]

    @property
    def rests(self) -> bool:
        """Whether it has ended or is paused: then no dose is today's, and no change is ahead."""
        return self.state in (PlanState.STOPPED, PlanState.PAUSED)

    def changes_after(self, day: date) -> Iterator[date]:
        """The days after a day on which a dose changes, in order."""
        return (step.first for step in self._coming(day))

    def _coming(self, day: date) -> Iterator[_Step]:
        return (step for step in self.steps if step.first > day and step.changes and not self.rests)

    def on(self, today: date) -> PlanSummary:
        """The summary on a day."""
        began = [] if self.rests else [step for step in self.steps if step.first <= today]
        coming = next(self._coming(today), None)
        over = self.last_day is not None and today > self.last_day and self.ends_at_zero
        last = next(((old, new) for old, new in reversed(list(pairwise(began))) if new.changes), None)
        return PlanSummary(
            plan_id=self.plan_id,
            patient_id=self.patient_id,
            state=self.state,
            drugs=self.drugs,
            lock=self.lock,
            version=self.version,
            today=today,
            dose=None if not began else DayDose() if over else began[-1].on(today),
            step=len(began) or None,
            steps=len(self.steps),
            starts_on=self.steps[0].first if self.steps else None,
            last_change_on=last[1].first if last else None,
            last_change_was_cut=last is not None
            and last[0].day != last[1].day
            and not last[1].day.more_than(last[0].day),
            next_change_on=coming.first if coming else None,
            next_dose=coming.day if coming else None,
            last_day=None if self.rests else self.last_day,
            held_until=self.held_until,
            since=self.since,
            review_on=None if self.rests else self.review_on,
        )

    def to_json(self) -> JsonObject:
        """As plain JSON."""
        return {
            "plan": str(self.plan_id),
            "patient": str(self.patient_id),
            "state": self.state,
            "drugs": list(self.drugs),
            "lock": self.lock,
            "version": self.version,
            "last_day": _text(self.last_day),
            "ends_at_zero": self.ends_at_zero,
            "held_until": _text(self.held_until),
            "since": self.since.isoformat(),
            "review_on": _text(self.review_on),
            "ask_ward_on": _text(self.ask_ward_on),
            "steps": [[step.first.isoformat(), step.doses, step.changes] for step in self.steps],
        }

    @classmethod
    def from_json(cls, kept: JsonObject) -> Self:
        """What `to_json` gave."""
        return cls(
            plan_id=UUID(kept["plan"]),
            patient_id=UUID(kept["patient"]),
            state=kept["state"],
            drugs=tuple(kept["drugs"]),
            lock=kept["lock"],
            version=kept["version"],
            last_day=_date(kept["last_day"]),
            ends_at_zero=kept["ends_at_zero"],
            held_until=_date(kept["held_until"]),
            since=date.fromisoformat(kept["since"]),
            review_on=_date(kept["review_on"]),
            ask_ward_on=_date(kept["ask_ward_on"]),
            steps=tuple(
                _Step(date.fromisoformat(first), doses, changes) for first, doses, changes in kept["steps"]
            ),
        )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None


def plan_outlines(plans: Iterable[Plan]) -> dict[UUID, PlanOutline]:
    """The outline of each of these plans, by the plan's key. `plan.patient` and `plan.active_version` are read."""
    rows = list(plans)
    steps: dict[UUID | None, list[_Step]] = defaultdict(list)
    versions = [plan.active_version_id for plan in rows if plan.active_version_id]
    for version_id, days, doses, changes in (
        PlanStep.objects.filter(version_id__in=versions)
        .order_by("n")
        .values_list("version_id", "days", "doses", "changes")
    ):
        steps[version_id].append(_Step(days.lower, doses, changes))
    return {plan.pk: _outline(plan, steps.get(plan.active_version_id, [])) for plan in rows}


def plan_summaries(plans: Iterable[Plan]) -> dict[UUID, PlanSummary]:
    """The summary of each of these plans on its patient's today, by the plan's key."""
    rows = list(plans)
    today_in: dict[str, date] = {}
    for plan in rows:
        today_in.setdefault(plan.patient.zone, clock.today(plan.patient.zone))
    outlines = plan_outlines(rows)
    return {plan.pk: outlines[plan.pk].on(today_in[plan.patient.zone]) for plan in rows}


def _drugs_of_draft(plan: Plan) -> tuple[str, ...]:
    """The drugs chosen in a form as it was typed, as far as they are drugs."""
    known = catalogue.names()
    typed = (value for name in _DRUG_FIELDS for value in plan.draft.get(name, ()))
    return tuple(dict.fromkeys(drug for drug in typed if drug in known))


def _outline(plan: Plan, steps: Sequence[_Step]) -> PlanOutline:
    return PlanOutline(
        plan_id=plan.pk,
        patient_id=plan.patient_id,
        state=plan.state,
        drugs=tuple(plan.drugs) or _drugs_of_draft(plan),
        lock=plan.lock,
        version=plan.active_version.number if plan.active_version else None,
        last_day=plan.last_day,
        ends_at_zero=plan.ends_at_zero,
        held_until=plan.held_until,
        since=plan.state_at.astimezone(clock.zone_of(plan.patient.zone)).date(),
        review_on=plan.review_on,
        ask_ward_on=plan.ask_ward_on,
        steps=tuple(steps),
    )
