"""Crossover: a staged switch to a long-acting drug, one time of day at a time, whole or in parts.

At each stage the doses of one time of day are replaced by the highest dose of the new drug that can be made and does
not exceed their equivalent by the plan's table. Because every stage rounds down, the total equivalent never rises.
Night comes first by default (JCPG 2025, recommendation 7; weekly stages as in Ashton's schedules). Later, while
tapering, daytime doses end before the night dose, because the order of falling says so.

**In parts.** Ashton replaces half a milligram of 2 mg alprazolam at a time; `part_mg` is how much of an old dose one
stage replaces. Every stage starts from the dose made by the previous stage, so what rounding removed is never added
back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.taper import catalogue
from plans.domain.taper.equivalence import ratio
from plans.domain.taper.pharmacy import Pharmacy
from plans.domain.taper.reading import amount, members, percent, percent_text, times_of_day, whole, word
from plans.domain.taper.refusals import NothingToCross, NotLongActing, NotMakeable
from plans.domain.taper.schedule import USUAL_TIMES, TimeOfDay, in_order
from plans.domain.taper.tablets import Tablets

STAGE_DAYS: Final = 7


def night_first(times: Iterable[TimeOfDay]) -> tuple[TimeOfDay, ...]:
    """The usual order of the stages: bedtime and night, or the last clock time, then the rest of the day in order."""
    given = tuple(times)
    late = [time for time in reversed(given) if time in (TimeOfDay.BEDTIME, TimeOfDay.NIGHT)] or given[-1:]
    return (*late, *(time for time in given if time not in late))


ORDER: Final = night_first(USUAL_TIMES)

# What is taken: units by time of day and drug.
Regimen = Mapping[tuple[TimeOfDay, str], int]


@dataclass(frozen=True, slots=True)
class Crossover:
    """Switch to the drug `to`, one stage every `stage_days`, the times of day in `order` (all of them).

    `part` is the most of an old dose (of its own drug) that one stage replaces; None for the whole dose. `percent` is
    the share of the equivalent at which the new drug is given (of 100, exact): below 100 for incomplete
    cross-tolerance. `factors` are mg of the new drug per mg of an old one in place of the plan's table
    (`crossover_range.py`); never set by a request.
    """

    to: str
    stage_days: int = STAGE_DAYS
    order: tuple[TimeOfDay, ...] = ORDER
    part: Dose | None = None
    percent: Fraction = Fraction(100)
    factors: tuple[tuple[str, Fraction], ...] = ()

    @classmethod
    def from_json(cls, value: object, where: str, times: tuple[TimeOfDay, ...] = USUAL_TIMES) -> Crossover:
        """Read {to, stage_days?, order?, part_mg?, percent_of_equivalent?} for a plan with these times of day.

        Times of day left out of `order` follow in the usual order.
        """
        found = members(
            value,
            where,
            required=("to",),
            optional=("stage_days", "order", "part_mg", "percent_of_equivalent"),
        )
        to = word(found["to"], f"{where}.to", catalogue.names())
        if not catalogue.drug(to).long_acting:
            raise NotLongActing(where=f"{where}.to", drug=to)
        days = STAGE_DAYS
        if "stage_days" in found:
            days = whole(found["stage_days"], f"{where}.stage_days", lowest=1, highest=366)
        order = night_first(times)
        if "order" in found:
            order = complete(times_of_day(found["order"], f"{where}.order"), order)
        part = amount(found["part_mg"], f"{where}.part_mg") if "part_mg" in found else None
        share = Fraction(100)
        if "percent_of_equivalent" in found:
            share = percent(found["percent_of_equivalent"], f"{where}.percent_of_equivalent")
        return cls(to, days, order, part, share)

    def to_json(self) -> dict[str, object]:
        """The crossover as the request writes it."""
        written: dict[str, object] = {
            "to": self.to,
            "stage_days": self.stage_days,
            "order": [time.value for time in self.order],
        }
        if self.part is not None:
            written["part_mg"] = self.part.text
        if self.percent != 100:
            written["percent_of_equivalent"] = percent_text(self.percent)
        return written

    def stages(self, regimen: Regimen, drugs: Iterable[str], pharmacy: Pharmacy, table: str) -> list[Regimen]:
        """The regimen after each stage. `drugs` are those to be replaced.

        Raises PairNotCovered if the table lacks one of them, NothingToCross if none is left to replace, and NotMakeable
        if even the smallest dose of the new drug exceeds the equivalent (the switch would be a stop) or the allowed
        number of pieces does not reach it (the switch would be a cut nobody asked for).
        """
        old = tuple(drug for drug in drugs if drug != self.to)
        for preparation in pharmacy.preparations(self.to):
            try:
                return self._stages(regimen, old, pharmacy, table, preparation.stock)
            except NotMakeable:
                continue
        return self._stages(regimen, old, pharmacy, table, pharmacy.stock(self.to))

    def _stages(
        self, regimen: Regimen, old: Iterable[str], pharmacy: Pharmacy, table: str, stock: Tablets
    ) -> list[Regimen]:
        """The stages with the new drug made from one set of products."""
        now = dict(regimen)
        found: list[Regimen] = []
        for time in complete(self.order, in_order(time for time, _ in regimen)):
            moving = [drug for drug in old if (time, drug) in now]
            while moving:
                equal = Fraction(now.get((time, self.to), 0))
                for drug in moving:
                    was = now.pop((time, drug))
                    left = self._left(was, pharmacy.stock(drug))
                    if left:
                        now[time, drug] = left
                    equal += (was - left) * self.per_mg(drug, table)
                moving = [drug for drug in old if (time, drug) in now]
                units = equal.numerator // equal.denominator
                now[time, self.to] = stock.floor(units)
                if not now[time, self.to] or stock.ceil(units) is None:
                    raise pharmacy.not_makeable(self.to, units, "crossover.to")
                found.append(dict(now))
        if not found:
            raise NothingToCross(where="crossover.to", drug=self.to)
        return found

    def per_mg(self, drug: str, table: str) -> Fraction:
        """The mg of the new drug that are given for one mg of an old one. Raises PairNotCovered."""
        said = dict(self.factors).get(drug)
        factor = ratio(self.to, table) / ratio(drug, table) if said is None else said
        return factor * self.percent / 100

    def _left(self, was: int, stock: Tablets) -> int:
        """What a stage leaves of an old dose: at most `part` less, else the highest lower dose that can be made."""
        if self.part is None or was <= self.part.units:
            return 0
        left = stock.ceil(was - self.part.units)
        return left if left is not None and left < was else stock.floor(was - 1)


def complete(chosen: Iterable[TimeOfDay], usual: tuple[TimeOfDay, ...]) -> tuple[TimeOfDay, ...]:
    """The chosen times of day first, the others behind them in their usual order."""
    first = tuple(chosen)
    return first + tuple(time for time in usual if time not in first)


def dose_of(regimen: Regimen, drug: str) -> Dose:
    """The day's total of one drug."""
    return Dose(sum(units for (_, name), units in regimen.items() if name == drug))
