"""Percent of the current dose: each cut takes the same share of what is left.

This is what the Joint Clinical Practice Guideline 2025 (5 to 10 % every 2 to 4 weeks) and Ashton's tables mean.
"Current" is the dose on the ideal line, not the rounded one, so that rounding does not accumulate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from plans.domain.taper.course import Course, Walk, shrinking
from plans.domain.taper.reading import members, percent, percent_text, read_interval, read_lengthen


@dataclass(frozen=True, slots=True)
class PercentOfCurrent:
    """A cut of `percent` (of 100, exact) of the current dose every `interval_days`.

    Each interval is `lengthen_days` longer than the one before.
    """

    name: ClassVar[str] = "percent_of_current"
    percent: Fraction
    interval_days: int
    lengthen_days: int = 0

    @classmethod
    def from_json(cls, value: object, where: str) -> PercentOfCurrent:
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
        """Follow the shrinking line."""
        return course.follow(
            shrinking(course.total, 1 - self.percent / 100, self.interval_days, self.lengthen_days),
            endless=True,
        )
