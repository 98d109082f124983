"""Reads a calendar (RFC 5545) into the events of a stretch of time, repeated ones among them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

from plans.domain.review.rota_feed import FeedEvent, FeedFailed, FeedProblem

EVENTS_MOST: Final = 2_000
NAME_MOST: Final = 200
# Hours without a zone are compared as if they were UTC: none may be missed that is on the clinic's clock.
_FLOATING: Final = timedelta(days=1)
# Shifts do not begin every hour: a rule that says so would take for ever to work out.
_TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})


def read_events(raw: bytes, *, zone: ZoneInfo, start: datetime, end: datetime) -> tuple[FeedEvent, ...]:
    """The events from `start` to `end`, in their order. Days without hours and hours without a zone are the clinic's
    (`zone`). Raises FeedFailed."""
    try:
        calendar = Calendar.from_ical(raw)
        if calendar.name != "VCALENDAR":
            raise FeedFailed(FeedProblem.NOT_A_CALENDAR)
        _check_rules(calendar)
        found = [
            event
            for one in recurring_ical_events.of(calendar).between(start - _FLOATING, end + _FLOATING)
            if (event := _event(one, zone)) is not None and event.start < end and start < event.end
        ]
    except FeedFailed:
        raise
    except Exception as fault:
        # Both libraries raise many things for what is no calendar, some of them plain ones.
        raise FeedFailed(FeedProblem.NOT_A_CALENDAR) from fault
    if len(found) > EVENTS_MOST:
        raise FeedFailed(FeedProblem.TOO_MANY)
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.name)))


def _check_rules(calendar: Calendar) -> None:
    events = calendar.walk("VEVENT")
    if len(events) > EVENTS_MOST * 5:
        raise FeedFailed(FeedProblem.TOO_MANY)
    for event in events:
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            if _TOO_OFTEN & {str(one).upper() for one in rule.get("FREQ", [])}:
                raise FeedFailed(FeedProblem.TOO_OFTEN)


def _event(event: Event, zone: ZoneInfo) -> FeedEvent | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    begins, ends = _moment(event.start, zone), _moment(event.end, zone)
    if begins >= ends:
        return None
    invited = event.get("ATTENDEE", [])
    return FeedEvent(
        name=" ".join(str(event.get("SUMMARY", "")).split())[:NAME_MOST],
        addresses=tuple(
            str(one).partition(":")[2] if ":" in str(one) else str(one)
            for one in (invited if isinstance(invited, list) else [invited])
        ),
        start=begins,
        end=ends,
    )


def _moment(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time.min)
    return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)
