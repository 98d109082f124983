"""Summaries of plans on a day, for lists: many plans in one query, from their projected steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final
from uuid import UUID

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


def plan_summaries(plans: Iterable[Plan]) -> dict[UUID, PlanSummary]:
    """The summary of each of these plans on its patient's today, by the plan's key."""
    rows = list(plans)
    steps: dict[UUID | None, list[_Step]] = defaultdict(list)
    versions = [plan.active_version_id for plan in rows if plan.active_version_id]
    for version_id, days, doses, changes in (
        PlanStep.objects.filter(version_id__in=versions)
        .order_by("n")
        .values_list("version_id", "days", "doses", "changes")
    ):
        steps[version_id].append(_Step(days.lower, doses, changes))
    today_in: dict[str, date] = {}
    for plan in rows:
        today_in.setdefault(plan.patient.zone, clock.today(plan.patient.zone))
    return {
        plan.pk: _summary(plan, steps.get(plan.active_version_id, []), today_in[plan.patient.zone])
        for plan in rows
    }


def _drugs_of_draft(plan: Plan) -> tuple[str, ...]:
    """The drugs chosen in a form as it was typed, as far as they are drugs."""
    known = catalogue.names()
    typed = (value for name in _DRUG_FIELDS for value in plan.draft.get(name, ()))
    return tuple(dict.fromkeys(drug for drug in typed if drug in known))


def _summary(plan: Plan, steps: Sequence[_Step], today: date) -> PlanSummary:
    # An ended or paused plan has no dose today and no change ahead.
    rests = plan.state in (PlanState.STOPPED, PlanState.PAUSED)
    began = [] if rests else [step for step in steps if step.first <= today]
    coming = next((step for step in steps if step.first > today and step.changes and not rests), None)
    over = plan.last_day is not None and today > plan.last_day and plan.ends_at_zero
    last = next(((old, new) for old, new in reversed(list(pairwise(began))) if new.changes), None)
    return PlanSummary(
        plan_id=plan.pk,
        patient_id=plan.patient_id,
        state=plan.state,
        drugs=tuple(plan.drugs) or _drugs_of_draft(plan),
        lock=plan.lock,
        version=plan.active_version.number if plan.active_version else None,
        today=today,
        dose=None if not began else DayDose() if over else began[-1].on(today),
        step=len(began) or None,
        steps=len(steps),
        starts_on=steps[0].first if steps else None,
        last_change_on=last[1].first if last else None,
        last_change_was_cut=last is not None
        and last[0].day != last[1].day
        and not last[1].day.more_than(last[0].day),
        next_change_on=coming.first if coming else None,
        next_dose=coming.day if coming else None,
        last_day=None if rests else plan.last_day,
        held_until=plan.held_until,
        since=plan.state_at.astimezone(clock.zone_of(plan.patient.zone)).date(),
        review_on=None if rests else plan.review_on,
    )
