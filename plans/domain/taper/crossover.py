"""A staged switch to a long-acting drug: one time of day at a time, the equivalent dose never rising.

At each stage the doses of one time of day become the highest dose of the new drug that the tablets can make and that
is not above their equivalent by the plan's table. Rounding is down at every stage, so the total equivalent cannot
rise. Night comes first unless told otherwise (JCPG 2025, recommendation 7; stages of a week as in Ashton's schedules);
daytime doses end before the night dose, because the order in which they fall afterwards says so.
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
from plans.domain.taper.reading import members, whole, word, words
from plans.domain.taper.refusals import NothingToCross, NotLongActing, NotMakeable
from plans.domain.taper.schedule import DAY_ORDER, TimeOfDay
from plans.domain.taper.tablets import Tablets

STAGE_DAYS: Final = 7
ORDER: Final = (TimeOfDay.NIGHT, TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.EVENING)

# What is taken: units by time of day and drug.
Regimen = Mapping[tuple[TimeOfDay, str], int]


@dataclass(frozen=True, slots=True)
class Crossover:
    """Switch to the drug `to`, a stage every `stage_days`, the times of day in `order` (all of them)."""

    to: str
    stage_days: int = STAGE_DAYS
    order: tuple[TimeOfDay, ...] = ORDER

    @classmethod
    def from_json(cls, value: object, where: str) -> Crossover:
        """Read {to, stage_days?, order?}. Times of day left out of `order` follow in the usual one."""
        found = members(value, where, required=("to",), optional=("stage_days", "order"))
        to = word(found["to"], f"{where}.to", catalogue.names())
        if not catalogue.drug(to).long_acting:
            raise NotLongActing(where=f"{where}.to", drug=to)
        days = STAGE_DAYS
        if "stage_days" in found:
            days = whole(found["stage_days"], f"{where}.stage_days", lowest=1, highest=366)
        order: tuple[TimeOfDay, ...] = ORDER
        if "order" in found:
            order = complete(
                words(found["order"], f"{where}.order", [time.value for time in DAY_ORDER]), ORDER
            )
        return cls(to, days, order)

    def to_json(self) -> dict[str, object]:
        """The crossover as the request writes it."""
        return {"to": self.to, "stage_days": self.stage_days, "order": [time.value for time in self.order]}

    def stages(self, regimen: Regimen, drugs: Iterable[str], pharmacy: Pharmacy, table: str) -> list[Regimen]:
        """The regimens after each stage. `drugs` are those to be replaced.

        Raises PairNotCovered if the table does not know one of them, NothingToCross if none is left to replace, and
        NotMakeable where even the smallest dose of the new drug is above the equivalent (that would be a stop) or the
        pieces allowed at a time do not reach it (that would be a cut nobody asked for).
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
        """The stages with the new drug out of one set of products."""
        now = dict(regimen)
        found: list[Regimen] = []
        for time in self.order:
            moved = [(time, drug) for drug in old if (time, drug) in now]
            if not moved:
                continue
            own = now.get((time, self.to), 0)
            equal = Fraction(own) + sum(
                now[key] * ratio(self.to, table) / ratio(key[1], table) for key in moved
            )
            for key in moved:
                del now[key]
            units = equal.numerator // equal.denominator
            now[time, self.to] = stock.floor(units)
            if not now[time, self.to] or stock.ceil(units) is None:
                raise pharmacy.not_makeable(self.to, units, "crossover.to")
            found.append(dict(now))
        if not found:
            raise NothingToCross(where="crossover.to", drug=self.to)
        return found


def complete(chosen: Iterable[str], usual: tuple[TimeOfDay, ...]) -> tuple[TimeOfDay, ...]:
    """The chosen times of day first, the others behind them in their usual order."""
    first = tuple(TimeOfDay(name) for name in chosen)
    return first + tuple(time for time in usual if time not in first)


def dose_of(regimen: Regimen, drug: str) -> Dose:
    """The day's total of one drug."""
    return Dose(sum(units for (_, name), units in regimen.items() if name == drug))
