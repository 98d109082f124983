"""A schedule as the limits look at it: each step beside the day before it and the days of its window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from plans.domain.amounts import Dose
from plans.domain.errors import Fact
from plans.domain.regimen import DayDose
from plans.domain.taper import catalogue, taken
from plans.domain.taper.drug import Drug
from plans.domain.taper.measure import Measure, bases, change_percent, measure
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Schedule, Step
from plans.domain.taper.taken import Intakes, Lived


@dataclass(frozen=True, slots=True)
class Judged:
    """A schedule with what every check needs, a value for each step.

    `before` is what was taken on the day before the step; `days` and `days_before` are the day's totals, `measured` and
    `befores` their measures; `bases` is the largest measure in the step's window.
    """

    schedule: Schedule
    table: str
    goal: Dose
    method: str
    holidays: frozenset[date]
    confirmed: frozenset[Product]
    country: str
    meter: Measure
    lived: Lived
    before: list[Intakes]
    days: list[DayDose]
    days_before: list[DayDose]
    measured: list[int]
    befores: list[int]
    bases: list[int]
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
    ) -> Judged:
        known = taken.lived(schedule, now=schedule.steps[0].doses) if lived is None else lived
        drugs = dict.fromkeys((*schedule.drugs, *known.drugs))
        meter = measure(tuple(drugs), table)
        before = known.before(schedule)
        return cls(
            schedule=schedule,
            table=table,
            goal=goal,
            method=method,
            holidays=holidays,
            confirmed=confirmed,
            country=country,
            meter=meter,
            lived=known,
            before=before,
            days=[step.day for step in schedule],
            days_before=[DayDose.total(doses) for doses in before],
            measured=[meter.of(step.doses) for step in schedule],
            befores=[meter.of(doses) for doses in before],
            bases=bases(schedule, known, meter),
            drugs={name: catalogue.drug(name) for name in drugs},
        )

    def cuts(self) -> Iterator[tuple[int, Step]]:
        """Index and step of every step that takes less than the day before it, the first one included."""
        for at, step in enumerate(self.schedule.steps):
            if self.measured[at] < self.befores[at]:
                yield at, step

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
