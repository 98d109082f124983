"""Two rates: one percentage of the current dose down to a given dose, another (slower) one under it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from plans.domain.amounts import Dose
from plans.domain.taper.course import Course, Point, Walk
from plans.domain.taper.reading import amount, members, percent, percent_text, read_interval


@dataclass(frozen=True, slots=True)
class TwoRates:
    """`first` percent of the current dose every `interval_days`, `then` percent once the dose is under `below`."""

    name: ClassVar[str] = "two_rates"
    first: Fraction
    then: Fraction
    below: Dose
    interval_days: int

    @classmethod
    def from_json(cls, value: object, where: str) -> TwoRates:
        """Read {name, first: {percent}, then: {percent}, below_mg, interval_days}."""
        found = members(value, where, required=("name", "first", "then", "below_mg", "interval_days"))
        first, then = (
            percent(
                members(found[key], f"{where}.{key}", required=("percent",))["percent"],
                f"{where}.{key}.percent",
            )
            for key in ("first", "then")
        )
        return cls(first, then, amount(found["below_mg"], f"{where}.below_mg"), read_interval(found, where))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {
            "name": self.name,
            "first": {"percent": percent_text(self.first)},
            "then": {"percent": percent_text(self.then)},
            "below_mg": self.below.text,
            "interval_days": self.interval_days,
        }

    def walk(self, course: Course) -> Walk:
        """Follow the line with its bend."""
        return course.follow(self._line(course), endless=True)

    def _line(self, course: Course) -> Iterator[Point]:
        first, then = 1 - self.first / 100, 1 - self.then / 100
        top, bottom = course.total, 1
        while True:
            keep = then if top < self.below.units * bottom else first
            top *= keep.numerator
            bottom *= keep.denominator
            yield Point(self.interval_days, top, bottom)
