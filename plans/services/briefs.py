"""Where plans stand on a day, for lists: many plans in one query, from the projection of their steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from uuid import UUID

from plans.domain.amounts import Dose
from plans.models import Plan, PlanStep
from plans.services import clock


@dataclass(frozen=True, slots=True)
class PlanBrief:
    """One plan on its patient's day. Doses are totals a day of the drug being tapered; None when nothing is issued.

    `since` is the day its state began, `review_on` when a dose that stays is looked at again.
    """

    plan_id: UUID
    patient_id: UUID
    state: str
    drug: str
    lock: int
    version: int | None
    today: date
    dose: Dose | None
    step: int | None
    steps: int
    starts_on: date | None
    last_change_on: date | None
    last_change_was_cut: bool
    next_change_on: date | None
    next_dose: Dose | None
    last_day: date | None
    held_until: date | None
    since: date
    review_on: date | None

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
    total: int


def brief(plan: Plan) -> PlanBrief:
    """Where one plan stands; `plan.patient` and `plan.active_version` are read."""
    return briefs([plan])[plan.pk]


def briefs(plans: Iterable[Plan]) -> dict[UUID, PlanBrief]:
    """Where each of these plans stands on its patient's day, by the plan's key."""
    rows = list(plans)
    steps: dict[UUID | None, list[_Step]] = defaultdict(list)
    versions = [plan.active_version_id for plan in rows if plan.active_version_id]
    for version_id, days, total in (
        PlanStep.objects.filter(version_id__in=versions)
        .order_by("n")
        .values_list("version_id", "days", "total_units")
    ):
        steps[version_id].append(_Step(days.lower, total))
    today_in: dict[str, date] = {}
    for plan in rows:
        today_in.setdefault(plan.patient.zone, clock.today(plan.patient.zone))
    return {
        plan.pk: _brief(plan, steps.get(plan.active_version_id, []), today_in[plan.patient.zone])
        for plan in rows
    }


def _brief(plan: Plan, steps: Sequence[_Step], today: date) -> PlanBrief:
    began = [step for step in steps if step.first <= today]
    over = plan.last_day is not None and today > plan.last_day
    now = began[-1] if began else None
    changes = [
        (later, later.total < earlier.total)
        for earlier, later in pairwise(began)
        if later.total != earlier.total
    ]
    reference = now.total if now else None
    coming = [step for step in steps if step.first > today and step.total != reference]
    dose = None if now is None else Dose(0) if over and plan.ends_at_zero else Dose(now.total)
    return PlanBrief(
        plan_id=plan.pk,
        patient_id=plan.patient_id,
        state=plan.state,
        drug=plan.drug,
        lock=plan.lock,
        version=plan.active_version.number if plan.active_version else None,
        today=today,
        dose=dose,
        step=len(began) or None,
        steps=len(steps),
        starts_on=steps[0].first if steps else None,
        last_change_on=changes[-1][0].first if changes else None,
        last_change_was_cut=changes[-1][1] if changes else False,
        next_change_on=coming[0].first if coming else None,
        next_dose=Dose(coming[0].total) if coming else None,
        last_day=plan.last_day,
        held_until=plan.held_until,
        since=plan.state_at.astimezone(clock.zone_of(plan.patient.zone)).date(),
        review_on=plan.review_on,
    )
