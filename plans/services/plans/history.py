"""What versions say, for other services: the schedule of one, and what was really valid across all of a plan."""

from __future__ import annotations

from plans.domain.taper.history import until, valid_days
from plans.domain.taper.schedule import Schedule
from plans.models import Plan, PlanVersion
from plans.services import clock
from plans.services.plans import versions


def schedule_of(version: PlanVersion) -> Schedule:
    """The schedule of an issued version, read from its canonical text (kept by its hash). Raises BrokenVersion."""
    return versions.read(version).schedule


def full_schedule(plan: Plan) -> Schedule:
    """What was and will be valid on every day of a plan: each version speaks from its first day on.

    Days before a revision stay what the versions before said; a dose that stays is written out through its pages, and
    through today; a plan that was ended says nothing of the days after. `plan.patient` is read. Raises ValueError for a
    plan never issued.
    """
    rows = PlanVersion.objects.filter(plan=plan).order_by("number")
    found = valid_days([(row.from_day, schedule_of(row)) for row in rows])
    if plan.ended_on is not None:
        return until(found, plan.ended_on)
    return versions.written_out(plan, found, clock.today(plan.patient.zone))
