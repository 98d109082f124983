"""A number of steps: the gentlest steady percentage of the current dose that reaches the goal in that many cuts.

The rate is solved in hundredths of a percent and then judged like any other. Where the tablets are too coarse for a
cut, two cuts become one longer step: `count` counts the intervals. Several drugs are lowered one after another at one
rate, and `count` is the total over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from plans.domain.taper.course import MOST_STEPS, Course, Walk, solved
from plans.domain.taper.reading import members, read_interval, whole
from plans.domain.taper.refusals import TooFewSteps


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

    def points(self, first_day: date) -> int:
        """The number of cuts at most."""
        del first_day  # the count does not depend on the day
        return self.count

    def walks(self, courses: Sequence[Course]) -> list[Walk]:
        """Solve for the rate and follow its lines. Raises TooFewSteps if a drug would be left without a cut."""
        walks = solved(courses, points=self.count, days=self.interval_days)
        if walks is None:
            raise TooFewSteps(
                where="method.count", count=self.count, drugs=[course.drug for course in courses]
            )
        return walks
