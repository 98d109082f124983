"""A dose that stays, as dates: when it is reached, how far pages reach, the usual review, fills on one grid."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.taper import maintenance
from plans.domain.taper.schedule import Schedule
from tests.domain.taper.schedules import MONDAY, laid_out, pieces, tablet

HALF_MG = tablet("clonazepam", "0.5", 2)
DAY = timedelta(days=1)


def plan(*steps: tuple[int, int]) -> Schedule:
    """Steps of (days, halves a day)."""
    made = [(days, [pieces(HALF_MG, 2 * halves)] if halves else []) for days, halves in steps]
    return laid_out("clonazepam", made, start=MONDAY)


STAYS = plan((14, 3), (14, 2))


def test_the_goal_is_reached_on_the_first_day_of_the_last_dose() -> None:
    assert maintenance.goal_day(STAYS) == MONDAY + 14 * DAY
    assert maintenance.goal_day(plan((14, 3), (14, 2), (7, 2))) == MONDAY + 14 * DAY
    assert maintenance.goal_day(plan((14, 2), (1, 0))) is None


@pytest.mark.parametrize(
    ("drawn", "until"),
    [
        (date(2026, 11, 29), date(2027, 2, 28)),
        (date(2026, 12, 1), date(2027, 3, 31)),
        (date(2027, 3, 15), date(2027, 6, 30)),
        (date(2027, 11, 30), date(2028, 2, 29)),
    ],
)
def test_pages_reach_to_the_end_of_the_third_month(drawn: date, until: date) -> None:
    assert maintenance.pages_until(STAYS, drawn) == until


def test_no_written_step_is_left_off_the_pages() -> None:
    long = plan((300, 3), (14, 2))
    assert maintenance.pages_until(long, MONDAY) == long.end


@given(st.integers(0, 4000))
def test_the_next_pages_always_come_before_the_last_ones_end(days: int) -> None:
    day = MONDAY + days * DAY
    until = maintenance.pages_until(STAYS, day)
    assert until is not None
    following = maintenance.next_pages_on(until)
    assert day < following < until
    after = maintenance.pages_until(STAYS, following)
    assert after is not None
    assert after > until


@given(st.integers(0, 1000), st.integers(-100, 100))
def test_the_usual_review_is_a_working_day_twelve_weeks_ahead(today: int, goal: int) -> None:
    here, reached = MONDAY + today * DAY, MONDAY + (today + goal) * DAY
    review = maintenance.usual_review(reached, here)
    assert review.weekday() < 5
    assert 84 <= (review - max(here, reached)).days <= 86


@pytest.mark.slow
@given(st.integers(-50, 3000), st.sampled_from([7, 14, 28]))
def test_fills_stay_on_their_grid(days: int, length: int) -> None:
    day = MONDAY + days * DAY
    fill = maintenance.fill_on(MONDAY, length, day)
    assert fill >= max(day, MONDAY)
    assert (fill - MONDAY).days % length == 0
    assert fill == MONDAY or fill - length * DAY < day


@pytest.mark.slow
@given(st.integers(0, 200))
def test_a_dose_that_stays_begins_anew_where_it_is_revised(days: int) -> None:
    day = MONDAY + days * DAY
    opened = maintenance.opened(STAYS, day)
    for n in range(250):
        one, other = STAYS.step_on(MONDAY + n * DAY), opened.step_on(MONDAY + n * DAY)
        assert one is not None
        assert other is not None
        assert one.doses == other.doses
    assert opened.steps[-1].days == 14
    assert maintenance.same_from(STAYS, opened, MONDAY)


def test_the_same_doses_for_longer_are_the_same_only_where_they_stay() -> None:
    assert maintenance.same_from(STAYS, plan((14, 3), (70, 2)), MONDAY)
    assert not maintenance.same_from(STAYS, plan((15, 3), (14, 2)), MONDAY)
    assert maintenance.same_from(STAYS, plan((15, 3), (14, 2)), MONDAY + 15 * DAY)
    assert not maintenance.same_from(STAYS, plan((14, 3), (14, 2), (1, 0)), MONDAY)
    assert maintenance.same_from(plan((14, 2), (1, 0)), plan((14, 2), (9, 0)), MONDAY)
