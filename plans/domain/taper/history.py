"""What was in force on each day of a plan, across its versions.

A version counts from its `from_day` on. For the days before it the previous versions count, whatever the later
version's own steps show for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from plans.domain.taper.schedule import Schedule, Step

_DAY: Final = timedelta(days=1)


def valid_days(versions: Sequence[tuple[date, Schedule]]) -> Schedule:
    """One schedule of what was in force on every day, from (from_day, schedule) of each version in order of issue.

    The first version counts from its own start, whatever its `from_day`. A step that a revision splits without changing
    its regimen stays one step. Raises ValueError without versions and BrokenSchedule if versions leave days uncovered.
    """
    if not versions:
        raise ValueError("a history needs at least one version")
    steps: list[Step] = []
    for n, (from_day, schedule) in enumerate(versions):
        first = schedule.start if n == 0 else from_day
        before = _until(steps, first)
        if before and before[-1].end < first - _DAY:
            # the last regimen, or zero if the plan had ended there, continues until the next version begins
            before[-1] = _moved(before[-1], end=first - _DAY)
        later = [step for step in schedule.steps if step.end >= first]
        if later and later[0].start < first:
            later[0] = _moved(later[0], start=first)
        if before and later and _goes_on(before[-1], later[0]):
            later[0] = _moved(later[0], start=before.pop().start)
        steps = before + later
    last = versions[-1][1]
    return Schedule(
        drug=last.drug,
        drugs=tuple(dict.fromkeys(drug for _, schedule in versions for drug in schedule.drugs)),
        products=tuple(dict.fromkeys(product for _, schedule in versions for product in schedule.products)),
        steps=tuple(Step(n, s.start, s.end, s.doses, s.kind) for n, s in enumerate(steps, start=1)),
    )


def until(schedule: Schedule, last: date) -> Schedule:
    """The days of a schedule through `last`; unchanged if it begins later (a plan that never began)."""
    if last < schedule.start:
        return schedule
    return replace(schedule, steps=tuple(_until(list(schedule.steps), last + _DAY)))


def _until(steps: list[Step], day: date) -> list[Step]:
    """The steps before a day; the one that spans it is cut short."""
    return [_moved(step, end=min(step.end, day - _DAY)) for step in steps if step.start < day]


def _moved(step: Step, *, start: date | None = None, end: date | None = None) -> Step:
    return Step(step.n, start or step.start, end or step.end, step.doses, step.kind)


def _goes_on(before: Step, step: Step) -> bool:
    """Whether a step merely continues the one before, rather than being a hold or another regimen."""
    return before.doses == step.doses and before.kind is step.kind
