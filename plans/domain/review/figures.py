"""How well the queue is worked: weeks, nights and opening hours as edges in time, and how items are added up.

A week begins at the clinic's midnight before Monday, a night at ten in the evening there. Edges are moments, so that a
week in which the clocks change has an hour more or less. An item belongs to the week in which it was opened, even if
it was resolved in another. Urgent items are timed by the wall clock, the others in opening hours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from plans.domain.review.deadlines import Opening
from plans.domain.review.item_states import Priority

SPANS: Final = (4, 13, 26, 52)
"""The numbers of weeks that can be chosen; the last week is the one that runs."""
USUAL_SPAN: Final = 13
NIGHT_BEGINS: Final = time(22)
NIGHT_ENDS: Final = time(7)

Key = TypeVar("Key", bound=Hashable)
JsonList: TypeAlias = list[Any]  # Any: numbers, texts and objects, each in its place


class ItemClock(StrEnum):
    """What an item is timed by."""

    WALL = "wall"
    OPENING = "opening"


# Total over Priority (tested).
CLOCKS: Final[dict[Priority, ItemClock]] = {
    Priority.URGENT: ItemClock.WALL,
    Priority.HIGH: ItemClock.OPENING,
    Priority.ROUTINE: ItemClock.OPENING,
}


def mondays(today: date, weeks: int) -> tuple[date, ...]:
    """The first days of the last `weeks` weeks, that of today included, the earliest first."""
    this = today - timedelta(days=today.weekday())
    return tuple(this - timedelta(weeks=back) for back in range(weeks - 1, -1, -1))


def midnights(days: Iterable[date], zone: ZoneInfo) -> tuple[datetime, ...]:
    """The beginning of each day in a zone, in UTC."""
    return tuple(_moment(day, time.min, zone) for day in days)


def night_edges(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Where nights begin and end in turn, in UTC, from midnight of `first` through the night that begins on `last`.

    The first is the rest of the night before `first`, so that nothing sent after that midnight counts as sent by day.
    """
    edges = [_moment(first, time.min, zone), _moment(first, NIGHT_ENDS, zone)]
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        edges += [_moment(day, NIGHT_BEGINS, zone), _moment(day + timedelta(days=1), NIGHT_ENDS, zone)]
    return tuple(edges)


def night_of(edge: int, first: date) -> date | None:
    """The day on which the night began of a moment after `edge` of the edges from `first` on; None by day."""
    return first + timedelta(days=edge // 2 - 1) if edge % 2 else None


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Opening hours as a ruler: at each edge the clinic opens or closes in turn, having been open so many seconds."""

    edges: tuple[datetime, ...]
    passed: tuple[float, ...]


def open_time(opening: Opening, since: datetime, until: datetime) -> OpenTime:
    """The ruler for moments from `since` to `until`; for a clinic that is never open it runs by the wall clock."""
    first, last = (moment.astimezone(opening.zone).date() for moment in (since, until))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    edges: list[datetime] = []
    passed: list[float] = []
    so_far = 0.0
    for hours in filter(None, map(opening.on, days)):
        edges += hours
        passed += [so_far, so_far := so_far + (hours[1] - hours[0]).total_seconds()]
    return OpenTime(tuple(edges) or (since,), tuple(passed) or (0.0,))


@dataclass(frozen=True, slots=True)
class Timing:
    """Half of the times were at most `median` minutes, nine in ten at most `ninety`; `count` were timed."""

    count: int
    median: int
    ninety: int


def timing(minutes: Mapping[int, int]) -> Timing | None:
    """Median and 90th percentile of so many times of so many minutes; None of nothing.

    Each is the smallest time that half, or nine tenths, of all do not pass: one that was measured, never one between
    two.
    """
    count = sum(minutes.values())
    if not count:
        return None
    return Timing(count, _nearest_rank(minutes, 50), _nearest_rank(minutes, 90))


def _nearest_rank(minutes: Mapping[int, int], hundredths: int) -> int:
    wanted, so_far = -(-hundredths * sum(minutes.values()) // 100), 0
    for value in sorted(minutes):
        so_far += minutes[value]
        if so_far >= wanted:
            return value
    raise ValueError("of nothing there is no time")


@dataclass(frozen=True, slots=True)
class Measured:
    """Some items of one priority that ended alike (`outcome`, empty: still open).

    `first` and `end`: how many took how many minutes from the opening to the first action and to the end, of those that
    have one.
    """

    priority: Priority
    outcome: str
    opened: int
    late: int
    first: Mapping[int, int] = field(default_factory=dict)
    end: Mapping[int, int] = field(default_factory=dict)

    @property
    def clock(self) -> ItemClock:
        """What they are timed by."""
        return CLOCKS[self.priority]

    def to_json(self) -> JsonList:
        """As a list, for keeping."""
        return [self.priority.value, self.outcome, self.opened, self.late, dict(self.first), dict(self.end)]

    @classmethod
    def from_json(cls, found: JsonList) -> Measured:
        """As it was kept; JSON has texts for the minutes."""
        priority, outcome, opened, late, first, end = found
        first, end = ({int(minutes): count for minutes, count in one.items()} for one in (first, end))
        return cls(Priority(priority), outcome, opened, late, first, end)


@dataclass(slots=True)
class Tally:
    """Items added up: how many were opened, how many are or were late, how they ended, and their times."""

    opened: int = 0
    late: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    first_minutes: Counter[int] = field(default_factory=Counter)
    end_minutes: Counter[int] = field(default_factory=Counter)

    def add(self, some: Measured) -> None:
        """Add some items."""
        self.opened += some.opened
        self.late += some.late
        if some.outcome:
            self.outcomes[some.outcome] += some.opened
        self.first_minutes.update(some.first)
        self.end_minutes.update(some.end)

    @property
    def open(self) -> int:
        """How many have not ended yet."""
        return self.opened - self.outcomes.total()

    @property
    def first(self) -> Timing | None:
        """The time to the first action."""
        return timing(self.first_minutes)

    @property
    def end(self) -> Timing | None:
        """The time to the end."""
        return timing(self.end_minutes)


def add_up(found: Iterable[tuple[Key, Measured]]) -> dict[Key, Tally]:
    """Add up items by a key; a key without items is an empty tally."""
    tallies: defaultdict[Key, Tally] = defaultdict(Tally)
    for key, some in found:
        tallies[key].add(some)
    return tallies
