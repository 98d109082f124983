"""The tick: what is scheduled, asked, closed and missed, and that a second run changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest

from plans.models import CheckIn, Flag, Link, Occasion, Patient, Plan, ReviewItem, Work
from plans.services import links, reminders
from plans.services.checkins import occasions, saving, sessions
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, answer_all, calm, on, opened
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


def laid(plan: Plan) -> list[tuple[str, date, str]]:
    rows = Occasion.objects.filter(plan=plan).exclude(state="cancelled").order_by("local_date")
    return list(rows.values_list("purpose", "local_date", "state"))


def first(plan: Plan) -> Occasion:
    return Occasion.objects.get(plan=plan, purpose="baseline")


def pass_by(plan: Plan, count: int) -> list[Occasion]:
    """Let the first `count` check-ins be asked and closed without an answer."""
    gone = []
    for _turn in range(count):
        occasion = Occasion.objects.filter(plan=plan, state="planned").order_by("due_at")[0]
        for moment in (occasion.due_at, occasion.closes_at):
            with on(moment):
                reminders.tick(moment)
        gone.append(Occasion.objects.get(pk=occasion.pk))
    return gone


def test_issuing_schedules_the_baseline_and_four_weeks(plan: Plan) -> None:
    found = laid(plan)
    assert found[0] == ("baseline", date(2026, 11, 23), "planned")
    assert [day for purpose, day, _state in found if purpose == "weekly"] == [
        date(2026, 11, 30), date(2026, 12, 7), date(2026, 12, 14), date(2026, 12, 21),
    ]  # fmt: skip


def test_scheduling_again_changes_nothing(plan: Plan) -> None:
    before = list(Occasion.objects.order_by("id").values())
    occasions.schedule_occasions(plan, now=START)
    assert list(Occasion.objects.order_by("id").values()) == before


@pytest.mark.slow
def test_a_new_weekday_moves_what_was_not_announced_and_leaves_what_was(plan: Plan) -> None:
    due = first(plan).due_at
    reminders.tick(due)
    Patient.objects.filter(pk=plan.patient_id).update(checkin_weekday=2, checkin_time=time(15))
    occasions.schedule_occasions(Plan.objects.get(pk=plan.pk), now=due + timedelta(hours=1))
    found = laid(plan)
    assert found[0] == ("baseline", date(2026, 11, 23), "invited")
    assert {day.weekday() for purpose, day, _state in found if purpose == "weekly"} == {2}
    assert set(Occasion.objects.filter(plan=plan, state="planned").values_list("local_time", flat=True)) == {
        time(15)
    }


@pytest.mark.slow
def test_a_new_zone_moves_the_moment_not_the_date(plan: Plan) -> None:
    weekly = Occasion.objects.filter(plan=plan, purpose="weekly").order_by("due_at")[0]
    Patient.objects.filter(pk=plan.patient_id).update(zone="America/Los_Angeles")
    occasions.schedule_occasions(Plan.objects.get(pk=plan.pk), now=START)
    moved = Occasion.objects.get(pk=weekly.pk)
    assert (moved.local_date, moved.due_at - weekly.due_at) == (weekly.local_date, timedelta(hours=3))


@pytest.mark.slow
def test_a_plan_that_is_over_asks_nothing_more(plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(state="stopped")
    occasions.schedule_occasions(Plan.objects.get(pk=plan.pk), now=START)
    assert laid(plan) == []


@pytest.mark.slow
def test_what_is_due_is_asked_once_with_one_link_and_three_messages(plan: Plan) -> None:
    occasion = first(plan)
    counts = [reminders.tick(occasion.due_at).invited for _time in range(2)]
    messages = Work.objects.filter(occasion=occasion).order_by("rung")
    assert counts == [1, 0]
    assert [(row.notice, row.due_at - occasion.due_at) for row in messages] == [
        ("checkin_invitation", timedelta(0)),
        ("checkin_reminder", timedelta(days=1)),
        ("checkin_reminder", timedelta(days=2)),
    ]
    assert {row.not_after for row in messages} == {occasion.closes_at}
    assert Link.objects.get(occasion=occasion).expires_at == occasion.closes_at


def test_nothing_is_asked_before_its_hour(plan: Plan) -> None:
    assert reminders.tick(first(plan).due_at - timedelta(seconds=1)).invited == 0


def test_of_a_patient_no_longer_in_care_nothing_is_asked(plan: Plan) -> None:
    Patient.objects.filter(pk=plan.patient_id).update(care_state="admitted")
    assert reminders.tick(first(plan).due_at).invited == 0
    assert Occasion.objects.get(plan=plan, purpose="baseline").state == "cancelled"


@pytest.mark.slow
def test_after_an_outage_no_stale_message_goes_out_but_somebody_hears_of_it(plan: Plan) -> None:
    occasion = first(plan)
    reminders.tick(occasion.closes_at + timedelta(hours=1))
    assert Occasion.objects.get(pk=occasion.pk).state == "missed"
    assert not Work.objects.filter(occasion=occasion).exists()
    assert ReviewItem.objects.get(source="missed").facts["asked"] is False


@pytest.mark.slow
def test_one_missed_is_routine_or_high_under_close_watch(plan: Plan) -> None:
    Patient.objects.filter(pk=plan.patient_id).update(close_watch=True)
    pass_by(plan, 1)
    assert (Flag.objects.get().rule, ReviewItem.objects.get().severity) == ("H9", "high")


@pytest.mark.slow
def test_missed_ones_add_up_on_one_item_and_four_stop_the_messages(plan: Plan) -> None:
    pass_by(plan, 4)
    patient = Patient.objects.get(pk=plan.patient_id)
    assert list(Flag.objects.order_by("raised_at").values_list("rule", flat=True)) == ["R5", "M2", "M2", "M4"]
    assert ReviewItem.objects.filter(source="missed").count() == 1
    assert patient.mail_state == "suspended"


@pytest.mark.slow
def test_an_answer_ends_a_run_of_missed_check_ins(plan: Plan, clinic: ClinicMade) -> None:
    pass_by(plan, 1)
    following = Occasion.objects.filter(plan=plan, state="planned").order_by("due_at")[0]
    with on(following.due_at):
        reminders.tick(following.due_at)
        answer_all(sessions.for_link(opened(clinic, following).link))
    pass_by(plan, 1)
    assert {flag.facts["in_a_row"] for flag in Flag.objects.all()} == {1}


@pytest.mark.slow
def test_a_form_begun_and_left_is_closed_and_looked_at_by_every_rule(plan: Plan, clinic: ClinicMade) -> None:
    occasion = first(plan)
    with on(occasion.due_at):
        reminders.tick(occasion.due_at)
        subject = sessions.for_link(opened(clinic, occasion).link)
        saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a", s_seeing="skip"))
    with on(occasion.closes_at):
        reminders.tick(occasion.closes_at)
    assert CheckIn.objects.get().state == "abandoned"
    assert {flag.facts["kind"] for flag in Flag.objects.filter(rule="H10")} == {"", "abandoned"}
    assert not ReviewItem.objects.filter(source="missed").exists()


@pytest.mark.slow
def test_a_row_that_breaks_holds_up_no_other(
    plan: Plan, clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    original = links.make

    def breaks_for_one(**named: Any) -> object:
        if named["plan"].pk == plan.pk:
            raise RuntimeError
        return original(**named)

    monkeypatch.setattr(links, "make", breaks_for_one)
    counts = reminders.tick(first(plan).due_at)
    assert (counts.invited, counts.failed) == (1, 1)
    assert (first(plan).state, first(other).state) == ("planned", "invited")


@pytest.mark.slow
def test_the_horizon_moves_along(plan: Plan) -> None:
    furthest = laid(plan)[-1][1]
    for occasion in Occasion.objects.filter(plan=plan).order_by("due_at")[:2]:
        with on(occasion.due_at):
            reminders.tick(occasion.due_at)
    with on(START + timedelta(days=8)):
        reminders.tick(START + timedelta(days=8))
        reminders.tick(START + timedelta(days=8))
    assert laid(plan)[-1][1] > furthest
    assert len({(purpose, day) for purpose, day, _state in laid(plan)}) == len(laid(plan))


@pytest.mark.slow
def test_the_last_dose_leads_to_six_months_of_follow_up(plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(last_day=date(2026, 12, 10))
    occasions.schedule_occasions(Plan.objects.select_related("patient", "clinic").get(pk=plan.pk), now=START)
    found = laid(plan)
    assert ("last_dose", date(2026, 12, 10), "planned") in found
    assert sum(purpose == "follow_up" for purpose, _day, _state in found) == 11
    assert reminders.tick(START).scheduled == 0
