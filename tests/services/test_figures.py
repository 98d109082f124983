"""How well the queue is worked, counted from what really happened to items."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from plans.domain.review.figures import ItemClock, Timing
from plans.domain.review.item_states import Priority
from plans.models import Clinic, FiguresWeek, Flag, Work
from plans.services import figures, figures_counting, shifts
from plans.services.review import acts
from tests.makers import make_patient
from tests.makers_checkins import on
from tests.services.figures_help import (
    NOW,
    at,
    called,
    counted,
    ended,
    from_september,
    lock,
    opened,
    sent,
)

pytestmark = pytest.mark.django_db

WALL, OPENING = ItemClock.WALL, ItemClock.OPENING


@pytest.fixture
def clinic(db):
    return from_september()


def read(clinic, weeks=4, *, by=None, now=NOW):
    counted(now)
    return read_again(clinic, weeks, by=by, now=now)


def read_again(clinic, weeks=4, *, by=None, now=NOW):
    """What was counted, without counting anew."""
    with on(now):
        return figures.read(by or clinic.lead, weeks)


def week_of(found, monday):
    return next(one for one in found.weeks if one.first == monday)


def test_an_urgent_item_is_timed_by_the_wall_clock_also_at_night(clinic):
    for number, minutes in enumerate((5, 10, 40)):
        item = opened(clinic, at(24, 2, number), "urgent")
        called(clinic, item, at(24, 2, number) + timedelta(minutes=minutes))
    ended(clinic, item, at(24, 10))
    tally = read(clinic).priorities[Priority.URGENT]
    assert tally.first == Timing(3, 10, 40)
    assert tally.end == Timing(1, 7 * 60 + 58, 7 * 60 + 58)


def test_a_high_item_is_timed_in_opening_hours(clinic):
    item = opened(clinic, at(20, 16, 50))
    called(clinic, item, at(23, 8, 10))
    ended(clinic, item, at(23, 9))
    tally = read(clinic).priorities[Priority.HIGH]
    assert (tally.first, tally.end) == (Timing(1, 20, 20), Timing(1, 70, 70))


def test_what_is_done_while_the_clinic_is_closed_took_no_opening_hours(clinic):
    called(clinic, opened(clinic, at(21, 12)), at(22, 18))
    assert read(clinic).priorities[Priority.HIGH].first == Timing(1, 0, 0)


def test_in_a_clinic_that_is_never_open_the_wall_clock_counts(clinic):
    Clinic.objects.filter(pk=clinic.id).update(hours={})
    called(clinic, opened(clinic, at(21, 12)), at(22, 12))
    assert read(clinic).priorities[Priority.HIGH].first == Timing(1, 24 * 60, 24 * 60)


def test_the_hour_that_comes_twice_counts_twice(clinic):
    item = opened(clinic, at(1, 1, 30), "urgent")
    called(clinic, item, at(1, 1, 30, fold=1))
    assert read(clinic, 13).priorities[Priority.URGENT].first == Timing(1, 60, 60)
    assert week_of(read(clinic, 13), date(2026, 10, 26)).clocks[WALL].opened == 1


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_a_week_begins_at_the_midnight_of_the_clinic(zone):
    clinic, here = from_september(zone=zone), ZoneInfo(zone)
    opened(clinic, at(23, 0, zone=here) - timedelta(seconds=1))
    for minute in (0, 1):
        opened(clinic, at(23, 0, minute, zone=here))
    found = read(clinic)
    counts = [week_of(found, date(2026, 11, day)).clocks[OPENING].opened for day in (16, 23)]
    assert counts == [1, 2]


def test_what_was_opened_before_the_weeks_asked_for_does_not_count(clinic):
    opened(clinic, at(9, 0) - timedelta(seconds=1))
    opened(clinic, at(9, 0))
    assert [one.first for one in read(clinic).weeks] == [
        date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 30),
    ]  # fmt: skip
    assert read(clinic).priorities[Priority.HIGH].opened == 1
    assert read(clinic, 13).priorities[Priority.HIGH].opened == 2


def test_an_item_belongs_to_the_week_in_which_it_was_opened_and_its_end_to_that_in_which_it_ended(clinic):
    ended(clinic, opened(clinic, at(19, 9)), at(24, 9))
    found = read(clinic)
    before, after = (week_of(found, date(2026, 11, day)) for day in (16, 23))
    assert (before.clocks[OPENING].opened, before.clocks[OPENING].end.count, before.ended) == (1, 1, 0)
    assert (after.clocks[OPENING].opened, after.clocks[OPENING].end, after.ended) == (0, None, 1)


def test_an_item_from_before_the_weeks_is_among_those_that_ended_in_them(clinic):
    ended(clinic, opened(clinic, at(2, 9)), at(24, 9))
    found = read(clinic)
    assert (found.priorities, week_of(found, date(2026, 11, 23)).ended, found.empty) == ({}, 1, False)


def test_a_week_without_items_is_there_with_noughts_and_no_times(clinic):
    opened(clinic, at(10, 9))
    quiet = week_of(read(clinic), date(2026, 11, 16))
    assert {one.opened for one in (*quiet.clocks.values(), *quiet.priorities.values())} == {0}
    assert {(one.first, one.end, one.late) for one in quiet.clocks.values()} == {(None, None, 0)}
    assert len(read(clinic, 52).weeks) == 52


def test_a_clinic_in_which_nothing_happened_has_empty_figures(clinic):
    assert read(clinic).empty
    opened(clinic, at(10, 9))
    assert not read(clinic).empty


def test_an_item_that_became_urgent_is_timed_from_that_moment(clinic):
    opened(clinic, at(24, 9), "routine", key="checkin:1")
    item = opened(clinic, at(25, 9), "urgent", key="checkin:1")
    called(clinic, item, at(25, 9, 12))
    assert read(clinic).priorities[Priority.URGENT].first == Timing(1, 12, 12)


def test_what_was_done_before_it_became_urgent_is_no_answer_to_that(clinic):
    item = opened(clinic, at(24, 9), "routine", key="checkin:1")
    called(clinic, item, at(24, 9, 30))
    opened(clinic, at(25, 9), "urgent", key="checkin:1")
    tally = read(clinic).priorities[Priority.URGENT]
    assert (tally.opened, tally.first) == (1, None)


def test_more_of_the_same_priority_begins_nothing_anew(clinic):
    opened(clinic, at(24, 9), "urgent", key="checkin:1")
    item = opened(clinic, at(24, 10), "urgent", key="checkin:1")
    called(clinic, item, at(24, 11))
    assert read(clinic).priorities[Priority.URGENT].first == Timing(1, 120, 120)


def test_late_is_what_came_after_it_was_due_or_is_due_and_has_not_come(clinic):
    in_time, acted_late, ended_late = (opened(clinic, at(10, 9, n)) for n in range(3))
    forgotten = opened(clinic, at(101, 9))
    opened(clinic, at(102, 9, 30))
    ended(clinic, in_time, at(10, 12))
    called(clinic, acted_late, at(11, 12))
    ended(clinic, acted_late, at(11, 13))
    called(clinic, ended_late, at(10, 12))
    ended(clinic, ended_late, at(25, 12))
    assert forgotten.first_action_due < NOW < forgotten.resolve_due
    tally = read(clinic).priorities[Priority.HIGH]
    assert (tally.opened, tally.open, tally.late) == (5, 2, 3)


@pytest.mark.slow
def test_outcomes_are_counted_by_priority_the_most_frequent_first(clinic):
    for outcome in ("nothing_to_do", "plan_changed", "plan_changed"):
        ended(clinic, opened(clinic, at(24, 9)), at(24, 10), outcome)
    ended(clinic, opened(clinic, at(24, 9), "urgent"), at(24, 10), "reached_safe")
    opened(clinic, at(24, 9))
    assert list(read(clinic).outcomes.items()) == [
        ("plan_changed", {Priority.HIGH: 2}),
        ("nothing_to_do", {Priority.HIGH: 1}),
        ("reached_safe", {Priority.URGENT: 1}),
    ]


def flag(patient, rule, key, moment, severity="high"):
    return Flag.objects.create(
        clinic_id=patient.clinic_id, patient=patient, rule=rule, rule_version=1, severity=severity, raised_at=moment,
        key=key,
    )  # fmt: skip


def test_an_item_counts_once_under_each_of_its_rules_or_under_its_source(clinic, patient):
    moment = at(24, 9)
    flags = [flag(patient, rule, f"1:{number}", moment) for number, rule in enumerate(("H3", "H7", "H7"))]
    flags.append(flag(patient, "I1", "1:info", moment, "info"))
    opened(clinic, moment, patient=patient, source="checkin", key="checkin:1", flags=flags)
    again = [flag(patient, "H7", "2", moment)]
    ended(clinic, opened(clinic, moment, key="checkin:2", source="checkin", flags=again), at(24, 10))
    opened(clinic, moment, source="mail", key="mail:1")
    found = read(clinic)
    assert [(one.code, one.clocks[OPENING].opened) for one in found.rules] == [
        ("H7", 2),
        ("H3", 1),
        ("mail", 1),
    ]
    assert found.rules[0].clocks[OPENING].end == Timing(1, 60, 60)
    assert [(one.rule, one.flags, one.acted) for one in found.load.rules] == [("H7", 3, 1), ("H3", 1, 0)]


@pytest.mark.slow
def test_a_check_in_answered_since_was_not_acted_on(clinic, patient):
    flags = [flag(patient, "R5", "1", at(24, 9), "routine")]
    item = opened(clinic, at(24, 9), "routine", patient=patient, source="missed", key="missed:1", flags=flags)
    with on(at(24, 10)):
        acts.claim(by=clinic.primary, item_id=item.pk)
        acts.resolve(by=clinic.primary, item_id=item.pk, seen_lock=lock(item), outcome="answered_since")
    (one,) = read(clinic).load.rules
    assert (one.rule, one.flags, one.acted, one.closed) == ("R5", 1, 0, 1)


def test_flags_of_each_week_are_compared_with_its_own_check_ins(clinic, patient):
    flag(patient, "H3", "1", at(16, 0) - timedelta(seconds=1))
    flag(patient, "H3", "2", at(16, 0))
    weeks = [one.load for one in read(clinic).weeks]
    assert [(one.flags, one.checkins, one.per_hundred) for one in weeks] == [
        (1, 0, None), (1, 0, None), (0, 0, None), (0, 0, None),
    ]  # fmt: skip


def test_items_are_those_of_whoever_was_first_on_duty_when_they_were_opened(clinic):
    opened(clinic, at(24, 9), "urgent")
    opened(clinic, at(24, 9))
    (one,) = read(clinic).duty
    assert (one.name, one.clocks[WALL].opened, one.clocks[OPENING].opened) == (clinic.primary.name, 1, 1)


def test_each_item_is_of_whoever_the_rota_had_then_also_after_a_change(clinic):
    opened(clinic, at(23, 9))
    with on(at(24, 12)):
        shifts.set_standing(by=clinic.lead, first_id=clinic.second.id, second_id=clinic.primary.id)
    for minute in (0, 1):
        opened(clinic, at(24, 12, minute))
    assert [(one.name, one.clocks[OPENING].opened) for one in read(clinic).duty] == [
        (clinic.second.name, 2),
        (clinic.primary.name, 1),
    ]


def test_items_opened_while_nobody_was_on_duty_have_no_name():
    clinic = from_september(on_call=False)
    opened(clinic, at(24, 9))
    assert [(one.name, one.clocks[OPENING].opened) for one in read(clinic).duty] == [("", 1)]


@pytest.mark.slow
def test_alerts_are_counted_by_person_and_night(clinic):
    nights = [at(24, 22), at(25, 6, 59), at(25, 7), at(26, 21, 59), at(26, 22)]
    for moment in nights:
        item = opened(clinic, moment - timedelta(minutes=1), "urgent")
        sent(item, clinic.primary, moment)
    sent(opened(clinic, at(27, 3), "urgent"), clinic.primary, at(27, 3), "unknown")
    sent(opened(clinic, at(27, 3), "urgent"), clinic.primary, at(27, 3), "skipped")
    found = read(clinic)
    (one,) = found.alerts
    assert (one.name, one.sent, one.by_night) == (clinic.primary.name, 6, 4)
    assert (one.nights, one.most) == (2, 2)
    week = week_of(found, date(2026, 11, 23))
    assert (week.by_day, week.by_night) == (2, 4)
    assert found.nights == 24


def test_the_night_before_the_first_day_counts_as_night(clinic):
    sent(opened(clinic, at(9, 3), "urgent"), clinic.primary, at(9, 3))
    assert [(one.by_night, one.nights) for one in read(clinic).alerts] == [(1, 1)]


def test_messages_about_accounts_are_no_alerts(clinic):
    from plans.services import account_messages

    with transaction.atomic(), on(at(24, 3)):
        account_messages.forgotten_password(clinic.primary.member_id)
    Work.objects.filter(queue="alerts").update(state="sent", settled_at=at(24, 3))
    assert read(clinic).alerts == ()


@pytest.mark.slow
def test_another_clinic_counts_for_nothing(clinic):
    other = from_september()
    item = opened(other, at(24, 9), "urgent")
    sent(item, other.primary, at(24, 3))
    patient = make_patient(other.primary)
    flag(patient, "H3", "1", at(24, 9))
    assert read(clinic).empty


def test_colleagues_are_compared_by_a_lead_alone(clinic):
    item = opened(clinic, at(24, 9), "urgent")
    sent(item, clinic.primary, at(24, 9))
    for actor in (clinic.second, clinic.reader, clinic.staff):
        found = read(clinic, by=actor)
        assert (found.duty, found.alerts, found.everybody) == ((), (), False)
        assert found.priorities[Priority.URGENT].opened == 1
        assert week_of(found, date(2026, 11, 23)).by_day == 1
    found = read(clinic, by=clinic.primary)
    assert [one.name for one in (*found.duty, *found.alerts)] == [clinic.primary.name] * 2
    assert read(clinic).everybody


@pytest.mark.slow
def test_many_items_ask_no_more_of_the_database_than_few(clinic):
    def queries(weeks):
        with CaptureQueriesContext(connection) as counting:
            counted()
        with CaptureQueriesContext(connection) as reading:
            read_again(clinic, weeks)
        return len(counting), len(reading)

    opened(clinic, at(24, 9), "urgent")
    few = queries(4)
    for number in range(30):
        opened(clinic, at(10 + number % 15, 9), ("urgent", "high", "routine")[number % 3])
    assert queries(52) == few
    assert few[1] <= 4


def test_before_anything_was_counted_there_is_nothing_and_it_says_so(clinic):
    opened(clinic, at(24, 9))
    found = read_again(clinic)
    assert (found.counted_at, found.empty, len(found.weeks)) == (None, True, 4)
    assert read(clinic).counted_at == NOW


def tick(now):
    with on(now):
        return figures_counting.tick(now)


def test_the_running_week_is_counted_anew_after_an_hour_and_no_sooner(clinic):
    tick(NOW)
    opened(clinic, at(102, 9))
    assert tick(NOW + timedelta(minutes=59)) == 0
    assert tick(NOW + timedelta(hours=1)) == 1
    assert read_again(clinic).priorities[Priority.HIGH].opened == 1


@pytest.mark.slow
def test_an_earlier_week_is_counted_anew_after_the_midnight_of_the_clinic(clinic):
    item = opened(clinic, at(24, 9))
    tick(NOW)
    ended(clinic, item, at(102, 11))
    tick(at(102, 23, 59))
    assert read_again(clinic, now=at(102, 23, 59)).priorities[Priority.HIGH].open == 1
    assert tick(at(103, 0)) == 1
    assert read_again(clinic, now=at(103, 0)).priorities[Priority.HIGH].open == 0


def test_counting_twice_makes_the_same_rows(clinic):
    opened(clinic, at(24, 9))
    counted()
    before = list(FiguresWeek.objects.order_by("first").values("first", "facts"))
    assert len(before) == 52
    FiguresWeek.objects.update(counted_at=at(101, 9))
    assert tick(NOW) == 1
    assert list(FiguresWeek.objects.order_by("first").values("first", "facts")) == before


def test_weeks_that_are_no_longer_shown_are_forgotten(clinic):
    counted()
    tick(NOW + timedelta(weeks=3))
    assert FiguresWeek.objects.count() == 52
    assert FiguresWeek.objects.latest("first").first == date(2026, 12, 21)


def test_a_new_week_is_there_from_its_midnight_on(clinic):
    counted(at(106, 23, 59))
    opened(clinic, at(107, 0, 1))
    assert tick(at(107, 0, 2)) == 1
    found = read_again(clinic, now=at(107, 0, 2))
    assert (found.weeks[-1].first, found.weeks[-1].clocks[OPENING].opened) == (date(2026, 12, 7), 1)
