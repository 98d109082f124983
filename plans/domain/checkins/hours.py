"""A clinic's opening hours as data, so that every page can say when answers are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from plans.domain.review.deadlines import DAYS, Opening


@dataclass(frozen=True, slots=True)
class OpeningSpan:
    """Consecutive weekdays (0 is Monday) with the same hours."""

    first: int
    last: int
    opens: time
    closes: time


def spans(hours: Mapping[str, Sequence[str]]) -> tuple[OpeningSpan, ...]:
    """The week's hours, with consecutive days of the same hours taken together."""
    found: list[OpeningSpan] = []
    for n, day in enumerate(DAYS):
        if not hours.get(day):
            continue
        opens, closes = (time.fromisoformat(raw) for raw in hours[day])
        if found and found[-1].last == n - 1 and (found[-1].opens, found[-1].closes) == (opens, closes):
            found[-1] = OpeningSpan(found[-1].first, n, opens, closes)
        else:
            found.append(OpeningSpan(n, n, opens, closes))
    return tuple(found)


def next_opening(now: datetime, opening: Opening) -> datetime | None:
    """When the clinic next opens, in UTC; None if it is open now or stays closed for two months."""
    first = next(opening.from_now(now), None)
    return first[0] if first is not None and first[0] > now else None
