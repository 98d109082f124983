"""What a step is beside the day before it: how it rises, if it does, and its kind.

A rise is never silent, and a kind tells the truth. With the same drugs on both days each drug is looked at by its own
milligrams: any that rises makes the step a rise, whatever the sum does. With other drugs the day's equivalents decide,
by the plan's table, above the tolerance of one smallest piece. A single dose larger than any of that drug so far is a
rise too, since it is what peaks. Where the days of a week differ, such as nights off, the sums of seven days are
compared: no night is a step of its own. Source: this project's own rule; tolerance is lost as the dose falls, so that
an old dose taken up again can sedate and stop breathing (class labels).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from plans.domain.amounts import Dose
from plans.domain.regimen import DayDose
from plans.domain.taper.measure import Measure, measure
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.domain.taper.taken import Intakes, is_weekly
from plans.domain.taper.weekdays import Weekdays

STEP_BACK_DAYS: Final = 28
"""So long after a cut a step back to the dose before it is no rise: tolerance is not yet lost (ours, no source)."""


class Rise(NamedTuple):
    """One way in which a step is more than the day before it.

    `per` is day or dose. `before` and `after` are units of the drug, or measures where `equivalent`.
    """

    drug: str
    per: str
    before: int
    after: int
    equivalent: bool = False


class RiseRule(NamedTuple):
    """What rises of a plan are measured with: the plan's measure, and the smallest piece of each drug in units."""

    meter: Measure
    smallest: Mapping[str, int]

    @classmethod
    def of(cls, schedule: Schedule, meter: Measure) -> RiseRule:
        """The rule of a schedule with its own products."""
        least: dict[str, int] = {}
        for product in schedule.products:
            units = product.smallest.units
            least[product.drug] = min(least.get(product.drug, units), units)
        return cls(meter, least)

    def tolerance(self, drugs: Iterable[str]) -> int:
        """The measure of the largest of these drugs' smallest pieces."""
        pieces = (self.meter.of_drug(drug, Dose(self.smallest.get(drug, 0))) for drug in drugs)
        return max(pieces, default=0)


def larger_singles(largest: dict[str, int], doses: Intakes) -> None:
    """Keep the largest single dose of each drug, in units."""
    for one in doses:
        if one.dose.units > largest.get(one.drug, 0):
            largest[one.drug] = one.dose.units


def rises(
    before: Intakes,
    now: Intakes,
    largest: Mapping[str, int],
    rule: RiseRule,
    totals: tuple[DayDose, DayDose] | None = None,
) -> list[Rise]:
    """How `now` is more than the day `before`; `largest` are the largest single doses so far, in units by drug.

    `totals` are what the two days (or weeks, as the rule measures) add up to, where that is known already.
    """
    was, day = totals or (rule.meter.total(before), rule.meter.total(now))
    risen = [drug for drug, dose in day if dose.units > was.dose(drug).units]
    found: list[Rise] = []
    if risen and was.drugs == day.drugs:
        found = [Rise(drug, "day", was.dose(drug).units, day.dose(drug).units) for drug in risen]
    elif risen:
        meter = rule.meter
        first, last = meter.of(before), meter.of(now)
        if last - first > rule.tolerance(risen):
            most = max(risen, key=lambda drug: meter.of_drug(drug, day.dose(drug)))
            found = [Rise(most, "day", first, last, equivalent=True)]
    said = {rise.drug for rise in found}
    singles: dict[str, int] = {}
    larger_singles(singles, now)
    for drug, units in singles.items():
        if 0 < largest.get(drug, 0) < units and drug not in said:
            found.append(Rise(drug, "dose", largest[drug], units))
    return found


def kind_of(before: Intakes, now: Intakes, largest: Mapping[str, int], rule: RiseRule) -> StepKind:
    """The kind of a step that nothing but its doses explains: the first that fits, as `StepKind` lists them."""
    if not now:
        return StepKind.STOP
    if rises(before, now, largest, rule):
        return StepKind.RISE
    was, day = rule.meter.total(before), rule.meter.total(now)
    if was == day:
        return StepKind.HOLD if _as_set(before) == _as_set(now) else StepKind.SPREAD
    if was.drugs != day.drugs:
        risen = [drug for drug, dose in day if dose > was.dose(drug)]
        fallen = rule.meter.of(before) - rule.meter.of(now)
        if risen and fallen <= rule.tolerance(risen):
            return StepKind.SWAP
    return StepKind.CUT


def _as_set(doses: Intakes) -> set[tuple[str, str, int, Weekdays]]:
    return {(one.time.value, one.drug, one.dose.units, one.weekdays) for one in doses}


def goes_one_back(steps: Sequence[Step], at: int) -> bool:
    """Whether the step at an index returns to the dose of the step before, within 28 days of the cut from it.

    Further back, or later, is a rise.
    """
    for n in range(at - 1, 0, -1):
        if steps[n].doses == steps[n - 1].doses:
            continue
        if steps[n].kind in (StepKind.STEP_BACK, StepKind.RISE):
            continue
        days = (steps[at].start - steps[n].start).days
        return steps[n - 1].doses == steps[at].doses and days <= STEP_BACK_DAYS
    return False


def risen_from(schedule: Schedule, n: int, taken: Intakes, table: str) -> Schedule:
    """The schedule with step `n` as a RISE where it is more than what was really `taken` on the day before.

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
    """The schedule with the kinds of its steps worked out from their doses, but for those that are `said` already.

    What only an act can explain stays in any case: crossover stages, pauses, and a step back that is one. `taken`
    is what was taken before the plan, the newest last (none: the first step was). Raises PairNotCovered and
    UnknownTable where several drugs must be added up and the table cannot.
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
