"""How large a day's doses are, as one whole number, so that steps compare by integer arithmetic alone.

With one drug the measure is its own amount. With several drugs, or after a crossover, it is the diazepam
equivalent by the plan's table, multiplied by a common factor so that it stays a whole number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import lcm

from plans.domain.amounts import Dose
from plans.domain.taper import equivalence
from plans.domain.taper.schedule import Schedule, Step

WINDOW_DAYS = 14


@dataclass(frozen=True, slots=True)
class Measure:
    """Weights that turn doses into one number.

    `weights`: what one unit of each drug counts. `scale`: what one unit (0.00001 mg) of the measured
    substance counts. `in_diazepam`: whether that substance is diazepam rather than the one drug itself.
    `diazepam`: (count, of): so many units of diazepam are so many of the measure; None where the table cannot
    say (one drug that it does not cover).
    """

    weights: Mapping[str, int] = field(hash=False)
    scale: int
    in_diazepam: bool
    diazepam: tuple[int, int] | None

    def of(self, step: Step) -> int:
        """The measure of one day of the step."""
        return sum(timed.dose.units * self.weights[timed.drug] for timed in step.doses)

    def dose(self, measured: int) -> Dose:
        """The measure as an amount of the drug, or of diazepam; to the nearest unit, for showing."""
        return Dose((2 * measured + self.scale) // (2 * self.scale))

    def exceeds_diazepam(self, measured: int, limit: Dose) -> bool | None:
        """Whether the measure is more than so much diazepam; None where the table cannot say."""
        if self.diazepam is None:
            return None
        count, of = self.diazepam
        return measured * count > limit.units * of


def measure(drugs: Sequence[str], table: str) -> Measure:
    """The measure for a plan with these drugs by an equivalence table.

    For one drug a bare range in the table counts at its stronger end, since it only decides exemptions.
    Several drugs need one number each: raises PairNotCovered otherwise, and UnknownTable.
    """
    if len(drugs) == 1:
        equivalence.table_named(table)
        try:
            mg, _ = equivalence.ratio_range(drugs[0], table)
        except equivalence.PairNotCovered:
            return Measure({drugs[0]: 1}, 1, False, None)
        return Measure({drugs[0]: 1}, 1, False, (10 * mg.denominator, mg.numerator))
    ratios = {drug: equivalence.ratio(drug, table) for drug in drugs}
    scale = lcm(*(ratio.numerator for ratio in ratios.values()))
    weights = {drug: scale // ratio.numerator * 10 * ratio.denominator for drug, ratio in ratios.items()}
    return Measure(weights, scale, True, (1, scale))


def change_percent(before: Dose | int, after: Dose | int) -> str:
    """The change in percent of `before`, signed, two decimals, a half away from zero: "-26.67", "+12.50".

    A rise from nothing has no percentage; it is written "+100.00".
    """
    first = before.units if isinstance(before, Dose) else before
    last = after.units if isinstance(after, Dose) else after
    if first == last:
        return "0.00"
    if not first:
        return "+100.00"
    hundredths = (abs(last - first) * 20_000 + first) // (2 * first)
    sign = "-" if last < first else "+"
    return f"{sign}{hundredths // 100}.{hundredths % 100:02}" if hundredths else "0.00"


def bases(schedule: Schedule, measured: Sequence[int], days: int = WINDOW_DAYS) -> list[int]:
    """For each step the measure on the day before the window that ends on the step's first day.

    Before the plan's first day the dose of its first step was taken.
    """
    found, at = [], 0
    for step in schedule.steps:
        day = step.start - timedelta(days=days)
        while schedule.steps[at].end < day:
            at += 1
        found.append(measured[at])
    return found


def change_14d(schedule: Schedule, step: Step, table: str) -> str:
    """The change over the 14 dates that end on the step's first day, signed percent: "-26.67".

    In mg with one drug, else in diazepam equivalents by the table (raises PairNotCovered, UnknownTable).
    """
    meter = measure(schedule.drugs, table)
    return changes_14d(schedule, meter)[step.n - 1]


def changes_14d(schedule: Schedule, meter: Measure) -> list[str]:
    """`change_14d` of every step at once."""
    measured = [meter.of(step) for step in schedule.steps]
    return [change_percent(base, now) for base, now in zip(bases(schedule, measured), measured, strict=True)]
