"""Schedules for other services: of one version, and of a whole plan across its versions."""

from __future__ import annotations

from plans.domain.taper.history import until, valid_days
from plans.domain.taper.schedule import Schedule
from plans.models import Plan, PlanVersion
from plans.services import clock
from plans.services.plans import versions


def schedule_of(version: PlanVersion) -> Schedule:
    """The schedule of an issued version, read from its canonical text. Raises BrokenVersion."""
    return versions.read(version).schedule


def full_schedule(plan: Plan) -> Schedule:
    """What was and will be valid on every day of a plan: each version counts from its first day on.

    Days before a revision keep the earlier versions' doses; a dose that stays extends through its pages, and through
    today; an ended plan has no later days. `plan.patient` is read. Raises ValueError for a plan never issued.
    """
    rows = PlanVersion.objects.filter(plan=plan).order_by("number")
    found = valid_days([(row.from_day, schedule_of(row)) for row in rows])
    if plan.ended_on is not None:
        return until(found, plan.ended_on)
    return versions.written_out(plan, found, clock.today(plan.patient.zone))
