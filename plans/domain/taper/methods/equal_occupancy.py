"""Equal steps of receptor occupancy, the hyperbolic taper.

Occupancy in percent is 100 D / (D + 24.70) for D mg of oral diazepam a day: a fit to the regimens printed in the
Maudsley Deprescribing Guidelines 2024 (second hand), a scale for sizing steps and never a measured value of a patient.
Other drugs are first turned into diazepam by the plan's table, which is an assumption of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final

from plans.domain.amounts import UNITS_PER_MG
from plans.domain.taper.course import Course, Point, Walk
from plans.domain.taper.equivalence import ratio
from plans.domain.taper.reading import members, percent, percent_text, read_interval

# mg of diazepam a day at half occupancy
HALF_OCCUPANCY: Final = Fraction("24.70")


@dataclass(frozen=True, slots=True)
class EqualOccupancy:
    """`points` percentage points of occupancy less every `interval_days`."""

    name: ClassVar[str] = "equal_occupancy"
    points: Fraction
    interval_days: int

    @classmethod
    def from_json(cls, value: object, where: str) -> EqualOccupancy:
        """Read {name, points, interval_days}."""
        found = members(value, where, required=("name", "points", "interval_days"))
        return cls(percent(found["points"], f"{where}.points"), read_interval(found, where))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {"name": self.name, "points": percent_text(self.points), "interval_days": self.interval_days}

    def walk(self, course: Course) -> Walk:
        """Follow the hyperbolic line. Raises PairNotCovered if the plan's table does not know the drug."""
        return course.follow(self._line(course))

    def _line(self, course: Course) -> Iterator[Point]:
        # units of the drug that equal one mg of diazepam
        per_mg = ratio(course.drug, course.table) / 10 * UNITS_PER_MG
        diazepam = course.total / per_mg
        occupancy = 100 * diazepam / (diazepam + HALF_OCCUPANCY)
        while True:
            occupancy = max(occupancy - self.points, Fraction(0))
            yield Point.of(self.interval_days, HALF_OCCUPANCY * occupancy / (100 - occupancy) * per_mg)
