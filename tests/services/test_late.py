"""Check-ins that are late, moved or broken: none is lost, none comes in a burst, and one failure hides no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest

from plans.models import Clinic, Occasion, Patient, Plan, ReviewItem, Work
from plans.services import heartbeat, links, reminders, restoring, rows
from plans.services.checkins import occasions
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan
from tests.services.test_reminders import first

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


@pytest.mark.slow
@pytest.mark.parametrize(("late", "rungs"), [(1, [0, 1, 2]), (30, [0, 2]), (50, [0])])
def test_what_is_asked_late_leaves_out_the_reminders_whose_hour_is_over(
    plan: Plan, late: int, rungs: list[int]
) -> None:
    moment = first(plan).due_at + timedelta(hours=late)
    reminders.tick(moment)
    messages = Work.objects.filter(occasion=first(plan)).order_by("rung")
    assert [row.rung for row in messages] == rungs
    assert [row.due_at for row in messages if row.due_at <= moment] == [moment]


@pytest.mark.slow
@pytest.mark.parametrize("gone", ["stopped", "admitted", "died"])
def test_silence_of_somebody_who_is_asked_no_longer_says_nothing(plan: Plan, gone: str) -> None:
    occasion = first(plan)
    reminders.tick(occasion.due_at)
    if gone == "stopped":
        Plan.objects.filter(pk=plan.pk).update(state=gone)
    else:
        Patient.objects.filter(pk=plan.patient_id).update(care_state=gone)
    reminders.tick(occasion.closes_at)
    occasion.refresh_from_db()
    assert occasion.state == "cancelled"
    assert not ReviewItem.objects.filter(source="missed").exists()
    assert set(Work.objects.filter(occasion=occasion).values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.slow
def test_check_ins_that_nobody_was_asked_stop_no_messages(plan: Plan) -> None:
    for occasion in Occasion.objects.filter(plan=plan).order_by("due_at")[:4]:
        # The machine stood still over all of each.
        reminders.tick(occasion.closes_at)
    assert Occasion.objects.filter(plan=plan, state="missed").count() == 4
    assert Patient.objects.get(pk=plan.patient_id).mail_state == "on"
    item = ReviewItem.objects.get(source="missed")
    assert (item.facts["in_a_row"], item.facts["asked"]) == (1, False)


@pytest.mark.slow
@pytest.mark.parametrize(
    # Where it is tomorrow already it keeps its day and its hour.
    "change",
    [{"checkin_time": time(8)}, {"zone": "Europe/London"}, {"zone": "Pacific/Kiritimati"}],
)
def test_a_check_in_of_today_that_is_moved_to_an_hour_gone_by_is_asked_and_not_lost(
    plan: Plan, change: dict[str, Any]
) -> None:
    reminders.tick(first(plan).due_at)
    weekly = Occasion.objects.filter(plan=plan, purpose="weekly").order_by("due_at")[0]
    now = weekly.due_at - timedelta(minutes=10)
    Patient.objects.filter(pk=plan.patient_id).update(**change)
    for _twice in range(2):
        occasions.schedule_occasions(Plan.objects.get(pk=plan.pk), now=now)
    today = Occasion.objects.get(plan=plan, local_date=weekly.local_date)
    assert (today.pk, today.state) == (weekly.pk, "planned")
    assert today.due_at <= weekly.due_at
    assert reminders.tick(weekly.due_at).invited == 1


@pytest.mark.slow
def test_more_rows_than_a_page_are_asked_although_the_first_ones_break(
    plan: Plan, clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    Occasion.objects.filter(plan=plan).update(due_at=START - timedelta(days=1))
    monkeypatch.setattr(rows, "PAGE", 1)
    original = links.make

    def breaks_for_one(**named: Any) -> object:
        if named["plan"].pk == plan.pk:
            raise RuntimeError
        return original(**named)

    monkeypatch.setattr(links, "make", breaks_for_one)
    assert reminders.tick(first(other).due_at).invited == 1


@pytest.mark.slow
def test_plans_take_turns_in_being_scheduled_far_enough_ahead(
    plan: Plan, clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = [plan, *(issue_story_plan(clinic.primary, make_patient(clinic.primary)) for _ in range(2))]
    Occasion.objects.filter(plan__in=plans).delete()
    monkeypatch.setattr(occasions, "LOOK_AT", 1)
    assert [reminders.tick(START).scheduled for _turn in range(4)] == [1, 1, 1, 0]
    assert Occasion.objects.filter(state="planned").values("plan").distinct().count() == 3


@pytest.mark.slow
def test_of_a_restored_database_only_what_was_due_by_the_clinic_s_own_ladder_may_have_gone(
    plan: Plan, clinic: ClinicMade
) -> None:
    Clinic.objects.filter(pk=clinic.id).update(
        settings={"ladder": {"reminders": 2, "apart_days": 2, "closes_days": 5}}
    )
    occasions.schedule_occasions(Plan.objects.get(pk=plan.pk), now=START)
    due = first(plan).due_at
    reminders.tick(due)
    with on(due + timedelta(days=3)):
        heartbeat.set_paused(True, why=heartbeat.RESTORED)
        gone = restoring.may_have_gone().messages
    assert (gone["checkin_invitation"], gone["checkin_reminder"]) == (1, 1)
