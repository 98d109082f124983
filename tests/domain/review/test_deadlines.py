"""The deadlines of an item, by opening hours, holidays and changes of summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.review.deadlines import Opening, deadlines, is_open, next_escalation, read_opening
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
    assert first(Priority.HIGH, "2026-11-23T16:01") == local("2026-11-24T16:01")


def test_high_in_the_evening_is_due_by_closing_of_the_next_working_day():
    assert first(Priority.HIGH, "2026-11-23T18:00") == local("2026-11-24T17:00")


def test_high_on_a_friday_evening_waits_no_longer_than_a_day():
    assert first(Priority.HIGH, "2026-11-27T18:00") == local("2026-11-28T18:00")


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


def test_a_lost_holder_is_replaced_within_half_an_hour_and_not_after_the_due_time():
    now = local("2026-11-23T09:00")
    assert next_escalation(now, now + timedelta(hours=1)) == now + timedelta(minutes=30)
    assert next_escalation(now, now + timedelta(minutes=5)) == now + timedelta(minutes=5)
    assert next_escalation(now, now - timedelta(hours=1)) == now
