"""Two versions of a plan side by side: their doses on every day, and the first day on which they differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from plans.domain.errors import NotFound
from plans.domain.taper.history import valid_days
from plans.domain.taper.schedule import Schedule, Step
from plans.models import PlanVersion
from plans.services import clock
from plans.services.access import get_plan_for
from plans.services.actors import Actor, May
from plans.services.plans import versions
from plans.services.plans.history import schedule_of


@dataclass(frozen=True, slots=True)
class ComparedStretch:
    """Days on which neither version changes: the step of each, None where a version has none."""

    start: date
    end: date
    one: Step | None
    other: Step | None

    @property
    def same(self) -> bool:
        """Whether both have the same doses, made of the same pieces at the same times."""
        doses = (self.one.doses if self.one else (), self.other.doses if self.other else ())
        return doses[0] == doses[1] and (self.one is None) == (self.other is None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions by number. Each schedule is what was valid once its version was issued, including earlier days.

    `parts_on`: the first day on which they differ; None if they never do.
    """

    plan_id: UUID
    patient_id: UUID
    patient_name: str
    numbers: tuple[int, ...]
    one: int
    other: int
    before: Schedule
    after: Schedule
    stretches: tuple[ComparedStretch, ...]
    parts_on: date | None


def compare(actor: Actor, plan_id: UUID, one: int | None = None, other: int | None = None) -> Comparison:
    """Compare two versions of a plan; without numbers the current one and the one before it.

    Raises NotFound for a plan never issued or a version it does not have.
    """
    plan = get_plan_for(actor, plan_id, May.LOOK)
    rows = list(PlanVersion.objects.filter(plan=plan).order_by("number"))
    numbers = tuple(row.number for row in rows)
    if not rows:
        raise NotFound(what="version")
    other = numbers[-1] if other is None else other
    one = numbers[max(0, numbers.index(other) - 1)] if one is None and other in numbers else one
    if one not in numbers or other not in numbers:
        raise NotFound(what="version")

    today = clock.today(plan.patient.zone)

    def up_to(number: int) -> Schedule:
        found = valid_days([(row.from_day, schedule_of(row)) for row in rows if row.number <= number])
        return versions.written_out(plan, found, today)

    before, after = up_to(one), up_to(other)
    found = stretches(before, after)
    return Comparison(
        plan_id=plan.pk,
        patient_id=plan.patient_id,
        patient_name=plan.patient.name,
        numbers=numbers,
        one=one,
        other=other,
        before=before,
        after=after,
        stretches=found,
        parts_on=next((stretch.start for stretch in found if not stretch.same), None),
    )


def stretches(one: Schedule, other: Schedule) -> tuple[ComparedStretch, ...]:
    """The stretches of days on which neither schedule changes, in order."""
    day = timedelta(days=1)
    edges = {step.start for step in (*one, *other)} | {one.end + day, other.end + day}
    found = []
    for start, following in zip(sorted(edges), sorted(edges)[1:], strict=False):
        steps = (one.step_at(start), other.step_at(start))
        if steps != (None, None):
            found.append(ComparedStretch(start, following - day, *steps))
    return tuple(found)
