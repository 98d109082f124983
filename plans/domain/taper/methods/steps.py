"""A number of steps: the gentlest steady percentage of the current dose that reaches the goal in so many cuts.

The rate is solved in hundredths of a percent and then judged like any other. Where the tablets are too coarse for a
cut, two of them become one longer step: `count` counts the intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from plans.domain.taper.course import MOST_STEPS, Course, Walk, solved, too_long
from plans.domain.taper.reading import members, read_interval, whole


@dataclass(frozen=True, slots=True)
class Steps:
    """At the goal after `count` intervals of `interval_days`."""

    name: ClassVar[str] = "steps"
    count: int
    interval_days: int

    @classmethod
    def from_json(cls, value: object, where: str) -> Steps:
        """Read {name, count, interval_days}."""
        found = members(value, where, required=("name", "count", "interval_days"))
        count = whole(found["count"], f"{where}.count", lowest=1, highest=MOST_STEPS)
        return cls(count, read_interval(found, where))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {"name": self.name, "count": self.count, "interval_days": self.interval_days}

    def walk(self, course: Course) -> Walk:
        """Solve for the rate and follow its line."""
        walk = solved(course, points=self.count, days=self.interval_days)
        if walk is None:
            raise too_long()
        return walk
