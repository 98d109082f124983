"""A schedule as the limits look at it: each step beside the day before it and the days of its window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from plans.domain.amounts import Dose
from plans.domain.errors import Fact
from plans.domain.regimen import DayDose
from plans.domain.taper import catalogue, taken
from plans.domain.taper.drug import Drug
from plans.domain.taper.limit_rules import PACE_DAYS, RULES
from plans.domain.taper.measure import Measure, bases, change_percent, measure
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Schedule, Step
from plans.domain.taper.taken import Intakes, Lived


@dataclass(frozen=True, slots=True)
class Judged:
    """A schedule with what every check needs, a value for each step.

    `before` is what was taken on the day before the step; `days` and `days_before` are the day's totals, `measured` and
    `befores` their measures, `lived_measured` those of the days as they were lived; `bases` is the largest measure in
    the step's window of 14 days, `wide` in that of 28. `products` are those that are taken, in the order of first use;
    `pieces` is the smallest piece in units of a drug's solids (False) or liquids (True) in the plan. `asked` is by
    number of step.
    """

    schedule: Schedule
    table: str
    goal: Dose
    method: str
    holidays: frozenset[date]
    confirmed: frozenset[Product]
    country: str
    asked: Mapping[int, int]
    meter: Measure
    lived: Lived
    lived_measured: list[int]
    before: list[Intakes]
    days: list[DayDose]
    days_before: list[DayDose]
    measured: list[int]
    befores: list[int]
    bases: list[int]
    wide: list[int]
    products: tuple[Product, ...]
    pieces: Mapping[tuple[str, bool], int]
    drugs: dict[str, Drug]

    @classmethod
    def of(
        cls,
        schedule: Schedule,
        table: str,
        goal: Dose,
        method: str,
        holidays: frozenset[date],
        confirmed: frozenset[Product],
        country: str,
        lived: Lived | None,
        asked: Mapping[int, int],
    ) -> Judged:
        known = taken.lived(schedule, now=schedule.steps[0].doses) if lived is None else lived
        drugs = dict.fromkeys((*schedule.drugs, *known.drugs))
        meter = measure(tuple(drugs), table)
        before = known.before(schedule)
        days = [step.day for step in schedule]
        measured = [meter.of(step.doses) for step in schedule]
        # Mostly the day before a step is the step before it, which is added up already.
        planned = [False, *(was.doses is doses for was, doses in zip(schedule, before[1:], strict=False))]
        days_before = [
            days[at - 1] if planned[at] else DayDose.total(doses) for at, doses in enumerate(before)
        ]
        befores = [measured[at - 1] if planned[at] else meter.of(doses) for at, doses in enumerate(before)]
        products = tuple(
            dict.fromkeys(take.product for step in schedule for timed in step.doses for take in timed.take)
        )
        lived_measured = [meter.of(one.doses) for one in known.days]
        return cls(
            schedule=schedule,
            table=table,
            goal=goal,
            method=method,
            holidays=holidays,
            confirmed=confirmed,
            country=country,
            asked=asked,
            meter=meter,
            lived=known,
            lived_measured=lived_measured,
            before=before,
            days=days,
            days_before=days_before,
            measured=measured,
            befores=befores,
            bases=bases(schedule, known, lived_measured, befores[0]),
            wide=bases(schedule, known, lived_measured, befores[0], PACE_DAYS),
            products=products,
            pieces=_pieces(schedule, products),
            drugs={name: catalogue.drug(name) for name in drugs},
        )

    def cuts(self) -> Iterator[tuple[int, Step]]:
        """Index and step of every step that takes less than the day before it, the first one included."""
        for at, step in enumerate(self.schedule.steps):
            if self.measured[at] < self.befores[at]:
                yield at, step

    def above_ceiling(self, at: int, now: int) -> bool:
        """Whether a step at an index that leaves `now` takes more than 25 % away within 14 days."""
        fallen = self.bases[at] - now
        return fallen * 100 > int(RULES["ceiling"].threshold) * self.bases[at]

    def piece(self, at: int) -> int:
        """The measure of the smallest piece of what falls at a step, of the solids or the liquid it is made of."""
        steps, day = self.schedule.steps, self.days[at]
        made = steps[at].doses or steps[max(at - 1, 0)].doses
        found = 0
        for drug, dose in self.days_before[at]:
            if day.dose(drug) < dose:
                liquid = any(take.product.is_liquid for one in made if one.drug == drug for take in one.take)
                found = max(found, self.pieces.get((drug, liquid), 0) * self.meter.weights[drug])
        return found

    def own(self, drug: str) -> Measure:
        """The measure of one drug alone: its own milligrams, with its own diazepam equivalent."""
        return measure((drug,), self.table)

    def figures(self, before: int, after: int) -> dict[str, Fact]:
        """A change as facts: doses a day as text, the percentage, and what they are of."""
        return {
            "before_mg": self.meter.dose(before).text,
            "after_mg": self.meter.dose(after).text,
            "change_percent": change_percent(before, after),
            "unit": "diazepam_equivalent" if self.meter.in_diazepam else self.schedule.drug,
        }


def _pieces(schedule: Schedule, products: Iterable[Product]) -> dict[tuple[str, bool], int]:
    """The smallest piece, in units, of the solids and of the liquids of each drug that the plan uses."""
    found: dict[tuple[str, bool], int] = {}
    for product in products:
        if product.drug in schedule.drugs:
            key, units = (product.drug, product.is_liquid), product.smallest.units
            found[key] = min(found.get(key, units), units)
    return found
