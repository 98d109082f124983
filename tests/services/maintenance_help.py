"""A patient on the story's plan who stays at the dose of the second step, through services."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from plans.models import Clinic, Plan
from plans.services.plans import revise, states
from tests.makers import ClinicMade, make_clinic
from tests.makers_checkins import START, on
from tests.makers_plans import plan_row

DAY = timedelta(days=1)
STAYS = START + 17 * DAY
"""Thursday of the second step, which lasts until 20 December."""


def always_open() -> ClinicMade:
    """A clinic without holidays of its own."""
    made = make_clinic()
    Clinic.objects.filter(pk=made.id).update(holidays=[])
    return made


def act(clinic: ClinicMade, plan: Plan, name: str, **params: Any) -> Plan:
    """A revision by the first clinician; the plan after it."""
    revise.revise(
        by=clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan_row(plan.pk).lock,
        act=name,
        params=params,
        note="Agreed.",
    )
    return plan_row(plan.pk)


def stay(clinic: ClinicMade, plan: Plan, review_on: date | None = None) -> Plan:
    """Stay at the dose of the second step."""
    with on(STAYS):
        states.advance(STAYS)
        return act(clinic, plan, "stop_here", review_on=review_on)


def at(day: date) -> datetime:
    """Ten in the morning in New York."""
    return datetime.combine(day, time(15), UTC)
