"""Equal steps of receptor occupancy, the hyperbolic taper, by the curve that the plan names (`occupancy.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from plans.domain.taper.course import Course, Point, Walk
from plans.domain.taper.occupancy import CURVES, DEFAULT_CURVE
from plans.domain.taper.reading import members, percent, percent_text, read_interval, word


@dataclass(frozen=True, slots=True)
class EqualOccupancy:
    """A fall of `points` percentage points of occupancy every `interval_days`, by the named curve."""

    name: ClassVar[str] = "equal_occupancy"
    points: Fraction
    interval_days: int
    curve: str = DEFAULT_CURVE

    @classmethod
    def from_json(cls, value: object, where: str) -> EqualOccupancy:
        """Read {name, points, interval_days, curve?}."""
        found = members(value, where, required=("name", "points", "interval_days"), optional=("curve",))
        curve = word(found.get("curve", DEFAULT_CURVE), f"{where}.curve", CURVES)
        return cls(percent(found["points"], f"{where}.points"), read_interval(found, where), curve)

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {
            "name": self.name,
            "points": percent_text(self.points),
            "interval_days": self.interval_days,
            "curve": self.curve,
        }

    def walk(self, course: Course) -> Walk:
        """Follow the hyperbolic line. Raises CurveNotCovered, and PairNotCovered where the table lacks the drug."""
        return course.follow(self._line(course))

    def _line(self, course: Course) -> Iterator[Point]:
        half = CURVES[self.curve].half_units(course.drug, course.table)
        occupancy = 100 * course.total / (course.total + half)
        while True:
            occupancy = max(occupancy - self.points, Fraction(0))
            yield Point.of(self.interval_days, half * occupancy / (100 - occupancy))
