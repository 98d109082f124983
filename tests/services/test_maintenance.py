"""A dose that stays: how it is reached and left, its supply and its check-ins."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from plans.domain.errors import Refused
from plans.models import AuditEvent, Clinic, Occasion, Patient, Plan, ReviewItem
from plans.services import supply_watch
from plans.services.checkins import occasions
from plans.services.plans import queries, states
from plans.services.plans.queries import schedule_of
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_plan, issue_story_plan, plan_row, story_request
from tests.present import present
from tests.services.maintenance_help import DAY, STAYS, act, always_open, at, stay

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicMade:
    return always_open()


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_hold_that_ends_on_the_day_of_the_goal_leads_there_in_one_turn(clinic: ClinicMade) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        plan = issue_plan(clinic.primary, patient, story_request(START.date(), goal_mg="1.25"))
        while (following := schedule_of(present(plan.active_version)).next_change(START.date())) is None:
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


@pytest.mark.slow
def test_follow_up_still_begins_when_the_dose_is_zero(plan: Plan) -> None:
    assert plan.last_day is not None
    states.advance(at(plan.last_day + DAY))
    assert plan_row(plan.pk).state == "follow_up"


@pytest.mark.slow
def test_a_taper_under_way_to_a_goal_is_not_replaced_but_a_dose_that_stays_is(
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


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 40, 400, 2000])
def test_stepping_back_from_a_dose_that_stays_goes_back_to_it_by_itself(
    clinic: ClinicMade, plan: Plan, days: int
) -> None:
    stayed = stay(clinic, plan)
    end = schedule_of(present(stayed.active_version)).end
    day = end + days * DAY
    with on(at(day)):
        back = act(clinic, stayed, "step_back", days=14)
        page = queries.plan_page(clinic.primary, plan.pk)
    assert back.state == "active"
    steps = page.schedule.steps
    assert page.schedule.step_on(day - DAY) == steps[-3]
    assert (steps[-2].start, steps[-2].days, steps[-2].day.units) == (
        day,
        14,
        {"clonazepam": 150_000},
    )
    assert back.goal_on == day + 14 * DAY
    # What was written out to be revised is not kept as the length of the last step.
    assert schedule_of(present(back.active_version)).steps[-1].days == 14
    states.advance(at(day + 14 * DAY))
    assert plan_row(plan.pk).state == "maintenance"


# Supply and check-ins


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("weeks", [4, 8])
def test_check_ins_go_on_every_few_weeks_and_are_no_follow_up(
    clinic: ClinicMade, plan: Plan, weeks: int
) -> None:
    Clinic.objects.filter(pk=clinic.id).update(settings={"maintenance_weeks": weeks})
    stay(clinic, plan)
    for days in (0, 100, 400):
        day = STAYS + days * DAY
        with on(day):
            occasions.schedule_occasions(plan_row(plan.pk), now=day)
        ahead = Occasion.objects.filter(plan=plan, state="planned", local_date__gt=day.date())
        found = list(ahead.order_by("local_date").values_list("purpose", "local_date"))
        assert {purpose for purpose, _ in found} <= {"maintenance", "baseline", "after_cut"}
        dates = [on_ for purpose, on_ in found if purpose == "maintenance"]
        assert len(dates) >= 2 - (days == 0)
        assert {(later - one).days for one, later in pairwise(dates)} <= {7 * weeks}
        assert dates[0] <= day.date() + 7 * weeks * DAY
