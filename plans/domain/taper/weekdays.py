"""The days of the week on which a dose is taken, where it is not taken every day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

DAYS_A_WEEK: Final = 7
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Weekdays:
    """A set of days of the week as numbers, 0 (Monday) to 6, in order.

    >>> Weekdays.named(["friday", "monday"])
    Weekdays(days=(0, 4))
    >>> EVERY_DAY.every, len(EVERY_DAY), 4 in Weekdays((0, 4))
    (True, 7, True)
    """

    days: tuple[int, ...]

    @classmethod
    def named(cls, names: Iterable[str]) -> Weekdays:
        """The days with these names, `EVERY_DAY` for all seven. Raises ValueError for any other name."""
        found = cls(tuple(sorted({WEEKDAYS.index(name) for name in names})))
        return EVERY_DAY if found.every else found

    @property
    def names(self) -> list[str]:
        """The names used in requests and answers: ["monday", "friday"]."""
        return [WEEKDAYS[day] for day in self.days]

    @property
    def every(self) -> bool:
        """Whether it is every day of the week."""
        return len(self.days) == DAYS_A_WEEK

    def meets(self, other: Weekdays) -> bool:
        """Whether they have any day in common."""
        return not set(self.days).isdisjoint(other.days)

    def __reduce__(self) -> tuple[object, ...]:
        """Copies and what is read back from another process: all seven days are `EVERY_DAY` itself there too."""
        return _of, (self.days,)

    def __contains__(self, weekday: int) -> bool:
        return weekday in self.days

    def __len__(self) -> int:
        return len(self.days)


def _of(days: tuple[int, ...]) -> Weekdays:
    return EVERY_DAY if len(days) == DAYS_A_WEEK else Weekdays(days)


EVERY_DAY: Final = Weekdays(tuple(range(DAYS_A_WEEK)))
