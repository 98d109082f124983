"""The kind of a step: how it compares with the day before it, and whether it rises.

A rise is never hidden. If the drugs are the same on both days, each is compared in its own milligrams, and any increase
makes the step a rise, whatever the total does. If the drugs differ, the days are compared by equivalent in the plan's
table, with a tolerance of one smallest piece. A single dose larger than any before of that drug is also a rise, because
it raises the peak. If the days of a week differ (nights off, for example), totals of seven days are compared, so that
no single night is a step. Source: this project's own rule. Tolerance is lost as the dose falls, so an old dose resumed
can sedate and stop breathing (class labels).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from plans.domain.taper.measure import Measure, Units, measure
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.domain.taper.taken import Intakes, is_weekly
from plans.domain.taper.weekdays import Weekdays

STEP_BACK_DAYS: Final = 28
"""Days after a cut in which a step back to the previous dose is no rise: tolerance remains (ours, no source)."""


class Rise(NamedTuple):
    """One way in which a step exceeds the day before it.

    `per` is day or dose. `before` and `after` are units of the drug, or measures if `equivalent`.
    """

    drug: str
    per: str
    before: int
    after: int
    equivalent: bool = False


class RiseRule(NamedTuple):
    """What a plan's rises are measured with: its measure, and the smallest piece of each drug in units."""

    meter: Measure
    smallest: Mapping[str, int]

    @classmethod
    def of(cls, schedule: Schedule, meter: Measure) -> RiseRule:
        """The rule for a schedule, from its own products."""
        least: dict[str, int] = {}
        for product in schedule.products:
            units = product.smallest.units
            least[product.drug] = min(least.get(product.drug, units), units)
        return cls(meter, least)

    def tolerance(self, drugs: Iterable[str]) -> int:
        """The measure of the largest of these drugs' smallest pieces."""
        pieces = (self.meter.of_drug(drug, self.smallest.get(drug, 0)) for drug in drugs)
        return max(pieces, default=0)


def larger_singles(largest: dict[str, int], doses: Intakes) -> None:
    """Update the largest single dose of each drug, in units."""
    for one in doses:
        if one.dose.units > largest.get(one.drug, 0):
            largest[one.drug] = one.dose.units


def rises(
    before: Intakes,
    now: Intakes,
    largest: Mapping[str, int],
    rule: RiseRule,
    totals: tuple[Units, Units] | None = None,
) -> list[Rise]:
    """How `now` exceeds the day `before`; `largest` are the largest single doses so far, in units by drug.

    `totals` are the totals of the two days (or weeks), if already known.
    """
    was, day = totals or (rule.meter.units(before), rule.meter.units(now))
    risen = [drug for drug, units in day.items() if units > was.get(drug, 0)]
    risen.sort()
    found: list[Rise] = []
    if risen and was.keys() == day.keys():
        found = [Rise(drug, "day", was[drug], day[drug]) for drug in risen]
    elif risen:
        meter = rule.meter
        first, last = meter.of_units(was), meter.of_units(day)
        if last - first > rule.tolerance(risen):
            most = max(risen, key=lambda drug: meter.of_drug(drug, day[drug]))
            found = [Rise(most, "day", first, last, equivalent=True)]
    larger = [one for one in now if 0 < largest.get(one.drug, 0) < one.dose.units]
    if larger:
        said = {rise.drug for rise in found}
        singles: dict[str, int] = {}
        larger_singles(singles, larger)
        found += [Rise(drug, "dose", largest[drug], singles[drug]) for drug in singles if drug not in said]
    return found


def kind_of(before: Intakes, now: Intakes, largest: Mapping[str, int], rule: RiseRule) -> StepKind:
    """The kind of a step judged by its doses alone: the first that fits, in the order of `StepKind`."""
    if not now:
        return StepKind.STOP
    if rises(before, now, largest, rule):
        return StepKind.RISE
    was, day = rule.meter.units(before), rule.meter.units(now)
    if was == day:
        return StepKind.HOLD if same_dose(before, now) else StepKind.SPREAD
    if was.keys() != day.keys():
        risen = [drug for drug, units in day.items() if units > was.get(drug, 0)]
        fallen = rule.meter.of_units(was) - rule.meter.of_units(day)
        if risen and fallen <= rule.tolerance(risen):
            return StepKind.SWAP
    return StepKind.CUT


def same_dose(one: Intakes, other: Intakes) -> bool:
    """Whether two regimens are the same milligrams at the same times, whatever pieces they are made of."""
    return one == other or _as_set(one) == _as_set(other)


def _as_set(doses: Intakes) -> set[tuple[str, str, int, Weekdays]]:
    return {(one.time.value, one.drug, one.dose.units, one.weekdays) for one in doses}


def goes_one_back(steps: Sequence[Step], at: int) -> bool:
    """Whether a step returns to the dose of the previous step within 28 days of the cut from it.

    Further back, or later, is a rise.
    """
    for n in range(at - 1, 0, -1):
        if same_dose(steps[n].doses, steps[n - 1].doses):
            continue
        if steps[n].kind in (StepKind.STEP_BACK, StepKind.RISE):
            continue
        days = (steps[at].start - steps[n].start).days
        return same_dose(steps[n - 1].doses, steps[at].doses) and days <= STEP_BACK_DAYS
    return False


def risen_from(schedule: Schedule, n: int, taken: Intakes, table: str) -> Schedule:
    """The schedule with step `n` marked RISE if it exceeds what was really `taken` on the day before.

    Raises PairNotCovered and UnknownTable as `kinds_worked_out` does.
    """
    step = schedule.steps[n - 1]
    drugs = dict.fromkeys((*schedule.drugs, *(one.drug for one in taken)))
    largest: dict[str, int] = {}
    larger_singles(largest, taken)
    meter = measure(tuple(drugs), table, weekly=schedule.weekly)
    if not rises(taken, step.doses, largest, RiseRule.of(schedule, meter)):
        return schedule
    steps = (*schedule.steps[: n - 1], replace(step, kind=StepKind.RISE), *schedule.steps[n:])
    return replace(schedule, steps=steps)


_KEPT: Final = (StepKind.CROSSOVER, StepKind.PAUSE)


def kinds_worked_out(
    schedule: Schedule, table: str, *, said: Sequence[bool], taken: Sequence[Intakes] = ()
) -> Schedule:
    """The schedule with the kinds of its steps derived from their doses, except steps whose kind is given (`said`).

    Kinds that doses alone cannot show are always kept: crossover stages, pauses and true steps back. `taken` is what
    was taken before the plan, newest last (empty: the first step was). Raises PairNotCovered and UnknownTable where
    several drugs must be added and the table cannot.
    """
    before = [*taken] or [schedule.steps[0].doses]
    drugs = dict.fromkeys((*schedule.drugs, *(one.drug for doses in before for one in doses)))
    weekly = schedule.weekly or any(map(is_weekly, before))
    rule = RiseRule.of(schedule, measure(tuple(drugs), table, weekly=weekly))
    largest: dict[str, int] = {}
    for doses in before:
        larger_singles(largest, doses)
    steps = list(schedule.steps)
    last = before[-1]
    for at, step in enumerate(steps):
        stays = step.kind in _KEPT or (step.kind is StepKind.STEP_BACK and goes_one_back(steps, at))
        if not (said[at] or stays):
            steps[at] = replace(step, kind=kind_of(last, step.doses, largest, rule))
        larger_singles(largest, step.doses)
        last = step.doses
    return replace(schedule, steps=tuple(steps))
