"""When a patient is told of a change: at once where it touches today or tomorrow, else within the hour, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from plans.domain.outbox import WorkState
from plans.domain.taper.amendments import StepLength
from plans.models import Plan, Work
from plans.services import clock, outbox, reminders
from plans.services.plans import revise
from plans.services.plans.history import schedule_of
from tests.makers import ClinicMade, make_patient
from tests.makers_care import return_home, set_care, take_back
from tests.makers_checkins import START, asked, on
from tests.makers_plans import issue_story_plan, plan_row

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 11, 30, 15, tzinfo=UTC)


@pytest.fixture
def standing_clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands on a Monday."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def told(clinic: ClinicMade, standing_clock: time_machine.Traveller) -> Plan:
    """The story's plan, begun 20 days ago, of which the patient was told. The next cut is a week away."""
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))
    Work.objects.filter(plan=plan, notice="plan_ready").update(state=WorkState.SENT)
    return plan


def change(clinic: ClinicMade, plan: Plan, act: str, days: int = 14) -> None:
    lock = plan_row(plan.pk).lock
    revise.revise(
        by=clinic.primary, plan_id=plan.pk, seen_lock=lock, act=act, params={"days": days}, note="Agreed"
    )


def news(plan: Plan) -> list[tuple[str, str, timedelta]]:
    """Every message about the plan: its kind, its state, and how long after it was put it is due."""
    rows = Work.objects.filter(plan=plan, notice__in=("plan_ready", "plan_changed"))
    return [(row.notice, row.state, row.due_at - row.created_at) for row in rows.order_by("version__number")]


def waiting(plan: Plan) -> list[tuple[str, timedelta]]:
    return [(notice, due) for notice, state, due in news(plan) if state == WorkState.PENDING]


@pytest.mark.slow
def test_a_change_of_todays_dose_is_told_at_once(clinic: ClinicMade, told: Plan) -> None:
    change(clinic, told, "step_back")
    assert waiting(told) == [("plan_changed", timedelta())]


def test_a_change_of_tomorrow_alone_is_told_at_once(
    clinic: ClinicMade, told: Plan, standing_clock: time_machine.Traveller
) -> None:
    today = clock.today(told.patient.zone)
    version = plan_row(told.pk).active_version
    assert version is not None
    schedule = schedule_of(version)
    cut = schedule.next_change(today)
    assert cut is not None
    standing_clock.shift(cut.start - timedelta(days=1) - today)
    step = schedule.step_on(cut.start - timedelta(days=1))
    assert step is not None
    one_more = StepLength(cut.start - timedelta(days=1), days=step.days + 1)
    revise.change(
        by=clinic.primary,
        plan_id=told.pk,
        seen_lock=plan_row(told.pk).lock,
        changes=[one_more],
        note="Agreed",
    )
    assert waiting(told) == [("plan_changed", timedelta())]


@pytest.mark.slow
def test_a_change_of_later_days_waits_an_hour(clinic: ClinicMade, told: Plan) -> None:
    change(clinic, told, "hold")
    assert waiting(told) == [("plan_changed", HOUR)]


def test_two_changes_within_the_hour_are_one_message_due_with_the_first(
    clinic: ClinicMade, told: Plan, standing_clock: time_machine.Traveller
) -> None:
    change(clinic, told, "hold")
    standing_clock.shift(timedelta(minutes=50))
    change(clinic, told, "slow_down", 28)
    assert waiting(told) == [("plan_changed", timedelta(minutes=10))]


@pytest.mark.slow
def test_a_change_that_waits_is_told_at_once_with_one_of_today(
    clinic: ClinicMade, told: Plan, standing_clock: time_machine.Traveller
) -> None:
    change(clinic, told, "hold")
    standing_clock.shift(timedelta(minutes=5))
    change(clinic, told, "step_back")
    assert waiting(told) == [("plan_changed", timedelta())]


@pytest.mark.slow
def test_a_patient_who_was_not_told_of_the_plan_yet_is_told_of_the_plan_and_not_of_its_change(
    clinic: ClinicMade, told: Plan
) -> None:
    Work.objects.filter(plan=told).update(state=WorkState.PENDING)
    change(clinic, told, "hold")
    assert waiting(told) == [("plan_ready", timedelta())]


@pytest.mark.slow
def test_what_the_mail_server_has_in_hand_is_left_and_the_change_told_after_it(
    clinic: ClinicMade, told: Plan
) -> None:
    Work.objects.filter(plan=told, notice="plan_ready").update(state=WorkState.PENDING)
    outbox.mark_sending(dict.fromkeys(outbox.claim_batch("messages"), "<1@mail.example.org>"))
    change(clinic, told, "hold")
    assert [(notice, state) for notice, state, _ in news(told)] == [
        ("plan_ready", WorkState.SENDING),
        ("plan_changed", WorkState.PENDING),
    ]


@pytest.mark.slow
def test_the_page_says_whether_the_message_goes_at_once(clinic: ClinicMade, told: Plan) -> None:
    for act, at_once in (("step_back", True), ("hold", False)):
        seen = revise.preview_revision(clinic.primary, plan_id=told.pk, act=act, params={"days": 14})
        assert (seen.told, seen.told_at_once) == (True, at_once)


@pytest.mark.slow
def test_the_waiting_message_goes_when_its_hour_is_over_and_only_then(
    clinic: ClinicMade, told: Plan, standing_clock: time_machine.Traveller
) -> None:
    change(clinic, told, "hold")
    standing_clock.shift(timedelta(minutes=59))
    outbox.claim_batch("messages")
    assert [state for _, state, _ in news(told)] == [WorkState.SENT, WorkState.PENDING]
    standing_clock.shift(timedelta(minutes=2))
    outbox.claim_batch("messages")
    assert [state for _, state, _ in news(told)] == [WorkState.SENT, WorkState.CLAIMED]


# A change of care before the message went


@pytest.fixture
def untold(clinic: ClinicMade, standing_clock: time_machine.Traveller) -> Plan:
    """A plan of which the patient will be told with the next turn of the worker."""
    return issue_story_plan(clinic.primary, make_patient(clinic.primary))


@pytest.mark.parametrize("state", ["admitted", "transferred", "died"])
def test_what_was_left_out_by_mistake_is_sent_after_all(clinic: ClinicMade, untold: Plan, state: str) -> None:
    set_care(clinic.primary, untold.patient, state)
    assert waiting(untold) == []
    take_back(clinic.primary, untold.patient)
    assert waiting(untold) == [("plan_ready", timedelta())]
    assert Work.objects.get(plan=untold, notice="plan_ready", state="pending").version_id == (
        plan_row(untold.pk).active_version_id
    )


@pytest.mark.slow
def test_a_change_left_out_by_mistake_is_told_when_it_would_have_been(
    clinic: ClinicMade, told: Plan, standing_clock: time_machine.Traveller
) -> None:
    change(clinic, told, "hold")
    standing_clock.shift(timedelta(minutes=5))
    set_care(clinic.primary, told.patient, "admitted")
    standing_clock.shift(timedelta(minutes=15))
    take_back(clinic.primary, told.patient)
    assert waiting(told) == [("plan_changed", timedelta(minutes=40))]


@pytest.mark.slow
def test_what_went_before_the_mistake_is_not_sent_again(clinic: ClinicMade, told: Plan) -> None:
    set_care(clinic.primary, told.patient, "admitted")
    take_back(clinic.primary, told.patient)
    assert waiting(told) == []


@pytest.mark.slow
def test_a_stay_taken_back_twice_leaves_one_message(clinic: ClinicMade, untold: Plan) -> None:
    for _ in range(2):
        set_care(clinic.primary, untold.patient, "admitted")
        take_back(clinic.primary, untold.patient)
    assert waiting(untold) == [("plan_ready", timedelta())]


def test_home_again_a_patient_who_never_heard_of_the_plan_is_told_of_the_plan(
    clinic: ClinicMade, untold: Plan
) -> None:
    set_care(clinic.primary, untold.patient, "admitted")
    return_home(clinic.primary, untold)
    assert [notice for notice, _due in waiting(untold)] == ["plan_ready"]


@pytest.mark.slow
def test_home_again_a_patient_who_knew_the_plan_is_told_of_the_change(clinic: ClinicMade, told: Plan) -> None:
    set_care(clinic.primary, told.patient, "admitted")
    return_home(clinic.primary, told, "night clonazepam 1")
    assert [notice for notice, _due in waiting(told)] == ["plan_changed"]


@pytest.mark.slow
def test_the_address_is_asked_about_after_a_stay_that_came_in_between(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary, confirmed=False)
    issue_story_plan(clinic.primary, patient)
    asks = Work.objects.filter(patient=patient, notice="confirm_address")
    set_care(clinic.primary, patient, "admitted")
    assert [row.state for row in asks.all()] == ["skipped"]
    take_back(clinic.primary, patient)
    assert [row.state for row in asks.all()] == ["pending"]


@pytest.mark.slow
def test_an_invitation_left_out_by_mistake_is_sent_after_all() -> None:
    with on(START):
        story = asked()
        # Some minutes on: nothing was sent yet.
        invited = Work.objects.filter(patient=story.patient, notice="checkin_invitation")
        assert [row.state for row in invited] == ["pending"]
        set_care(story.clinic.primary, story.patient, "admitted")
        assert not invited.filter(state="pending").exists()
        take_back(story.clinic.primary, story.patient)
        reminders.tick(clock.now() + timedelta(hours=2))
    assert invited.filter(state="pending").count() == 1
