"""When the first action is due and when an item must be resolved, by the clinic's opening hours and holidays.

Urgent: one staffed hour, at most four hours by the wall clock, resolved within twelve. High: the same working day, with
less than an hour of it left the next. Routine: three working days. High and routine count opening hours and nothing
else: what comes on a Saturday is due on Monday. These figures are this project's own proposal, not a guideline's; they
are all here so that a clinic's safety officer can read them in one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from plans.domain.review.item_states import Priority

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

URGENT_STAFFED: Final = timedelta(hours=1)
URGENT_WALL: Final = timedelta(hours=4)
URGENT_RESOLVE: Final = timedelta(hours=12)
# With less of the day left than this, a high item belongs to the next working day.
HIGH_LEAST: Final = timedelta(hours=1)
HIGH_RESOLVE_DAYS: Final = 2
ROUTINE_DAYS: Final = 3
ROUTINE_RESOLVE_DAYS: Final = 10

# Longer than any holiday season; for a clinic that is never open the wall clock counts.
_LOOK_AHEAD_DAYS: Final = 60
_NEVER_OPEN_HIGH: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Opening:
    """When a clinic is open: weekday → (from, to) in local time; missing days and holidays are closed."""

    zone: ZoneInfo
    hours: Mapping[str, tuple[time, time]]
    holidays: frozenset[date] = frozenset()

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """The opening hours of one local date, in UTC; None if closed."""
        hours = self.hours.get(DAYS[day.weekday()])
        if hours is None or day in self.holidays:
            return None
        start, end = (datetime.combine(day, at, self.zone).astimezone(UTC) for at in hours)
        return (start, end) if start < end else None

    def from_now(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The rest of today's opening hours, then the following ones, for sixty days."""
        first = now.astimezone(self.zone).date()
        for ahead in range(_LOOK_AHEAD_DAYS):
            hours = self.on(first + timedelta(days=ahead))
            if hours is not None and hours[1] > now:
                yield max(hours[0], now), hours[1]


def read_opening(zone: str, hours: Mapping[str, list[str]], holidays: tuple[str, ...] = ()) -> Opening:
    """An Opening from a clinic's row: {"mon": ["08:00", "17:00"]} and ISO dates."""
    return Opening(
        zone=ZoneInfo(zone),
        hours={
            day: (time.fromisoformat(pair[0]), time.fromisoformat(pair[1]))
            for day, pair in hours.items()
            if len(pair) == 2
        },
        holidays=frozenset(date.fromisoformat(day) for day in holidays),
    )


class ClockSign(StrEnum):
    """How much of the time to the first action is gone. Only LATE is red."""

    IN_TIME = "in_time"
    HALF = "half"
    FOUR_FIFTHS = "four_fifths"
    LATE = "late"


# The share of the time that is gone from which a sign is shown; the highest first.
SIGNS: Final = ((Fraction(4, 5), ClockSign.FOUR_FIFTHS), (Fraction(1, 2), ClockSign.HALF))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Both clocks of an item, in UTC."""

    first_action: datetime
    resolve: datetime


def _staffed(now: datetime, opening: Opening) -> datetime | None:
    """An hour from now in opening hours, else an hour after the next opening; None if the clinic never opens."""
    return next((start + URGENT_STAFFED for start, _end in opening.from_now(now)), None)


def _same_day(now: datetime, opening: Opening) -> datetime:
    """The closing time of the first working day with at least an hour left, since nobody acts within minutes."""
    ends = (end for start, end in opening.from_now(now) if end - start >= HIGH_LEAST)
    return next(ends, now + _NEVER_OPEN_HIGH)


def _end_of_working_day(now: datetime, days: int, opening: Opening) -> datetime:
    """The closing time `days` working days after the current or next one."""
    for number, (_start, end) in enumerate(opening.from_now(now)):
        if number == days:
            return end
    return now + timedelta(days=days + 1)


def is_open(now: datetime, opening: Opening) -> bool:
    """Whether the clinic is open at this moment."""
    hours = opening.on(now.astimezone(opening.zone).date())
    return hours is not None and hours[0] <= now < hours[1]


def deadlines(priority: Priority, opened_at: datetime, opening: Opening) -> Deadlines:
    """Both clocks for an item opened at `opened_at` (an aware time)."""
    now = opened_at.astimezone(UTC)
    if priority is Priority.URGENT:
        wall = now + URGENT_WALL
        staffed = _staffed(now, opening)
        return Deadlines(min(wall, staffed) if staffed else wall, now + URGENT_RESOLVE)
    if priority is Priority.HIGH:
        first = _same_day(now, opening)
        return Deadlines(first, max(first, _end_of_working_day(now, HIGH_RESOLVE_DAYS, opening)))
    return Deadlines(
        _end_of_working_day(now, ROUTINE_DAYS, opening),
        _end_of_working_day(now, ROUTINE_RESOLVE_DAYS, opening),
    )


def clock_sign(
    priority: Priority, opened_at: datetime, due: datetime, now: datetime, opening: Opening
) -> ClockSign:
    """How much of the time between `opened_at` and `due` is gone: by the wall clock if it is urgent, any other in
    opening hours."""
    if now > due:
        return ClockSign.LATE
    whole, gone = due - opened_at, now - opened_at
    if priority is not Priority.URGENT and (open_time := _open_between(opened_at, due, opening)):
        whole, gone = open_time, _open_between(opened_at, now, opening)
    return next(
        (sign for at, sign in SIGNS if gone * at.denominator >= whole * at.numerator), ClockSign.IN_TIME
    )


def _open_between(start: datetime, end: datetime, opening: Opening) -> timedelta:
    """How long the clinic is open between two moments, at most sixty days apart."""
    found = timedelta(0)
    for begins, closes in opening.from_now(start.astimezone(UTC)):
        if begins >= end:
            break
        found += min(closes, end) - begins
    return found
