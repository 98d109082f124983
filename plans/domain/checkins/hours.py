"""When a clinic is open, so that no page promises what nobody keeps. Pure; local dates and times of the clinic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD_DAYS: Final = 60

Hours = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Span:
    """Weekdays running (0 is Monday) with the same hours."""

    first: int
    last: int
    opens: time
    closes: time


def _of(hours: Hours, day: date) -> tuple[time, time] | None:
    span = hours.get(DAYS[day.weekday()])
    return (time.fromisoformat(span[0]), time.fromisoformat(span[1])) if span else None


def is_open(hours: Hours, holidays: Iterable[str], local: datetime) -> bool:
    """Whether the clinic is open at a local moment. `holidays` are ISO dates."""
    span = _of(hours, local.date())
    return (
        span is not None
        and local.date().isoformat() not in set(holidays)
        and span[0] <= local.time() < span[1]
    )


def next_opening(hours: Hours, holidays: Iterable[str], local: datetime) -> datetime | None:
    """The next local moment at which the clinic opens; None if it never does within two months."""
    closed = set(holidays)
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = local.date() + timedelta(days=ahead)
        span = _of(hours, day)
        if span is not None and day.isoformat() not in closed:
            opens = datetime.combine(day, span[0], tzinfo=local.tzinfo)
            if opens > local:
                return opens
    return None


def spans(hours: Hours) -> tuple[Span, ...]:
    """The week's hours, days running with the same hours taken together."""
    found: list[Span] = []
    for n, day in enumerate(DAYS):
        if not hours.get(day):
            continue
        opens, closes = (time.fromisoformat(raw) for raw in hours[day])
        if found and found[-1].last == n - 1 and (found[-1].opens, found[-1].closes) == (opens, closes):
            found[-1] = Span(found[-1].first, n, opens, closes)
        else:
            found.append(Span(n, n, opens, closes))
    return tuple(found)
