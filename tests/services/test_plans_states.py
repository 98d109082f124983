"""What the clock does with plans: holds that end, last doses, follow-ups that are over; and stopping one."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from plans.domain.errors import NotAllowed, Refused, Stale
from plans.domain.taper.plan_states import FOLLOW_UP_DAYS
from plans.models import AuditEvent, Occasion, Plan, Work
from plans.services import clock
from plans.services.plans import revise, states
from plans.wording.messages import reason_words
from tests.makers import make_patient
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(clinic):
    return issue_story_plan(clinic.primary, make_patient(clinic.primary))


def midnight_after(plan, day):
    """The first moment at which `day` is over for the patient."""
    zone = clock.zone_of(plan.patient.zone)
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)


@pytest.mark.slow
def test_the_last_dose_moves_the_plan_to_follow_up(plan):
    over = midnight_after(plan, plan.last_day)
    assert states.advance(over) == 1
    assert plan_row(plan.pk).state == "follow_up"


@pytest.mark.slow
def test_the_last_day_is_still_a_day_of_the_plan(plan):
    assert states.advance(midnight_after(plan, plan.last_day) - timedelta(seconds=1)) == 0


@pytest.mark.slow
def test_running_it_twice_moves_nothing_more(plan):
    over = midnight_after(plan, plan.last_day)
    states.advance(over)
    assert states.advance(over) == 0
    assert AuditEvent.objects.filter(plan_id=plan.pk, act="plan.last_dose_passed").count() == 1


@pytest.mark.slow
def test_a_hold_that_is_over_makes_the_plan_active_again(clinic, plan):
    revise.revise(
        by=clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan.lock,
        act="hold",
        params={"days": 14},
        note="Unwell",
    )
    held = plan_row(plan.pk)
    assert states.advance(midnight_after(plan, held.held_until) - timedelta(seconds=1)) == 0
    assert states.advance(midnight_after(plan, held.held_until)) == 1
    now = plan_row(plan.pk)
    assert (now.state, now.held_until, present(now.active_version).number) == ("active", None, 2)


@pytest.mark.slow
def test_follow_up_ends_after_half_a_year(plan):
    states.advance(midnight_after(plan, plan.last_day))
    end = plan.last_day + timedelta(days=FOLLOW_UP_DAYS)
    assert states.advance(midnight_after(plan, end) - timedelta(seconds=1)) == 0
    assert states.advance(midnight_after(plan, end)) == 1
    assert plan_row(plan.pk).state == "completed"


@pytest.mark.slow
def test_the_clock_acts_in_nobodys_name(plan):
    states.advance(midnight_after(plan, plan.last_day))
    event = AuditEvent.objects.get(plan_id=plan.pk, act="plan.last_dose_passed")
    assert (event.actor_kind, event.clinic_id) == ("system", plan.clinic_id)


@pytest.mark.slow
def test_a_stopped_plan_asks_and_writes_no_more(clinic, plan):
    states.stop(by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, note="Moved to another clinic")
    assert plan_row(plan.pk).state == "stopped"
    assert not Occasion.objects.filter(plan=plan, state="planned").exists()
    assert not Work.objects.filter(plan=plan, state="pending", queue="messages").exists()


@pytest.mark.slow
def test_messages_of_a_plan_that_is_ended_are_skipped_with_the_reason(clinic, plan):
    waiting = list(Work.objects.filter(plan=plan, state="pending", queue="messages"))
    states.stop(by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, note="Wants to pause treatment")
    assert waiting
    rows = Work.objects.filter(pk__in=[row.pk for row in waiting])
    assert set(rows.values_list("state", "reason")) == {("skipped", "stopped")}
    assert reason_words("stopped", None) == "The plan was ended."


@pytest.mark.slow
def test_stopping_needs_a_note_and_the_present_state(clinic, plan):
    with pytest.raises(Refused):
        states.stop(by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, note="")
    with pytest.raises(Stale):
        states.stop(by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock - 1, note="Moved")
    with pytest.raises(NotAllowed):
        states.stop(by=clinic.staff, plan_id=plan.pk, seen_lock=plan.lock, note="Moved")
    assert Plan.objects.get(pk=plan.pk).state == "active"
