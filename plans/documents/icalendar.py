"""Steps as an iCalendar file (RFC 5545): one private all-day event each, with the same bytes for the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

PRODUCT = "-//Taperplan//Plan//EN"


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One event from `first` to `last`, both included. `uid` never changes; `sequence` rises with every change.

    `text` is what a calendar shows besides its title.
    """

    uid: str
    first: date
    last: date
    sequence: int
    title: str
    cancelled: bool
    text: str = ""


def write_calendar(events: Sequence[CalendarEvent], *, name: str, language: str, stamped: datetime) -> bytes:
    """Write the file: CRLF line ends, lines folded at 75 octets. `stamped` is when the plan was last changed."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for one in events:
        event = Event()
        event.add("uid", one.uid)
        event.add("dtstamp", stamped.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", one.first)
        # The end of an all-day event is the day after its last one.
        event.add("dtend", one.last + timedelta(days=1))
        event.add("summary", one.title, parameters={"LANGUAGE": language})
        if one.text:
            event.add("description", one.text, parameters={"LANGUAGE": language})
        event.add("sequence", one.sequence)
        event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
        event.add("class", "PRIVATE")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
