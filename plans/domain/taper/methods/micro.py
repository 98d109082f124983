"""Daily micro-taper: a step spread evenly over its days, as finely as the liquid can be drawn.

The first day is the present dose; after `interval_days` the dose has fallen by `percent`. With tablets alone the steps
are longer, since a cut too small for them waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from plans.domain.taper.course import Course, Point, Walk
from plans.domain.taper.reading import members, percent, percent_text, read_interval


@dataclass(frozen=True, slots=True)
class Micro:
    """`percent` of the current dose over `interval_days`, a little every day."""

    name: ClassVar[str] = "micro"
    percent: Fraction
    interval_days: int

    @classmethod
    def from_json(cls, value: object, where: str) -> Micro:
        """Read {name, percent, interval_days}."""
        found = members(value, where, required=("name", "percent", "interval_days"))
        return cls(percent(found["percent"], f"{where}.percent"), read_interval(found, where))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {"name": self.name, "percent": percent_text(self.percent), "interval_days": self.interval_days}

    def walk(self, course: Course) -> Walk:
        """Follow the line day by day; a maintenance dose is kept for a whole interval."""
        return course.follow(self._line(course), last_days=self.interval_days, endless=True)

    def _line(self, course: Course) -> Iterator[Point]:
        # Not reduced to lowest terms: over ten years of days the reduction would take half a minute.
        cut, whole = (self.percent / 100).as_integer_ratio()
        parts = whole * self.interval_days
        top, bottom = course.total, 1
        while True:
            for day in range(1, self.interval_days + 1):
                yield Point(1, top * (parts - cut * day), bottom * parts)
            top *= whole - cut
            bottom *= whole
