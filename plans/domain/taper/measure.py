"""Measure: the size of a day's doses as one whole number, so that steps compare by integer arithmetic alone.

If the days of a week differ anywhere in what is compared, sums of seven days are measured everywhere.

With one drug the measure is its own amount. With several drugs, or after a crossover, it is the diazepam equivalent by
the plan's table, multiplied by a common factor so that it stays a whole number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from math import lcm

from plans.domain.amounts import Dose
from plans.domain.taper import equivalence
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.taken import Lived, TimedIntake
from plans.domain.taper.weekdays import DAYS_A_WEEK

WINDOW_DAYS = 14

# The total of each drug that is taken, in units, over a day or over a week.
Units = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measure:
    """Weights that turn doses into one number.

    `weights`: what one unit of each drug contributes. `scale`: the measure of one unit (0.00001 mg) of the measured
    substance. `in_diazepam`: whether that substance is diazepam rather than the one drug itself. `diazepam`: (count,
    of): `count` units of diazepam equal `of` of the measure; None if the table cannot say (one drug that it does not
    cover). `days`: the number of days summed, 1 or 7.
    """

    weights: Mapping[str, int] = field(hash=False)
    scale: int
    in_diazepam: bool
    diazepam: tuple[int, int] | None
    days: int = 1

    def of(self, doses: Iterable[TimedIntake]) -> int:
        """The measure of one day with these doses, or of one week."""
        if self.days == 1:
            return sum([one.dose.units * self.weights[one.drug] for one in doses])
        return sum([one.dose.units * self.weights[one.drug] * len(one.weekdays) for one in doses])

    def units(self, doses: Iterable[TimedIntake]) -> Units:
        """The total of each drug over a day with these doses, or over a week."""
        found: dict[str, int] = {}
        for one in doses:
            units = one.dose.units if self.days == 1 else one.dose.units * len(one.weekdays)
            if units:
                found[one.drug] = found.get(one.drug, 0) + units
        return found

    def of_units(self, units: Units) -> int:
        """The measure of a day, or of a week, with these totals."""
        return sum([count * self.weights[drug] for drug, count in units.items()])

    def of_drug(self, drug: str, units: int) -> int:
        """The measure of a dose of one drug taken every day."""
        return units * self.weights[drug] * self.days

    def dose(self, measured: int) -> Dose:
        """The measure as an amount of the drug, or of diazepam; rounded to the nearest unit, for display."""
        return Dose((2 * measured + self.scale) // (2 * self.scale))

    def in_milligrams_of_diazepam(self, measured: int) -> Dose | None:
        """The measure as diazepam, rounded to the nearest unit, for display; None if the table cannot say."""
        if self.diazepam is None:
            return None
        count, of = self.diazepam
        return Dose((2 * measured * count + of) // (2 * of))

    def exceeds_diazepam(self, measured: int, limit: Dose) -> bool | None:
        """Whether the measure is more than `limit` of diazepam a day; None if the table cannot say."""
        if self.diazepam is None:
            return None
        count, of = self.diazepam
        return measured * count > limit.units * of * self.days


@lru_cache(maxsize=256)
def measure(drugs: tuple[str, ...], table: str, *, weekly: bool = False) -> Measure:
    """The measure for a plan with these drugs, by an equivalence table; over weeks if `weekly`.

    For one drug a bare range in the table counts at its stronger end, since it only decides exemptions. Several drugs
    need one number each: raises PairNotCovered otherwise, and UnknownTable.
    """
    if weekly:
        return replace(measure(drugs, table), days=DAYS_A_WEEK)
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
    """The change in percent of `before`, signed, two decimals, half rounded away from zero: "-26.67", "+12.50".

    A rise from zero has no percentage; it is written "+100.00".
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


def bases(
    schedule: Schedule, lived: Lived, measured: Sequence[int], now: int, days_back: int = WINDOW_DAYS
) -> list[int]:
    """For each step the largest measure among the 14 days (or `days_back`) before its first day.

    `measured` are the measures of the days as actually taken. For the first step it is at least that of `now`, what is
    taken at the start, even if less is known of the earlier days.
    """
    days, window = lived.days, timedelta(days=days_back)
    found, until = [], 0
    for step in schedule:
        first = step.start - window
        while until < len(days) and days[until].first < step.start:
            until += 1
        at = until - 1
        most = measured[at]
        while at > 0 and days[at].first > first:
            at -= 1
            most = max(most, measured[at])
        found.append(most)
    found[0] = max(found[0], now)
    return found
