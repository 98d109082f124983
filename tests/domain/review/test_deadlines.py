"""The deadlines of an item, by opening hours, holidays and changes of summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.review.deadlines import (
    ClockSign,
    Opening,
    clock_sign,
    deadlines,
    is_open,
    read_opening,
)
from plans.domain.review.item_states import Priority

ZONE = ZoneInfo("America/New_York")
WEEK = {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
CLINIC = read_opening("America/New_York", WEEK)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def first(severity: Priority, opened: str, clinic: Opening = CLINIC) -> datetime:
    return deadlines(severity, local(opened), clinic).first_action.astimezone(ZONE)


def resolve(severity: Priority, opened: str, clinic: Opening = CLINIC) -> datetime:
    return deadlines(severity, local(opened), clinic).resolve.astimezone(ZONE)


def test_urgent_in_opening_hours_is_due_in_an_hour():
    assert first(Priority.URGENT, "2026-11-23T08:41") == local("2026-11-23T09:41")


def test_urgent_at_night_is_due_in_four_hours_by_the_wall_clock():
    assert first(Priority.URGENT, "2026-11-23T20:00") == local("2026-11-24T00:00")


def test_urgent_before_opening_counts_staffed_time_from_opening():
    assert first(Priority.URGENT, "2026-11-23T06:30") == local("2026-11-23T09:00")


def test_urgent_just_before_closing_does_not_wait_for_the_morning():
    assert first(Priority.URGENT, "2026-11-23T16:50") == local("2026-11-23T17:50")


def test_urgent_must_be_resolved_within_twelve_hours():
    assert resolve(Priority.URGENT, "2026-11-23T08:41") == local("2026-11-23T20:41")


def test_high_is_due_by_closing_time_of_the_same_day():
    assert first(Priority.HIGH, "2026-11-23T10:00") == local("2026-11-23T17:00")


def test_high_with_less_than_an_hour_left_belongs_to_the_next_working_day():
    assert first(Priority.HIGH, "2026-11-23T16:00") == local("2026-11-23T17:00")
    assert first(Priority.HIGH, "2026-11-23T16:01") == local("2026-11-24T17:00")


def test_high_in_the_evening_is_due_by_closing_of_the_next_working_day():
    assert first(Priority.HIGH, "2026-11-23T18:00") == local("2026-11-24T17:00")


@pytest.mark.parametrize("opened", ["2026-11-27T18:00", "2026-11-28T10:20", "2026-11-29T23:59"])
def test_high_at_the_weekend_is_due_on_monday(opened):
    assert first(Priority.HIGH, opened) == local("2026-11-30T17:00")


def test_high_passes_over_a_holiday():
    closed = read_opening("America/New_York", WEEK, ("2026-11-30",))
    assert first(Priority.HIGH, "2026-11-28T10:20", closed) == local("2026-12-01T17:00")


def test_high_keeps_closing_time_over_the_change_of_clocks():
    assert first(Priority.HIGH, "2026-10-31T10:00") == local("2026-11-02T17:00")
    assert first(Priority.HIGH, "2027-03-13T10:00") == local("2027-03-15T17:00")


def test_routine_is_due_at_the_close_of_the_third_working_day_after():
    assert first(Priority.ROUTINE, "2026-11-23T10:00") == local("2026-11-26T17:00")


def test_routine_passes_over_the_weekend():
    assert first(Priority.ROUTINE, "2026-11-26T10:00") == local("2026-12-01T17:00")


def test_routine_passes_over_a_holiday():
    closed = read_opening("America/New_York", WEEK, ("2026-11-26",))
    assert first(Priority.ROUTINE, "2026-11-23T10:00", closed) == local("2026-11-27T17:00")


def test_closing_time_keeps_its_hour_when_summer_time_ends():
    assert first(Priority.ROUTINE, "2026-10-29T10:00") == local("2026-11-03T17:00")


@pytest.mark.parametrize("severity", list(Priority))
def test_a_clinic_that_is_never_open_is_answered_by_the_wall_clock(severity):
    never = read_opening("America/New_York", {})
    due = deadlines(severity, local("2026-11-23T10:00"), never)
    assert due.first_action <= local("2026-11-23T10:00") + timedelta(days=4)


def test_open_includes_the_opening_minute_and_not_the_closing_one():
    assert is_open(local("2026-11-23T08:00"), CLINIC)
    assert not is_open(local("2026-11-23T17:00"), CLINIC)
    assert not is_open(local("2026-11-22T10:00"), CLINIC)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@pytest.mark.slow
@given(MOMENTS)
def test_the_more_urgent_is_never_due_later(opened):
    dues = [deadlines(severity, opened, CLINIC) for severity in Priority]
    firsts = [due.first_action for due in dues]
    assert firsts == sorted(firsts)
    assert all(opened < due.first_action <= due.resolve for due in dues)


@pytest.mark.slow
@given(MOMENTS)
def test_urgent_is_never_due_later_than_four_hours(opened):
    assert deadlines(Priority.URGENT, opened, CLINIC).first_action <= opened + timedelta(hours=4)


@pytest.mark.slow
@given(MOMENTS, st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_a_holiday_never_brings_a_deadline_forward(opened, holiday):
    closed = read_opening("America/New_York", WEEK, (holiday.isoformat(),))
    for severity in Priority:
        with_holiday = deadlines(severity, opened, closed).first_action
        assert with_holiday >= deadlines(severity, opened, CLINIC).first_action


def sign(severity: Priority, opened: str, now: str, clinic: Opening = CLINIC) -> str:
    due = deadlines(severity, local(opened), clinic).first_action
    return clock_sign(severity, local(opened), due, local(now), clinic).value


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ("09:29", "in_time"),
        ("09:30", "half"),
        ("09:47", "half"),
        ("09:48", "four_fifths"),
        ("10:00", "four_fifths"),
    ],
)
def test_an_urgent_clock_shows_half_and_four_fifths_by_the_wall_clock(now, shown):
    assert sign(Priority.URGENT, "2026-11-23T09:00", f"2026-11-23T{now}") == shown


def test_only_what_is_past_its_time_is_late():
    assert sign(Priority.URGENT, "2026-11-23T09:00", "2026-11-23T10:01") == "late"
    assert sign(Priority.HIGH, "2026-11-28T10:20", "2026-11-30T17:00") == "four_fifths"
    assert sign(Priority.HIGH, "2026-11-28T10:20", "2026-11-30T17:01") == "late"


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        # A Saturday's item: nothing of its time has gone by on Monday morning.
        ("2026-11-30T08:00", "in_time"),
        ("2026-11-30T12:29", "in_time"),
        ("2026-11-30T12:30", "half"),
        ("2026-11-30T15:12", "four_fifths"),
    ],
)
def test_a_high_clock_stands_still_while_the_clinic_is_closed(now, shown):
    assert sign(Priority.HIGH, "2026-11-28T10:20", now) == shown


def test_a_clinic_that_is_never_open_shows_signs_by_the_wall_clock():
    never = read_opening("America/New_York", {})
    assert sign(Priority.HIGH, "2026-11-28T10:00", "2026-11-28T22:00", never) == "half"


@pytest.mark.slow
@given(MOMENTS, st.integers(0, 20_000), st.integers(0, 20_000), st.sampled_from(Priority))
def test_a_clock_never_goes_back(opened, minutes, more, severity):
    order = list(ClockSign)
    due = deadlines(severity, opened, CLINIC).first_action
    moments = [opened + timedelta(minutes=minutes), opened + timedelta(minutes=minutes + more)]
    first_sign, second_sign = (clock_sign(severity, opened, due, now, CLINIC) for now in moments)
    assert order.index(first_sign) <= order.index(second_sign)
