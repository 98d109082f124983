"""Notes on how a plan ends and on how well its products keep up with the method.

Figures and their sources: `request.PlanEnd`. A dose kept for more than twice the interval means the taper runs at less
than half the rate asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from plans.domain.errors import Fact
from plans.domain.taper.equivalence import PairNotCovered
from plans.domain.taper.limit_rules import LAST_STEP, Verdict, finding
from plans.domain.taper.measure import measure
from plans.domain.taper.methods import InMilligrams
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule, Step, StepKind

_SLOWER: Final = 2


def ends(request: TaperRequest, schedule: Schedule, longer: Sequence[int]) -> Iterator[Verdict]:
    """Doses below the last dose asked for, and doses kept too long; `longer` are the steps that wait for a cut."""
    yield from _last_dose(request, schedule)
    yield from _new_drugs_mg(request)
    if isinstance(request.method, Typed):
        return
    waiting = [schedule.steps[n - 1] for n in longer]
    limits = (
        ("longest_step", request.end.longest_step_days),
        ("slower_than_asked", request.method.interval_days * _SLOWER),
    )
    for rule, limit in limits:
        over = [step for step in waiting if step.days > limit]
        if over:
            facts: dict[str, Fact] = {
                "limit": limit,
                "days": max(step.days for step in over),
                "count": len(over),
            }
            if rule == "slower_than_asked":
                facts["interval_days"] = request.method.interval_days
            yield _of(rule, over, facts)


def _new_drugs_mg(request: TaperRequest) -> Iterator[Verdict]:
    """The goal and the method's amounts of a plan with a switch, which are mg of the new drug."""
    if request.crossover is None:
        return
    figures = request.method.figures if isinstance(request.method, InMilligrams) else ()
    amounts = dict.fromkeys(dose.text for dose in (request.goal, *figures) if dose)
    if amounts:
        yield finding("new_drugs_mg", None, {"drug": request.crossover.to, "amounts_mg": list(amounts)})


def _last_dose(request: TaperRequest, schedule: Schedule) -> Iterator[Verdict]:
    drug, limit = schedule.drug, request.end.last_dose
    if schedule.maintenance and schedule.steps[-1].total(drug) < limit:
        return  # the plan is meant to end there
    low = [
        step
        for step in schedule.spans
        if step.kind is not StepKind.PAUSE
        and 0 < sum([one.dose.units for one in step.doses if one.drug == drug]) < limit.units
    ]
    if low:
        facts: dict[str, Fact] = {
            "drug": drug,
            "limit": limit.text,
            "dose_mg": min(step.total(drug) for step in low).text,
            "days": sum(step.days for step in low),
            "count": len({step.n for step in low}),
        }
        yield _of("last_dose", low, facts)


def _of(rule: str, steps: Sequence[Step], facts: dict[str, Fact]) -> Verdict:
    return finding(rule, steps[0].n, facts, steps=dict.fromkeys(step.n for step in steps))


def low_days(schedule: Schedule, table: str) -> int | None:
    """The number of days on more than zero but less than 1 mg of diazepam equivalent; None if the table cannot say."""
    try:
        meter = measure(schedule.drugs, table)
    except PairNotCovered:
        return None
    if meter.diazepam is None:
        return None
    count, of = meter.diazepam
    return sum(
        step.days for step in schedule.spans if 0 < meter.of(step.doses) * count < LAST_STEP.units * of
    )
