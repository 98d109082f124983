"""The calendar file: read back by the library, and its raw lines by the standard's rules."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from plans.documents.icalendar import CalendarEvent, write_calendar

STAMP = datetime(2026, 11, 22, 12, 30, 5, 99, tzinfo=UTC)
TITLE = "clonazepam: 0.5 mg por la mañana y 1 mg por la noche, " * 3
EVENTS = (
    CalendarEvent("abc-1@taperplan", date(2026, 11, 30), date(2026, 12, 13), 0, TITLE, cancelled=False),
    CalendarEvent(
        "abc-2@taperplan", date(2026, 12, 14), date(2026, 12, 14), 3, "x;y\\,\r\nSUMMARY:z", cancelled=True
    ),
)


@pytest.fixture(scope="module")
def raw() -> bytes:
    return write_calendar(EVENTS, name="My plan", language="es", stamped=STAMP)


def test_the_library_reads_back_what_was_written(raw: bytes) -> None:
    first, second = Calendar.from_ical(raw).walk("VEVENT")
    assert (first.decoded("dtstart"), first.decoded("dtend")) == (date(2026, 11, 30), date(2026, 12, 14))
    assert str(first["summary"]) == TITLE
    assert (str(first["class"]), str(first["status"]), first["sequence"]) == ("PRIVATE", "CONFIRMED", 0)
    assert (str(second["uid"]), str(second["status"]), second["sequence"]) == (
        "abc-2@taperplan",
        "CANCELLED",
        3,
    )
    assert first.decoded("dtstamp") == STAMP.replace(microsecond=0)


def test_lines_end_with_both_signs_and_are_folded_at_75_octets(raw: bytes) -> None:
    lines = raw.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)


def test_a_title_cannot_begin_a_line_of_its_own(raw: bytes) -> None:
    assert raw.count(b"\r\nSUMMARY") == len(EVENTS)


def test_days_are_days_and_no_moments(raw: bytes) -> None:
    assert raw.count(b"DTSTART;VALUE=DATE:") == len(EVENTS)


def test_the_same_events_give_the_same_bytes(raw: bytes) -> None:
    assert write_calendar(EVENTS, name="My plan", language="es", stamped=STAMP) == raw
