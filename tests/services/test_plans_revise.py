"""Changing an issued plan: later steps move, the days already taken stay, documents and messages follow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale, TaperError
from plans.domain.people import ContactHow
from plans.models import AuditEvent, Document, Occasion, Plan, PlanVersion, Work
from plans.services import clock
from plans.services.plans import queries, revise
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(clinic):
    """The story's plan, begun 20 days ago: six days into its second step."""
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


def today(plan):
    return clock.today(plan.patient.zone)


def act(clinic, plan, what="hold", *, note="Asked for contact", days=14, lock=None, by=None, **params):
    return revise.revise(
        by=by or clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan.lock if lock is None else lock,
        act=what,
        params={"days": days, **params},
        note=note,
    )


def doses(schedule, until):
    return [(d, step.doses) for step in schedule for d in days_of(step) if d < until]


def days_of(step):
    return [step.start + timedelta(days=n) for n in range(step.days)]


@pytest.mark.slow
def test_a_hold_makes_version_2_and_moves_later_steps(clinic, plan):
    before = queries.schedule_of(plan.active_version)
    act(clinic, plan)
    now = plan_row(plan.pk)
    after = queries.schedule_of(present(now.active_version))
    assert present(now.active_version).number == 2
    assert present(after.next_change(today(plan))).start == present(
        before.next_change(today(plan))
    ).start + timedelta(days=14)
    assert after.end == before.end + timedelta(days=14)


@pytest.mark.slow
def test_a_hold_leaves_the_days_already_taken_untouched(clinic, plan):
    before = queries.full_schedule(plan)
    act(clinic, plan)
    assert doses(queries.full_schedule(plan), today(plan)) == doses(before, today(plan))


@pytest.mark.slow
def test_a_held_plan_says_until_when(clinic, plan):
    due = present(queries.schedule_of(plan.active_version).next_change(today(plan))).start
    act(clinic, plan)
    now = plan_row(plan.pk)
    assert (now.state, now.held_until) == ("held", due + timedelta(days=13))


@pytest.mark.slow
def test_the_old_version_is_marked_replaced_and_its_calendar_too(clinic, plan):
    old = plan.active_version
    act(clinic, plan)
    assert PlanVersion.objects.get(pk=old.pk).replaced_at is not None
    assert set(Document.objects.filter(version=old).values_list("state", flat=True)) == {"replaced"}
    assert Document.objects.filter(plan=plan, version__number=2, state="asked").exists()


def test_unsent_messages_of_the_old_version_are_cancelled_and_the_change_is_announced(clinic, plan):
    act(clinic, plan)
    news = Work.objects.filter(plan=plan, notice__startswith="plan_").order_by("version__number")
    assert list(news.values_list("version__number", "state")) == [(1, "cancelled"), (2, "pending")]


@pytest.mark.slow
def test_an_occasion_already_invited_is_left_alone(clinic, plan):
    occasion = Occasion.objects.filter(plan=plan, state="planned").order_by("local_date").first()
    Occasion.objects.filter(pk=present(occasion).pk).update(state="invited", invited_at=clock.now())
    act(clinic, plan)
    kept = Occasion.objects.get(pk=present(occasion).pk)
    assert (kept.state, kept.local_date) == ("invited", present(occasion).local_date)


@pytest.mark.slow
def test_a_patient_without_mail_gets_no_message(clinic):
    patient = make_patient(clinic.primary, email="", contact_how=ContactHow.PHONE)
    plan = issue_story_plan(clinic.primary, patient)
    act(clinic, plan)
    assert not Work.objects.filter(plan=plan, notice="plan_changed").exists()


@pytest.mark.slow
def test_the_history_says_what_was_done_on_which_version(clinic, plan):
    act(clinic, plan)
    event = AuditEvent.objects.get(plan_id=plan.pk, act="plan.held")
    assert (event.version, event.facts["days"], event.actor_id) == (2, 14, clinic.primary.id)


@pytest.mark.slow
def test_a_step_back_returns_to_the_dose_before_and_the_plan_stays_active(clinic, plan):
    first, second = queries.schedule_of(plan.active_version).steps[:2]
    act(clinic, plan, "step_back", days=21)
    now = plan_row(plan.pk)
    after = queries.schedule_of(present(now.active_version))
    assert now.state == "active"
    assert present(after.step_on(today(plan))).doses == first.doses
    assert present(after.next_change(today(plan))).doses == second.doses


@pytest.mark.slow
def test_a_change_from_tomorrow_leaves_today_as_it_is(clinic, plan):
    now = present(queries.schedule_of(plan.active_version).step_on(today(plan)))
    act(clinic, plan, "step_back", **{"from": "tomorrow"})
    after = queries.full_schedule(plan_row(plan.pk))
    assert present(after.step_on(today(plan))).doses == now.doses
    assert present(after.step_on(today(plan) + timedelta(days=1))).doses != now.doses


@pytest.mark.slow
def test_slowing_down_lengthens_every_later_step(clinic, plan):
    act(clinic, plan, "slow_down", days=28)
    later = [s for s in queries.full_schedule(plan_row(plan.pk)).steps if s.start > today(plan)]
    assert later[:-1]
    assert all(step.days >= 28 for step in later[:-1])


@pytest.mark.slow
def test_staying_here_drops_later_steps_and_ends_on_a_dose(clinic, plan):
    act(clinic, plan, "stop_here")
    now = plan_row(plan.pk)
    assert (now.state, now.ends_at_zero) == ("maintenance", False)
    assert queries.schedule_of(present(now.active_version)).next_change(today(plan)) is None


@pytest.mark.slow
def test_a_hold_can_be_ended_early(clinic, plan):
    end = queries.schedule_of(plan.active_version).end
    act(clinic, plan)
    act(clinic, plan_row(plan.pk), "resume")
    now = plan_row(plan.pk)
    assert (now.state, now.held_until, present(now.active_version).number) == ("active", None, 3)
    assert queries.schedule_of(present(now.active_version)).end == end


def test_the_second_of_two_acts_is_refused_as_stale_and_overwrites_nothing(clinic, plan):
    act(clinic, plan)
    with pytest.raises(Stale) as refusal:
        act(clinic, plan, by=clinic.second)
    assert refusal.value.facts["who"] == clinic.primary.name
    assert present(plan_row(plan.pk).active_version).number == 2


def test_a_change_without_a_note_is_refused(clinic, plan):
    with pytest.raises(Refused) as refusal:
        act(clinic, plan, note="  ")
    assert refusal.value.facts["reason"] == "note_missing"


@pytest.mark.slow
def test_a_note_longer_than_two_thousand_characters_is_refused(clinic, plan):
    act(clinic, plan, note="a" * 2000)
    with pytest.raises(Refused):
        act(clinic, plan_row(plan.pk), note="a" * 2001)


@pytest.mark.parametrize("days", [0, 367, True, "14"])
def test_days_out_of_range_are_refused(clinic, plan, days):
    with pytest.raises(TaperError):
        act(clinic, plan, days=days)


def test_an_act_nobody_knows_is_refused(clinic, plan):
    with pytest.raises(Refused) as refusal:
        act(clinic, plan, "double")
    assert refusal.value.facts["reason"] == "bad_choice"


def test_the_first_step_has_nothing_to_step_back_to(clinic):
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient)
    with pytest.raises(TaperError) as refusal:
        act(clinic, plan, "step_back")
    assert refusal.value.code == "no_step_before"


def test_an_active_plan_has_no_hold_to_end(clinic, plan):
    with pytest.raises(Refused) as refusal:
        act(clinic, plan, "resume")
    assert refusal.value.facts["reason"] == "not_in_this_state"


def test_staff_and_other_clinics_change_nothing(clinic, plan):
    with pytest.raises(NotAllowed):
        act(clinic, plan, by=clinic.staff)
    with pytest.raises(NotFound):
        act(clinic, plan, by=make_clinic().primary)


def test_a_preview_shows_what_an_act_would_do_and_changes_nothing(clinic, plan):
    seen = revise.preview_revision(clinic.primary, plan_id=plan.pk, act="hold", params={"days": 14})
    assert seen.after.next_change == present(seen.before.next_change) + timedelta(days=14)
    assert seen.after.last_dose == present(seen.before.last_dose) + timedelta(days=14)
    assert (seen.messages, seen.told, seen.version) == (1, True, 1)
    assert any(now > was for _, was, now in seen.to_dispense)
    assert plan_row(plan.pk).lock == plan.lock


@pytest.mark.slow
def test_what_the_preview_showed_is_what_is_done(clinic, plan):
    seen = revise.preview_revision(clinic.primary, plan_id=plan.pk, act="step_back", params={"days": 21})
    act(clinic, plan, "step_back", days=21)
    assert queries.schedule_of(present(plan_row(plan.pk).active_version)) == seen.schedule


_ACTS = st.lists(
    st.tuples(st.sampled_from(["hold", "step_back", "slow_down", "stop_here", "resume"]), st.integers(1, 42)),
    min_size=1,
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(acts=_ACTS)
def test_days_before_a_change_never_change_over_any_revisions(clinic, acts):
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))
    past = doses(queries.full_schedule(plan), today(plan))
    for what, days in acts:
        try:
            act(clinic, plan_row(plan.pk), what, days=days)
        except (TaperError, Refused):
            continue
        assert doses(queries.full_schedule(plan_row(plan.pk)), today(plan)) == past
    assert present(Plan.objects.get(pk=plan.pk).active_version).number >= 1
