"""A dose that stays: how it is reached, its pages, supply, check-ins and review; a hold kept; no empty act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from plans.domain.errors import Refused
from plans.domain.taper.plan_states import PlanState
from plans.models import AuditEvent, Clinic, Document, Occasion, Patient, Plan, PlanVersion, ReviewItem, Work
from plans.services import supply_watch
from plans.services.checkins import occasions
from plans.services.letters import composing
from plans.services.plans import pages, queries, review_dates, revise, states
from plans.services.plans.queries import schedule_of
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_plan, issue_story_plan, plan_row, story_request

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DAY = timedelta(days=1)
STAYS = START + 17 * DAY
"""Thursday of the second step, which lasts until 20 December."""


@pytest.fixture
def clinic() -> ClinicMade:
    made = make_clinic()
    Clinic.objects.filter(pk=made.id).update(holidays=[])
    return made


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


def act(clinic: ClinicMade, plan: Plan, name: str, **params: Any) -> Plan:
    revise.revise(
        by=clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan_row(plan.pk).lock,
        act=name,
        params=params,
        note="Agreed.",
    )
    return plan_row(plan.pk)


def stay(clinic: ClinicMade, plan: Plan, review_on: date | None = None) -> Plan:
    with on(STAYS):
        states.advance(STAYS)
        return act(clinic, plan, "stop_here", review_on=review_on)


def at(day: date) -> datetime:
    return datetime.combine(day, time(15), UTC)


def open_items(plan: Plan) -> list[str]:
    rows = ReviewItem.objects.filter(plan=plan, source="plan").exclude(state="resolved")
    return sorted(str(item.facts["code"]) for item in rows)


# Reaching it


def test_a_plan_with_a_goal_above_zero_comes_to_stay_and_is_never_followed_up(clinic: ClinicMade) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        plan = issue_plan(clinic.primary, patient, story_request(START.date(), goal_mg="1.25"))
    assert (plan.state, plan.last_day, plan.ends_at_zero) == ("active", None, False)
    goal = plan.goal_on
    assert goal is not None
    seen = []
    for days in (-1, 0, 1, 14, 40, 400):
        states.advance(at(goal + days * DAY))
        seen.append(plan_row(plan.pk).state)
    assert seen == ["active", *["maintenance"] * 5]
    assert AuditEvent.objects.filter(act="plan.goal_reached", plan_id=plan.pk).count() == 1


def test_a_hold_that_ends_on_the_day_of_the_goal_leads_there_in_one_turn(clinic: ClinicMade) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        plan = issue_plan(clinic.primary, patient, story_request(START.date(), goal_mg="1.25"))
        while (following := schedule_of(plan.active_version).next_change(START.date())) is None:
            raise AssertionError
    last_cut = plan.goal_on
    assert last_cut is not None
    with on(at(last_cut - DAY)):
        held = act(clinic, plan, "hold", days=7)
    assert held.state == "held"
    goal = held.goal_on
    assert goal == last_cut + 7 * DAY
    assert [states.advance(at(goal)), states.advance(at(goal))] == [1, 0]
    assert plan_row(plan.pk).state == "maintenance"
    assert following.start <= goal


def test_follow_up_still_begins_when_the_dose_is_zero(plan: Plan) -> None:
    assert plan.last_day is not None
    states.advance(at(plan.last_day + DAY))
    assert plan_row(plan.pk).state == "follow_up"


def test_a_taper_under_way_to_a_goal_is_not_talked_over_but_a_dose_that_stays_gives_way(
    clinic: ClinicMade, plan: Plan
) -> None:
    patient = Patient.objects.get(pk=plan.patient_id)
    stayed = stay(clinic, plan)
    with on(STAYS + 60 * DAY):
        second = issue_plan(clinic.primary, patient, story_request((STAYS + 60 * DAY).date(), goal_mg="1"))
        assert plan_row(stayed.pk).state == "completed"
        with pytest.raises(Refused) as refused:
            issue_plan(clinic.primary, patient, story_request((STAYS + 60 * DAY).date()))
    assert refused.value.facts["reason"] == "live_plan"
    assert plan_row(second.pk).state == "active"


@pytest.mark.parametrize("days", [1, 40, 400, 2000])
def test_stepping_back_from_a_dose_that_stays_goes_back_to_it_by_itself(
    clinic: ClinicMade, plan: Plan, days: int
) -> None:
    stayed = stay(clinic, plan)
    end = schedule_of(stayed.active_version).end
    day = end + days * DAY
    with on(at(day)):
        back = act(clinic, stayed, "step_back", days=14)
        page = queries.plan_page(clinic.primary, plan.pk)
    assert back.state == "active"
    steps = page.schedule.steps
    assert page.schedule.step_on(day - DAY) == steps[-3]
    assert (steps[-2].start, steps[-2].days, steps[-2].total().mg) == (day, 14, "1.5\u00a0mg")
    assert back.goal_on == day + 14 * DAY
    # What was written out to be revised is not kept as the length of the last step.
    assert schedule_of(back.active_version).steps[-1].days == 14
    states.advance(at(day + 14 * DAY))
    assert plan_row(plan.pk).state == "maintenance"


# Pages


def calendars(plan: Plan) -> list[tuple[str, date | None]]:
    rows = Document.objects.filter(plan=plan, kind="calendar").order_by("asked_at", "pages_until")
    return list(rows.values_list("state", "pages_until"))


def test_pages_reach_to_the_end_of_the_third_month_and_are_drawn_on_a_fortnight_before(
    clinic: ClinicMade, plan: Plan
) -> None:
    stayed = stay(clinic, plan)
    until = date(2027, 3, 31)
    assert (stayed.pages_from, stayed.pages_until) == (STAYS.date(), until)
    with on(at(until - 15 * DAY)):
        assert pages.tick(at(until - 15 * DAY)) == 0
    day = at(until - 14 * DAY)
    with on(day):
        assert [pages.tick(day), pages.tick(day), pages.tick(day + timedelta(hours=3))] == [1, 0, 0]
    now = plan_row(plan.pk)
    assert (now.pages_from, now.pages_until) == (until - 14 * DAY, date(2027, 6, 30))
    assert calendars(plan)[1:] == [("replaced", until), ("asked", date(2027, 6, 30))]
    (message,) = Work.objects.filter(plan=plan, notice="pages_ready")
    assert message.state == "pending"
    # A third drawing, with its own message.
    day = at(date(2027, 6, 30) - 14 * DAY)
    with on(day):
        assert pages.tick(day) == 1
    assert Work.objects.filter(plan=plan, notice="pages_ready").count() == 2


def test_a_plan_that_ends_at_zero_is_never_drawn_on(plan: Plan) -> None:
    assert plan.pages_until is None
    for days in (1, 100, 400):
        assert pages.tick(START + days * DAY) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"mail_state": "opted_out"}, "opted_out"), ({"contact_how": "phone"}, "by_phone")],
)
def test_whom_no_message_reaches_gets_the_pages_from_the_clinic(
    clinic: ClinicMade, plan: Plan, changes: dict[str, str], reason: str
) -> None:
    stayed = stay(clinic, plan)
    assert stayed.pages_until is not None
    Patient.objects.filter(pk=plan.patient_id).update(email_state="confirmed")
    day = at(stayed.pages_until - 14 * DAY)
    with on(day):
        pages.tick(day)
        (message,) = Work.objects.filter(plan=plan, notice="pages_ready")
        Patient.objects.filter(pk=plan.patient_id).update(**changes)
        skipped = composing.compose(message.pk)
    assert getattr(skipped, "reason", "") == reason
    until = plan_row(plan.pk).pages_until
    assert until is not None
    with on(at(until - 14 * DAY)):
        pages.tick(at(until - 14 * DAY))
    assert "pages_to_hand_over" in open_items(plan)
    assert Work.objects.filter(plan=plan, notice="pages_ready").count() == 1


@pytest.mark.parametrize("state", ["paused", "stopped"])
def test_no_pages_are_drawn_on_while_the_ward_decides_nor_after_the_end(
    clinic: ClinicMade, plan: Plan, state: str
) -> None:
    stayed = stay(clinic, plan)
    Plan.objects.filter(pk=plan.pk).update(state=state)
    assert stayed.pages_until is not None
    assert pages.tick(at(stayed.pages_until)) == 0


# Review dates


def test_a_review_comes_back_on_its_day_once_and_is_settled_by_the_next_date(
    clinic: ClinicMade, plan: Plan
) -> None:
    review = STAYS.date() + 84 * DAY
    stayed = stay(clinic, plan, review)
    assert stayed.review_on == review
    assert review_dates.tick(at(review - DAY)) == 0
    assert [review_dates.tick(at(review)), review_dates.tick(at(review + DAY))] == [1, 0]
    (item,) = ReviewItem.objects.filter(plan=plan, source="plan")
    assert (item.severity, item.facts["code"]) == ("routine", "review_due")
    with on(at(review)):
        review_dates.set_review_date(
            by=clinic.primary, plan_id=plan.pk, seen_lock=plan_row(plan.pk).lock, on=review + 84 * DAY
        )
    item.refresh_from_db()
    assert (item.state, item.outcome) == ("resolved", "review_set")
    assert item.resolved_by_id == clinic.primary.id
    assert review_dates.tick(at(review + DAY)) == 0
    assert review_dates.tick(at(review + 84 * DAY)) == 1


def test_a_review_is_settled_by_acting_on_the_plan(clinic: ClinicMade, plan: Plan) -> None:
    stay(clinic, plan, STAYS.date() + 30 * DAY)
    day = at(STAYS.date() + 30 * DAY)
    with on(day):
        review_dates.tick(day)
        assert open_items(plan) == ["review_due"]
        act(clinic, plan, "step_back", days=14)
    assert open_items(plan) == []


def test_where_no_date_stands_an_item_asks_for_one(clinic: ClinicMade, plan: Plan) -> None:
    stay(clinic, plan)
    assert [review_dates.tick(STAYS), review_dates.tick(STAYS + DAY)] == [1, 0]
    assert open_items(plan) == ["review_date_missing"]


def test_a_plan_with_a_goal_is_reviewed_twelve_weeks_after_it_unless_told_otherwise(
    clinic: ClinicMade,
) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        plan = issue_plan(clinic.primary, patient, story_request(START.date(), goal_mg="1.25"))
    assert plan.goal_on is not None
    assert plan.review_on == plan.goal_on + 84 * DAY


@pytest.mark.parametrize(
    ("days", "reason"), [(0, "review_past"), (-3, "review_past"), (367, "review_too_far")]
)
def test_a_review_date_that_cannot_be_is_refused(
    clinic: ClinicMade, plan: Plan, days: int, reason: str
) -> None:
    with on(STAYS), pytest.raises(Refused) as refused:
        act(clinic, plan, "stop_here", review_on=(STAYS.date() + days * DAY).isoformat())
    assert refused.value.facts["reason"] == reason
    assert plan_row(plan.pk).state == "active"


def test_a_plan_that_ends_at_zero_has_no_review_date(clinic: ClinicMade, plan: Plan) -> None:
    assert plan.review_on is None
    with pytest.raises(Refused) as refused:
        review_dates.set_review_date(
            by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, on=START.date() + 30 * DAY
        )
    assert refused.value.facts["reason"] == "no_review"


# Supply and check-ins


def test_the_supply_of_a_dose_that_stays_is_watched_fill_by_fill(clinic: ClinicMade, plan: Plan) -> None:
    stayed = stay(clinic, plan)
    version = stayed.active_version
    assert version is not None
    end = schedule_of(version).end
    # Fills of 28 days from the day of the change: the fourth one falls on a holiday.
    fill = version.from_day + 84 * DAY
    Clinic.objects.filter(pk=clinic.id).update(holidays=[fill.isoformat()])
    told = []
    day = end - 14 * DAY
    while day < fill + 28 * DAY:
        supply_watch.look(plan.pk, at(day))
        told = [item.facts["code"] for item in ReviewItem.objects.filter(plan=plan, source="supply")]
        day += 7 * DAY
    assert told == ["supply_closed_day"]
    (item,) = ReviewItem.objects.filter(plan=plan, source="supply")
    assert item.facts["next"] == fill.isoformat()


@pytest.mark.parametrize("weeks", [4, 8])
def test_check_ins_go_on_every_few_weeks_and_are_no_follow_up(
    clinic: ClinicMade, plan: Plan, weeks: int
) -> None:
    Clinic.objects.filter(pk=clinic.id).update(settings={"maintenance_weeks": weeks})
    stay(clinic, plan)
    for days in (0, 100, 400):
        day = STAYS + days * DAY
        with on(day):
            occasions.lay_out(plan_row(plan.pk), now=day)
        ahead = Occasion.objects.filter(plan=plan, state="planned", local_date__gt=day.date())
        found = list(ahead.order_by("local_date").values_list("purpose", "local_date"))
        assert {purpose for purpose, _ in found} <= {"maintenance", "baseline", "after_cut"}
        dates = [on_ for purpose, on_ in found if purpose == "maintenance"]
        assert len(dates) >= 2 - (days == 0)
        assert {(later - one).days for one, later in pairwise(dates)} <= {7 * weeks}
        assert dates[0] <= day.date() + 7 * weeks * DAY


# A hold that is kept, and acts that would change nothing


def test_a_step_back_on_a_held_plan_keeps_the_hold_and_says_so(clinic: ClinicMade, plan: Plan) -> None:
    with on(STAYS):
        held = act(clinic, plan, "hold", days=21)
        until = held.held_until
        seen = revise.preview_revision(
            clinic.primary, plan_id=plan.pk, act="step_back", params={"days": 7, "from": "today"}
        )
        assert (seen.before.held_until, seen.after.held_until) == (until, until)
        assert until is not None
        assert seen.after.next_change == until + DAY
        back = act(clinic, plan, "step_back", days=7)
    assert (back.state, back.held_until) == ("held", until)
    version = back.active_version
    assert version is not None
    assert schedule_of(version).next_change(STAYS.date()).start == until + DAY  # type: ignore[union-attr]
    assert queries.plan_page(clinic.primary, plan.pk).versions[0].facts["held_until"] == until.isoformat()


def test_a_step_back_that_lasts_longer_than_the_hold_leaves_no_hold(clinic: ClinicMade, plan: Plan) -> None:
    with on(STAYS):
        act(clinic, plan, "hold", days=7)
        back = act(clinic, plan, "step_back", days=60)
    assert (back.state, back.held_until) == ("active", None)


@pytest.mark.parametrize("days", [1, 7, 14])
def test_slowing_down_that_changes_nothing_is_refused_and_leaves_nothing_behind(
    clinic: ClinicMade, plan: Plan, days: int
) -> None:
    before = (PlanVersion.objects.count(), Work.objects.count(), AuditEvent.objects.count())
    with on(STAYS):
        for do in (
            lambda: act(clinic, plan, "slow_down", days=days),
            lambda: revise.preview_revision(
                clinic.primary, plan_id=plan.pk, act="slow_down", params={"days": days}
            ),
        ):
            with pytest.raises(Refused) as refused:
                do()
            assert refused.value.facts == {"reason": "changes_nothing", "act": "slow_down", "days": 14}
    assert (PlanVersion.objects.count(), Work.objects.count(), AuditEvent.objects.count()) == before
    assert plan_row(plan.pk).lock == plan.lock


def test_every_state_a_patient_lives_by_is_shown_first_in_the_caseload() -> None:
    from plans.domain.taper.plan_states import LIVE
    from plans.services.caseload import _SHOWN_FIRST

    assert {state for state in PlanState if _SHOWN_FIRST.get(state.value) == 0} == LIVE
