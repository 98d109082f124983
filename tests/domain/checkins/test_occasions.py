"""When check-ins fall due, in many zones and around the nights when clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plans.domain.checkins import occasions
from plans.domain.checkins.occasions import Due, DueFacts, Ladder, Purpose

MONDAY = date(2026, 11, 23)
ZONES = (
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Pacific/Apia",
)


def course(**changes: Any) -> DueFacts:
    usual = DueFacts(begins=MONDAY, baseline=MONDAY, weekday=0, cuts=(), last_dose=None)
    return replace(usual, **changes)


def days(course: DueFacts, today: date = MONDAY) -> list[tuple[str, date]]:
    return [(due.purpose.value, due.on) for due in occasions.planned(course, today=today)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(8), time(10), time(20)])
def test_every_local_date_of_two_years_has_one_moment_at_its_hour(zone: str, at: time) -> None:
    day = date(2026, 1, 1)
    for _day in range(730):
        moment = occasions.due_at(day, at, zone)
        local = moment.astimezone(ZoneInfo(zone))
        assert (local.date(), local.time()) == (day, at)
        day += timedelta(days=1)


def test_a_time_that_does_not_exist_moves_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occasions, "DAY_BEGINS", time(0))
    moment = occasions.due_at(date(2027, 3, 14), time(2, 30), "America/New_York")
    assert moment.astimezone(ZoneInfo("America/New_York")).time() == time(3, 30)


def test_a_time_that_comes_twice_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occasions, "DAY_BEGINS", time(0))
    moment = occasions.due_at(date(2026, 11, 1), time(1, 30), "America/New_York")
    assert moment == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "kept"), [(time(3), time(8)), (time(8), time(8)), (time(20), time(20)), (time(23), time(20))]
)
def test_nobody_is_woken(asked: time, kept: time) -> None:
    assert occasions.daytime(asked) == kept


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd"])
def test_an_unknown_zone_means_the_clinics(zone: str) -> None:
    assert occasions.known_zone(zone, "Europe/London") == "Europe/London"


def test_the_first_check_in_is_today_while_its_hour_is_to_come_else_tomorrow() -> None:
    early, late = datetime(2026, 11, 23, 13, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert occasions.first_day(early, time(10), "America/New_York") == MONDAY
    assert occasions.first_day(late, time(10), "America/New_York") == MONDAY + timedelta(days=1)


def test_weekly_ones_follow_on_the_patients_weekday_for_four_weeks() -> None:
    assert days(course()) == [
        ("baseline", MONDAY),
        *(("weekly", MONDAY + timedelta(weeks=n)) for n in (1, 2, 3, 4)),
    ]


def test_a_check_in_next_to_a_more_important_one_is_left_out() -> None:
    found = days(course(baseline=date(2026, 11, 29)))
    assert ("weekly", date(2026, 11, 30)) not in found
    assert ("weekly", date(2026, 12, 7)) in found


def test_a_cut_brings_a_check_in_some_days_later_unless_a_weekly_one_stands_there() -> None:
    found = days(course(cuts=(date(2026, 11, 25), date(2026, 12, 6))))
    assert ("after_cut", date(2026, 12, 11)) in found
    assert ("after_cut", date(2026, 11, 30)) not in found


def test_a_clinic_may_do_without_the_check_in_after_a_cut() -> None:
    assert "after_cut" not in {
        purpose for purpose, _day in days(course(cuts=(date(2026, 12, 6),), after_cut_days=0))
    }


def test_the_last_dose_is_asked_about_and_followed_for_six_months() -> None:
    end = date(2026, 12, 10)
    found = days(course(last_dose=end))
    followed = [day for purpose, day in found if purpose == "follow_up"]
    assert ("last_dose", end) in found
    assert len(followed) == len(occasions.FOLLOW_UP_WEEKS)
    assert followed[-1] <= end + timedelta(weeks=26)
    assert not [day for purpose, day in found if purpose == "weekly" and day > end]


@pytest.mark.parametrize("weekday", range(7))
def test_both_long_scales_are_asked_at_the_last_dose_and_4_8_12_and_26_weeks_after_it(weekday: int) -> None:
    end = date(2026, 12, 10)
    found = occasions.planned(course(last_dose=end, weekday=weekday), today=MONDAY)
    after = [due for due in found if due.purpose is Purpose.FOLLOW_UP]
    weeks = {-(-(due.on - end).days // 7) for due in after if due.form == "long"}
    assert weeks == {4, 8, 12, 26}
    assert {due.form for due in found if due.purpose is Purpose.LAST_DOSE} == {"baseline"}


def test_scheduling_on_a_later_day_gives_the_same_days() -> None:
    whole = set(days(course(cuts=(date(2026, 12, 6),))))
    later = date(2026, 12, 1)
    assert {one for one in whole if one[1] >= later} <= set(
        days(course(cuts=(date(2026, 12, 6),)), today=later)
    )


def test_every_fourth_week_stays_every_fourth_week_from_whatever_day_it_is_looked_at() -> None:
    monthly = course(every_weeks=4, baseline=None)
    first = occasions.planned(monthly, today=MONDAY)[0].on
    for ahead in range(1, 60):
        today = MONDAY + timedelta(days=ahead)
        assert all((due.on - first).days % 28 == 0 for due in occasions.planned(monthly, today=today))


def test_a_check_in_closes_after_72_hours_or_when_the_next_is_due() -> None:
    due = datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert occasions.closes(due, None) == due + timedelta(hours=72)
    assert occasions.closes(due, due + timedelta(days=2)) == due + timedelta(days=2)
    assert occasions.closes(due, due + timedelta(days=7)) == due + timedelta(hours=72)


@pytest.mark.parametrize("zone", ZONES)
def test_messages_of_one_check_in_are_a_day_apart_and_end_before_it_closes(zone: str) -> None:
    for start in (date(2026, 3, 6), date(2026, 10, 30), date(2027, 3, 12)):
        due = occasions.due_at(start, time(10), zone)
        rungs = occasions.rungs(start, time(10), zone, occasions.closes(due, None))
        assert len(rungs) == 3
        assert all(later - earlier >= timedelta(hours=20) for earlier, later in pairwise(rungs))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("ladder", "hours"),
    [
        (Ladder(reminders=0), [0]),
        (Ladder(reminders=1, apart_days=2), [0, 48]),
        (Ladder(reminders=2, apart_days=2, closes_days=5), [0, 48, 96]),
        (Ladder(reminders=1, closes_days=2), [0, 24]),
    ],
)
def test_a_clinic_s_own_ladder_keeps_its_distances(zone: str, ladder: Ladder, hours: list[int]) -> None:
    due = occasions.due_at(MONDAY, time(10), zone)
    rungs = occasions.rungs(MONDAY, time(10), zone, occasions.closes(due, None, ladder), ladder)
    assert [(rung - due) / timedelta(hours=1) for rung in rungs] == hours
    assert occasions.closes(due, None, ladder) - due == timedelta(days=ladder.closes_days)


def test_a_patient_may_want_fewer_reminders_and_never_gets_more_than_the_clinic_sends() -> None:
    assert Ladder(reminders=2).for_patient(None).reminders == 2
    assert Ladder(reminders=2).for_patient(1).reminders == 1
    assert Ladder(reminders=1).for_patient(2).reminders == 1


def test_of_two_close_check_ins_the_baseline_stays() -> None:
    kept = occasions.spread([Due(Purpose.WEEKLY, MONDAY), Due(Purpose.BASELINE, MONDAY + timedelta(days=1))])
    assert [due.purpose for due in kept] == [Purpose.BASELINE]
