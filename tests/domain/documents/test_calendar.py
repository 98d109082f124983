"""The dose calendar as data."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.documents.calendar import (
    DayMark,
    NothingToShow,
    QuietWhy,
    last_shown_day,
    months,
    shown_days,
    slots,
)
from plans.domain.taper.products import pieces_of
from plans.domain.taper.schedule import StepKind
from tests.documents.plans import DIAZEPAM, ODT, TABLET, M, N, clonazepam, schedule, solid

DAY = timedelta(days=1)


def to_zero(start=date(2027, 1, 4)):
    return schedule(
        start,
        [
            (10, StepKind.START, [(N, [solid(TABLET, 4)])]),
            (10, StepKind.CUT, [(N, [solid(TABLET, 2)])]),
            (5, StepKind.STOP, []),
        ],
        [TABLET],
    )


@pytest.mark.slow
@given(
    start=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    later=st.integers(0, 60),
    week_starts=st.integers(0, 6),
    join=st.booleans(),
)
def test_every_day_from_its_making_to_its_end_stands_on_exactly_one_page(
    start, lengths, later, week_starts, join
):
    plan = schedule(
        start,
        [
            (days, StepKind.CUT if n else StepKind.START, [(N, [solid(TABLET, 4)])])
            for n, days in enumerate(lengths)
        ],
        [TABLET],
    )
    made_on = start + later * DAY
    if made_on > plan.end:
        with pytest.raises(NothingToShow):
            months(plan, made_on=made_on)
        return
    shown = months(plan, made_on=made_on, week_starts=week_starts, join_short=join)
    days = [day.date for month in shown for day in month.days]
    assert days == [made_on + n * DAY for n in range((plan.end - made_on).days + 1)]
    for month in shown:
        assert len(month.weeks) <= 6
        for week in month.weeks:
            assert week.first.weekday() == week_starts
            assert sum(day is not None for day in week.days) + sum(quiet.days for quiet in week.quiets) == 7


def test_a_short_first_month_joins_its_neighbour():
    shown = months(clonazepam(), made_on=date(2026, 11, 30))
    assert (shown[0].year, shown[0].month) == (2026, 12)
    assert shown[0].days[0].date == date(2026, 11, 30)


def test_a_month_that_would_need_a_seventh_week_keeps_its_own_page():
    # May 2027 has six weeks on its own: a week of June cannot join it.
    plan = schedule(date(2027, 5, 1), [(37, StepKind.START, [(N, [solid(TABLET, 4)])])], [TABLET])
    assert [month.month for month in months(plan, made_on=plan.start)] == [5, 6]


def test_days_before_the_calendar_was_made_are_quiet():
    plan = clonazepam()
    shown = months(plan, made_on=date(2026, 12, 10))
    assert shown[0].days[0].date == date(2026, 12, 10)
    assert shown[0].days[0].marks == ()
    assert QuietWhy.PAST in {quiet.why for week in shown[0].weeks for quiet in week.quiets}


def test_a_plan_to_zero_ends_on_the_last_day_with_a_dose():
    plan = to_zero()
    days = shown_days(plan, made_on=plan.start)
    assert days[-1].date == last_shown_day(plan) == date(2027, 1, 23)
    assert DayMark.LAST_DAY in days[-1].marks


def test_after_the_last_day_there_is_always_room_to_say_what_comes_next():
    plan = schedule(date(2027, 5, 3), [(28, StepKind.START, [(N, [solid(TABLET, 4)])])], [TABLET])
    (month,) = months(plan, made_on=plan.start)
    assert [quiet.why for quiet in month.weeks[-1].quiets] == [QuietWhy.AFTER]


def test_a_hold_marks_each_of_its_days_and_a_cut_only_its_first():
    days = {day.date: day for day in shown_days(clonazepam(), made_on=date(2026, 11, 30))}
    assert days[date(2026, 11, 30)].marks == (DayMark.START,)
    assert days[date(2026, 12, 14)].marks == (DayMark.NEW_DOSE,)
    assert days[date(2026, 12, 15)].marks == ()
    assert all(days[date(2027, 1, 11) + n * DAY].marks == (DayMark.HOLD,) for n in range(14))


def test_a_rise_is_marked_upwards_and_only_what_changed_is_underlined():
    plan = schedule(
        date(2027, 1, 4),
        [
            (7, StepKind.START, [(M, [solid(ODT, 4)]), (N, [solid(TABLET, 4)])]),
            (7, StepKind.STEP_BACK, [(M, [solid(TABLET, 2)]), (N, [solid(TABLET, 4)])]),
        ],
        [TABLET, ODT],
    )
    day = shown_days(plan, made_on=plan.start)[7]
    assert day.marks == (DayMark.RISE,)
    assert [entry.changed for entry in day.entries] == [True, False]


def test_no_dose_at_a_time_that_ended_is_said_for_two_weeks_and_then_no_more():
    days = shown_days(clonazepam(), made_on=date(2026, 11, 30))
    said = {day.date: {entry.slot.time: bool(entry.dose) for entry in day.entries} for day in days}
    last = max(day for day, times in said.items() if times.get(M))
    assert all(said[last + n * DAY] == {M: False, N: True} for n in range(1, 15))
    assert {tuple(times) for day, times in said.items() if day > last + 14 * DAY} == {(N,)}


def test_no_dose_of_a_replaced_drug_is_said_for_two_weeks_and_then_no_more():
    old, new = solid(TABLET, 4), solid(DIAZEPAM, 20)
    stages = [
        (7, StepKind.START, [(N, [old])]),
        *((7, StepKind.CROSSOVER, [(N, [new])]) for _ in range(2)),
        (1, StepKind.CUT, [(N, [solid(DIAZEPAM, 18)])]),
        (7, StepKind.CUT, [(N, [solid(DIAZEPAM, 16)])]),
        (1, StepKind.STOP, []),
    ]
    plan = schedule(date(2027, 1, 4), stages, [TABLET, DIAZEPAM])
    days = shown_days(plan, made_on=plan.start)
    said = {day.date for day in days if any(entry.slot.drug == "clonazepam" for entry in day.entries)}
    # The last dose is on the seventh day: it is said on the fourteen after it.
    assert said == {plan.start + n * DAY for n in range(7 + 14)}
    assert len(slots(plan)) == 2


def test_a_drug_that_comes_back_is_on_the_page_again():
    old, new = solid(TABLET, 4), solid(DIAZEPAM, 20)
    stages = [
        (7, StepKind.START, [(N, [old])]),
        (60, StepKind.CROSSOVER, [(N, [new])]),
        (60, StepKind.CUT, [(N, [solid(DIAZEPAM, 18)])]),
        (7, StepKind.STEP_BACK, [(N, [old])]),
    ]
    plan = schedule(date(2027, 1, 4), stages, [TABLET, DIAZEPAM])
    days = shown_days(plan, made_on=plan.start)
    said = [day.date for day in days if any(entry.slot.drug == "clonazepam" for entry in day.entries)]
    back = plan.start + 127 * DAY
    assert said == [*(plan.start + n * DAY for n in range(7 + 14)), *(back + n * DAY for n in range(7))]


def test_one_and_a_half_tablets_are_two_pieces():
    assert [piece.quarters for piece in pieces_of(solid(TABLET, 6))] == [4, 2]


def test_a_follow_up_day_is_said():
    days = shown_days(clonazepam(), made_on=date(2026, 11, 30), follow_up=[date(2026, 12, 1)])
    assert [day.date for day in days if day.follow_up] == [date(2026, 12, 1)]
