"""A target date: the gentlest steady percentage of the current dose that reaches the goal by that day.

The last written day of the plan is on or before the date: the day of zero, or the last of the first days on a
maintenance dose. Several drugs are lowered one after another at one rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from plans.domain.taper.course import MOST_DAYS, Course, Walk, solved, too_long
from plans.domain.taper.reading import day, members, read_interval
from plans.domain.taper.refusals import EndsBeforeStart


@dataclass(frozen=True, slots=True)
class TargetDate:
    """At the goal on or before `by`, with a cut every `interval_days`."""

    name: ClassVar[str] = "target_date"
    by: date
    interval_days: int

    @classmethod
    def from_json(cls, value: object, where: str) -> TargetDate:
        """Read {name, by, interval_days}."""
        found = members(value, where, required=("name", "by", "interval_days"))
        return cls(day(found["by"], f"{where}.by"), read_interval(found, where))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {"name": self.name, "by": self.by.isoformat(), "interval_days": self.interval_days}

    def points(self, first_day: date) -> int:
        """The number of cuts that fit at most, from a day on."""
        return max((self.by - first_day).days, 0) // self.interval_days

    def walks(self, courses: Sequence[Course]) -> list[Walk]:
        """Solve for the rate and follow its lines. Raises EndsBeforeStart if one cut of each drug is too many."""
        first_day = courses[0].first_day
        days = (self.by - first_day).days
        if days > MOST_DAYS:
            raise too_long()
        points, spare = divmod(max(days, 0), self.interval_days)
        last_days = min(spare + 1, self.interval_days)
        walks = solved(courses, points=points, days=self.interval_days, last_days=last_days)
        if walks is None:
            raise EndsBeforeStart(
                where="method.by",
                start=first_day.isoformat(),
                by=self.by.isoformat(),
                interval_days=self.interval_days,
            )
        return walks
