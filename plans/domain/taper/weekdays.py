"""The days of the week on which a dose is taken, where it is not taken every day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

DAYS_A_WEEK: Final = 7
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Weekdays:
    """A set of days of the week as numbers, 0 (Monday) to 6, in order; the same days are always the same object.

    >>> Weekdays.named(["friday", "monday"])
    Weekdays((0, 4))
    >>> Weekdays(range(7)) is EVERY_DAY, len(EVERY_DAY), 4 in Weekdays((0, 4))
    (True, 7, True)
    """

    __slots__ = ("days",)
    days: tuple[int, ...]
    # 128 at most. Whether a dose is taken every day is asked of every dose there is: objects are compared.
    _known: ClassVar[dict[tuple[int, ...], Weekdays]] = {}

    def __new__(cls, days: Iterable[int]) -> Weekdays:
        """The set of these days, given in any order. Raises ValueError for a number that is no day of the week."""
        held = tuple(sorted(set(days)))
        if held and not 0 <= held[0] <= held[-1] < DAYS_A_WEEK:
            raise ValueError(f"not days of the week: {held}")
        if held not in cls._known:
            made = super().__new__(cls)
            made.days = held
            cls._known[held] = made
        return cls._known[held]

    @classmethod
    def named(cls, names: Iterable[str]) -> Weekdays:
        """The days with these names. Raises ValueError for any other name."""
        return cls(WEEKDAYS.index(name) for name in names)

    @property
    def names(self) -> list[str]:
        """The names used in requests and answers: ["monday", "friday"]."""
        return [WEEKDAYS[day] for day in self.days]

    @property
    def every(self) -> bool:
        """Whether it is every day of the week."""
        return self is EVERY_DAY

    def meets(self, other: Weekdays) -> bool:
        """Whether they have any day in common."""
        return not set(self.days).isdisjoint(other.days)

    def __reduce__(self) -> tuple[object, ...]:
        """Copies, and what is read back in another process, are the object known there."""
        return Weekdays, (self.days,)

    def __repr__(self) -> str:
        return f"Weekdays({self.days})"

    def __contains__(self, weekday: int) -> bool:
        return weekday in self.days

    def __len__(self) -> int:
        return len(self.days)


EVERY_DAY: Final = Weekdays(range(DAYS_A_WEEK))
