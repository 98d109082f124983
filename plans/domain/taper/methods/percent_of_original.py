"""Percent of the original dose: every cut is the same share of the dose at the start, so the line is straight."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from plans.domain.taper.course import Course, Walk, falling
from plans.domain.taper.reading import members, percent, percent_text, read_interval, read_lengthen


@dataclass(frozen=True, slots=True)
class PercentOfOriginal:
    """A cut of `percent` (of 100, exact) of the first dose every `interval_days`.

    Each interval is `lengthen_days` longer than the one before.
    """

    name: ClassVar[str] = "percent_of_original"
    percent: Fraction
    interval_days: int
    lengthen_days: int = 0

    @classmethod
    def from_json(cls, value: object, where: str) -> PercentOfOriginal:
        """Read {name, percent, interval_days, lengthen_days?}."""
        found = members(
            value, where, required=("name", "percent", "interval_days"), optional=("lengthen_days",)
        )
        return cls(
            percent(found["percent"], f"{where}.percent"),
            read_interval(found, where),
            read_lengthen(found, where),
        )

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        written: dict[str, object] = {
            "name": self.name,
            "percent": percent_text(self.percent),
            "interval_days": self.interval_days,
        }
        return written | {"lengthen_days": self.lengthen_days} if self.lengthen_days else written

    def walk(self, course: Course) -> Walk:
        """Follow the straight line."""
        return course.follow(
            falling(course.total, course.total * self.percent / 100, self.interval_days, self.lengthen_days)
        )
