"""A schedule prepared for the limits: each step compared with the day before it and the days of its window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from plans.domain.amounts import Dose
from plans.domain.errors import Fact
from plans.domain.taper import catalogue, taken
from plans.domain.taper.clinic_limits import NONE, ClinicLimits
from plans.domain.taper.drug import Drug
from plans.domain.taper.limit_rules import PACE_DAYS, RULES
from plans.domain.taper.measure import Measure, Units, bases, change_percent, measure
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Schedule, Step
from plans.domain.taper.taken import Intakes, Lived
from plans.domain.taper.weekdays import DAYS_A_WEEK


@dataclass(frozen=True, slots=True)
class Judged:
    """A schedule with what every check needs; each list has one value per step.

    `before` is what was taken on the day before the step; `days` and `days_before` are the daily totals by drug (units,
    drugs not taken left out), `measured` and `befores` their measures, `lived_measured` those of the days as actually
    taken. If the days of any week differ, all of these cover seven days, and `fullest` and `fullest_before` are the
    largest daily totals. `bases` is the largest measure in the 14 days before the step, `wide` in 28. `cuts` are the
    index and step of every step below the day before it, including the first. `pieces` is the smallest piece in units
    of a drug's solids (False) or liquids (True) in the plan. `asked` is keyed by step number. `agreed`: the
    clinic's own limits.
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
    days: list[Units]
    days_before: list[Units]
    fullest: list[Units]
    fullest_before: list[Units]
    measured: list[int]
    befores: list[int]
    bases: list[int]
    wide: list[int]
    cuts: list[tuple[int, Step]]
    pieces: Mapping[tuple[str, bool], int]
    drugs: dict[str, Drug]
    agreed: ClinicLimits = NONE

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
        agreed: ClinicLimits = NONE,
    ) -> Judged:
        known = taken.lived(schedule, now=schedule.steps[0].doses) if lived is None else lived
        drugs = dict.fromkeys((*schedule.drugs, *known.drugs))
        weekly = known.weekly
        meter = measure(tuple(drugs), table, weekly=weekly)
        before = known.before(schedule)
        # The doses of a step are also those of the days lived through it, and of the day before the next: added once.
        different: dict[int, Intakes] = {id(step.doses): step.doses for step in schedule.steps}
        different |= {id(one.doses): one.doses for one in known.days}
        different[id(known.now)] = known.now
        units = {key: meter.units(doses) for key, doses in different.items()}
        measures = {key: meter.of_units(day) for key, day in units.items()}
        planned, earlier = [id(step.doses) for step in schedule.steps], [id(doses) for doses in before]
        days, days_before = [units[key] for key in planned], [units[key] for key in earlier]
        befores = [measures[key] for key in earlier]
        measured = [measures[key] for key in planned]
        lived_measured = [measures[id(one.doses)] for one in known.days]
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
            fullest=[taken.fullest(step.doses).units for step in schedule] if weekly else days,
            fullest_before=[taken.fullest(doses).units for doses in before] if weekly else days_before,
            measured=measured,
            befores=befores,
            bases=bases(schedule, known, lived_measured, befores[0]),
            wide=bases(schedule, known, lived_measured, befores[0], PACE_DAYS),
            cuts=[(at, step) for at, step in enumerate(schedule.steps) if measured[at] < befores[at]],
            pieces=_pieces(schedule),
            drugs={name: catalogue.drug(name) for name in drugs},
            agreed=agreed,
        )

    def above_ceiling(self, at: int, now: int) -> bool:
        """Whether lowering the dose to `now` at a step removes more than 25 % within 14 days."""
        fallen = self.bases[at] - now
        return fallen * 100 > int(RULES["ceiling"].threshold) * self.bases[at]

    def piece(self, at: int) -> int:
        """The measure of the smallest piece of the drug that falls at a step, of its solids or its liquid."""
        steps, day = self.schedule.steps, self.days[at]
        made = steps[at].doses or steps[max(at - 1, 0)].doses
        found = 0
        for drug, units in self.days_before[at].items():
            if day.get(drug, 0) < units:
                liquid = (drug, True) in self.pieces and any(
                    take.product.is_liquid for one in made if one.drug == drug for take in one.take
                )
                found = max(found, self.pieces.get((drug, liquid), 0) * self.meter.weights[drug])
        # in a week whose days differ, the smallest possible change is one piece on one day
        one_day = self.meter.days > 1 and taken.is_weekly((*steps[at].doses, *self.before[at]))
        return found if one_day else found * self.meter.days

    def own(self, drug: str, *, weekly: bool = False) -> Measure:
        """The measure of one drug alone, in its own milligrams and its own diazepam equivalent."""
        return measure((drug,), self.table, weekly=weekly)

    def by_week(self, at: int) -> bool:
        """Whether figures for a step are given per week, because its days or those before it differ."""
        if self.meter.days == 1:
            return False
        step = self.schedule.steps[at]
        since = step.start - timedelta(days=PACE_DAYS)
        return step.weekly or any(
            taken.is_weekly(one.doses)
            for one in self.lived.days
            if one.last >= since and one.first < step.start
        )

    def said_of(self, at: int) -> tuple[int, dict[str, Fact]]:
        """The divisor of a measure for the figure shown for a step, and facts: whether it is per day or per week."""
        return (1, {"per_week": True}) if self.by_week(at) else (self.meter.days, {})

    def peak(self, at: int) -> int:
        """The measure of the largest day of a step."""
        return _peak(self.schedule.steps[at].doses, self.meter)

    @property
    def peak_before(self) -> int:
        """The measure of the largest day of what is taken when the plan is made."""
        return _peak(self.before[0], self.meter)

    def of_days(self, before: int, after: int) -> dict[str, Fact]:
        """A change between two days, given by their measures, as facts."""
        return {
            "before_mg": self.meter.dose(before).text,
            "after_mg": self.meter.dose(after).text,
            "change_percent": change_percent(before, after),
            "unit": "diazepam_equivalent" if self.meter.in_diazepam else self.schedule.drug,
        }

    def figures(self, at: int, before: int, after: int) -> dict[str, Fact]:
        """A change at a step as facts: doses per day (or week) as text, the percentage, and what they refer to."""
        days, of = self.said_of(at)
        facts = of | self.of_days(before // days, after // days)
        if days > 1:
            facts["change_percent"] = change_percent(before, after)
        return facts


def _peak(doses: Intakes, meter: Measure) -> int:
    if meter.days == 1:
        return meter.of(doses)
    days = [[one for one in doses if weekday in one.weekdays] for weekday in range(DAYS_A_WEEK)]
    return max(sum(one.dose.units * meter.weights[one.drug] for one in day) for day in days)


def _pieces(schedule: Schedule) -> dict[tuple[str, bool], int]:
    """The smallest piece, in units, of the solids and of the liquids of each drug that the plan uses."""
    found: dict[tuple[str, bool], int] = {}
    for product in schedule.used:
        if product.drug in schedule.drugs:
            key, units = (product.drug, product.is_liquid), product.smallest.units
            found[key] = min(found.get(key, units), units)
    return found
