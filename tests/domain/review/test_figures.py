"""Weeks, nights, opening hours and times of how well the queue is worked."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.review import figures
from plans.domain.review.deadlines import Opening
from plans.domain.review.figures import CLOCKS, ItemClock, Measured, Timing
from plans.domain.review.item_states import Priority

NEW_YORK = ZoneInfo("America/New_York")
WORKDAYS = {day: (time(8), time(17)) for day in ("mon", "tue", "wed", "thu", "fri")}
OPENING = Opening(NEW_YORK, WORKDAYS, frozenset({date(2026, 11, 26)}))
SINCE = datetime(2026, 10, 26, 4, tzinfo=UTC)


def hours(one, other):
    return (other - one) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 30), date(2026, 11, 30)),
        (date(2026, 12, 6), date(2026, 11, 30)),
        (date(2026, 12, 7), date(2026, 12, 7)),
    ],
)
def test_the_running_week_is_the_last_one_from_its_monday_to_its_sunday(today, first):
    found = figures.mondays(today, 4)
    assert found[-1] == first
    assert [one.weekday() for one in found] == [0] * 4
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(weeks=1)}


def test_a_week_in_which_the_clocks_change_has_an_hour_more_or_less():
    autumn = figures.midnights([date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9)], NEW_YORK)
    assert [hours(*one) for one in pairwise(autumn)] == [169, 168]
    spring = figures.midnights([date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)], NEW_YORK)
    assert [hours(*one) for one in pairwise(spring)] == [167, 168]


def test_a_midnight_that_the_clocks_skip_is_the_moment_at_which_they_do():
    (found,) = figures.midnights([date(2026, 4, 24)], ZoneInfo("Africa/Cairo"))
    assert found == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_a_night_lasts_from_ten_to_seven_by_the_clock_on_the_wall():
    edges = figures.night_edges(date(2026, 10, 31), date(2026, 11, 1), NEW_YORK)
    assert [hours(*one) for one in pairwise(edges)] == [7, 15, 10, 15, 9]
    local = [one.astimezone(NEW_YORK).time() for one in edges]
    assert local == [time(0), *[time(7), time(22)] * 2, time(7)]


def test_a_moment_after_an_odd_edge_is_in_the_night_of_the_evening_before():
    found = [figures.night_of(edge, date(2026, 10, 31)) for edge in range(1, 6)]
    assert found == [date(2026, 10, 30), None, date(2026, 10, 31), None, date(2026, 11, 1)]


def passed_at(ruler, moment):
    """What the database reads from the ruler."""
    edge = sum(one <= moment for one in ruler.edges)
    if not edge:
        return 0.0
    since = (moment - ruler.edges[edge - 1]).total_seconds()
    return ruler.passed[edge - 1] + edge % 2 * since


def walked(one, other):
    """Seconds of opening hours between two moments, minute by minute."""
    found, minute = 0, timedelta(minutes=1)
    while one < other:
        here = one.astimezone(NEW_YORK)
        open_day = here.weekday() < 5 and here.date() != date(2026, 11, 26)
        found += 60 * (open_day and time(8) <= here.time() < time(17))
        one += minute
    return found


minutes = st.integers(0, 6 * 7 * 24 * 60).map(lambda number: SINCE + timedelta(minutes=number))


@pytest.mark.slow
@given(minutes, st.integers(0, 5 * 24 * 60))
def test_the_ruler_counts_opening_hours_and_nothing_else(one, more):
    other = one + timedelta(minutes=more)
    ruler = figures.open_time(OPENING, SINCE, SINCE + timedelta(weeks=7))
    assert passed_at(ruler, other) - passed_at(ruler, one) == walked(one, other)


def test_from_friday_evening_to_monday_morning_are_minutes():
    ruler = figures.open_time(OPENING, SINCE, SINCE + timedelta(weeks=7))
    friday, monday = (
        datetime(2026, 11, 20, 16, 50, tzinfo=NEW_YORK),
        datetime(2026, 11, 23, 8, 10, tzinfo=NEW_YORK),
    )
    assert passed_at(ruler, monday) - passed_at(ruler, friday) == 20 * 60


def test_a_clinic_that_is_never_open_is_timed_by_the_wall_clock():
    ruler = figures.open_time(Opening(NEW_YORK, {}), SINCE, SINCE + timedelta(weeks=4))
    later = SINCE + timedelta(days=3, minutes=5)
    assert passed_at(ruler, later) - passed_at(ruler, SINCE) == (3 * 24 * 60 + 5) * 60


@pytest.mark.parametrize(
    ("minutes", "median", "ninety"),
    [
        ([7], 7, 7),
        ([9, 1], 1, 9),
        ([3, 1, 2], 2, 3),
        (range(1, 11), 5, 9),
        (range(1, 12), 6, 10),
        ([0, 0, 0, 600], 0, 600),
    ],
)
def test_half_and_nine_tenths_are_times_that_were_measured(minutes, median, ninety):
    assert figures.timing(Counter(minutes)) == Timing(len(list(minutes)), median, ninety)


def test_of_nothing_there_is_no_time():
    assert figures.timing({}) is None


@pytest.mark.slow
@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_at_most_half_are_above_the_median_and_a_tenth_above_the_ninety(minutes):
    found = figures.timing(Counter(minutes))
    assert found is not None
    assert 2 * sum(one > found.median for one in minutes) <= len(minutes)
    assert 10 * sum(one > found.ninety for one in minutes) <= len(minutes)
    assert {found.median, found.ninety} <= set(minutes)


def test_every_priority_has_its_clock():
    assert set(CLOCKS) == set(Priority)
    assert [one for one, clock in CLOCKS.items() if clock is ItemClock.WALL] == [Priority.URGENT]


ENDED = Measured(Priority.HIGH, "plan_changed", opened=2, late=1, first={1: 1, 2: 1}, end={5: 1, 10: 1})
STILL = Measured(Priority.HIGH, "", opened=3, late=2, first={1: 2})
OTHER = Measured(Priority.URGENT, "", opened=1, late=0)


def test_items_are_added_up_by_key_and_those_without_an_end_are_open():
    found = figures.add_up((one.clock, one) for one in (ENDED, STILL, OTHER))
    tally = found[ItemClock.OPENING]
    assert (tally.opened, tally.open, tally.late) == (5, 3, 3)
    assert (tally.first, tally.end) == (Timing(4, 1, 2), Timing(2, 5, 10))
    assert tally.outcomes == {"plan_changed": 2}
    assert (found[ItemClock.WALL].opened, found[ItemClock.WALL].first) == (1, None)


@pytest.mark.parametrize("one", [ENDED, STILL, OTHER])
def test_what_was_measured_comes_back_from_json_as_it_was(one):
    assert Measured.from_json(json.loads(json.dumps(one.to_json()))) == one
