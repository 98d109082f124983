"""Acts in awkward orders: what a plan says after acts that overlap."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from plans.domain.documents import calendar
from plans.domain.taper.refusals import NoProduct, NoStepBefore
from plans.domain.taper.schedule import StepKind
from plans.models import Plan
from plans.services import clock, going_on
from plans.services.plans import history, queries, revise, states, taken
from tests.makers import ClinicMade, make_patient
from tests.makers_care import doses, go_on, record, return_home, set_care, take_back
from tests.makers_checkins import on
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present
from tests.services.maintenance_help import act

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


def today(plan: Plan) -> date:
    return clock.today(plan.patient.zone)


def noon(plan: Plan, day: date) -> datetime:
    return datetime.combine(day, time(12), clock.zone_of(plan.patient.zone))


def said(plan: Plan, day: date) -> dict[str, int] | None:
    step = queries.schedule_of(present(plan_row(plan.pk).active_version)).step_on(day)
    return step.day.units if step else None


def test_home_again_before_the_first_day_the_plan_begins_as_written(clinic: ClinicMade) -> None:
    """A plan that had not begun was once taken for one that says nothing is taken, and ended."""
    patient = make_patient(clinic.primary)
    first = clock.today(patient.zone) + timedelta(days=5)
    plan = issue_story_plan(clinic.primary, patient, start=first)
    set_care(clinic.primary, patient, "admitted")
    return_home(clinic.primary, plan, "morning clonazepam 0.5", "night clonazepam 1", as_before=True)
    assert said(plan, first) == {"clonazepam": 150_000}


def test_the_form_of_the_return_never_begins_empty_before_the_first_day(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    first = clock.today(patient.zone) + timedelta(days=5)
    plan = issue_story_plan(clinic.primary, patient, start=first)
    set_care(clinic.primary, patient, "admitted")
    return_home(clinic.primary, plan)
    assert said(plan, first) == {"clonazepam": 150_000}


def test_home_again_on_a_dose_after_the_last_one_the_plan_goes_on_from_it(
    clinic: ClinicMade, plan: Plan
) -> None:
    assert plan.last_day is not None
    over: date = plan.last_day + timedelta(days=10)
    with on(noon(plan, over)):
        states.advance(noon(plan, over))
        set_care(clinic.primary, plan.patient, "admitted", on=over - timedelta(days=2))
        return_home(clinic.primary, plan, "night clonazepam 0.5", since=over)
        row = plan_row(plan.pk)
        assert (row.state, said(plan, over)) == ("active", {"clonazepam": 50_000})
        lived = history.full_schedule(row)
        assert not lived.step_on(over - timedelta(days=5)).doses  # type: ignore[union-attr]


def test_going_on_as_before_above_what_is_taken_is_marked_a_rise(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=6))
    since = today(plan) - timedelta(days=4)
    back = going_on.Return(doses("night clonazepam 1"), since, "ward", as_before=True)
    seen = going_on.preview(clinic.primary, plan_id=plan.pk, begins="today", back=back)
    step = seen.schedule.step_on(today(plan))
    assert step is not None
    assert step.kind is StepKind.RISE


def test_a_stay_from_before_a_hold_rests_all_its_days_and_is_taken_back_to_the_hold(
    clinic: ClinicMade, plan: Plan
) -> None:
    act(clinic, plan, "hold", days=14)
    first = today(plan) - timedelta(days=10)
    set_care(clinic.primary, plan.patient, "admitted", on=first)
    lived = history.full_schedule(plan_row(plan.pk))
    assert {lived.step_on(day).kind for day in (first, today(plan))} == {StepKind.PAUSE}  # type: ignore[union-attr]
    take_back(clinic.primary, plan.patient)
    assert (plan_row(plan.pk).state, said(plan, today(plan))) == ("held", {"clonazepam": 137_500})


def test_a_death_recorded_by_mistake_in_hospital_leads_back_to_the_dose_recorded_before_the_hold(
    clinic: ClinicMade, plan: Plan
) -> None:
    record(clinic.primary, plan, "night clonazepam 1", from_day=today(plan) - timedelta(days=5))
    act(clinic, plan, "hold", days=14)
    record(clinic.primary, plan, "night clonazepam 0.5", from_day=today(plan) - timedelta(days=8))
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=12))
    set_care(clinic.primary, plan.patient, "died")
    take_back(clinic.primary, plan.patient)
    assert plan_row(plan.pk).state == "paused"
    take_back(clinic.primary, plan.patient)
    standing = taken.current(plan_row(plan.pk))
    assert plan_row(plan.pk).state == "held"
    assert standing is not None
    assert standing.day.units == {"clonazepam": 50_000}


def test_the_calendar_marks_a_rise_above_what_the_ward_gave(clinic: ClinicMade, plan: Plan) -> None:
    """The dose before the stay is the same as after it, and once had no mark at all."""
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=6))
    return_home(
        clinic.primary, plan, "night clonazepam 1", since=today(plan) - timedelta(days=4), as_before=True
    )
    version = plan_row(plan.pk).active_version
    assert version is not None
    schedule = queries.schedule_of(version)
    assert calendar.shown_days(schedule, made_on=today(plan))[0].marks == (calendar.DayMark.RISE,)


def test_a_plan_ended_in_hospital_stays_ended_when_the_stay_is_taken_back(
    clinic: ClinicMade, plan: Plan
) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    states.stop(
        by=clinic.primary, plan_id=plan.pk, seen_lock=plan_row(plan.pk).lock, note="Not wanted any more."
    )
    take_back(clinic.primary, plan.patient)
    row = plan_row(plan.pk)
    assert (row.state, row.ended_because, row.patient.care_state) == ("stopped", "stopped", "in_care")


def test_the_page_of_an_ended_plan_says_no_dose_of_the_days_after_its_end(
    clinic: ClinicMade, plan: Plan
) -> None:
    set_care(clinic.primary, plan.patient, "transferred", on=today(plan) - timedelta(days=3))
    page = queries.plan_page(clinic.primary, plan.pk)
    assert (page.step, page.next_change) == (None, None)


def test_a_second_stay_that_began_before_the_return_from_the_first(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=3))
    return_home(clinic.primary, plan, "night clonazepam 1", since=today(plan) - timedelta(days=1))
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=2))
    return_home(clinic.primary, plan, as_before=True)
    assert plan_row(plan.pk).state == "active"
    assert history.full_schedule(plan_row(plan.pk)).step_on(today(plan)).doses  # type: ignore[union-attr]


def test_a_drug_of_which_the_plan_has_no_product_is_refused_by_name(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, "night lormetazepam 1")
    with pytest.raises(NoProduct) as refused:
        go_on(clinic.primary, plan)
    assert refused.value.facts["drug"] == "lormetazepam"


def test_stepping_back_twice_from_a_dose_that_stays_never_goes_down(clinic: ClinicMade, plan: Plan) -> None:
    act(clinic, plan, "hold", days=14)
    act(clinic, plan, "stop_here")
    with on(noon(plan, today(plan) + timedelta(days=100))):
        back = act(clinic, plan, "step_back", days=14)
        assert said(back, today(plan)) == {"clonazepam": 150_000}
        with pytest.raises(NoStepBefore):
            act(clinic, plan, "step_back", days=14)


def test_a_second_late_step_back_says_its_rise_again(clinic: ClinicMade, plan: Plan) -> None:
    """The first one's finding, with the same figures, once hid it from the page that shows what will change."""
    for hold_in, back_in in ((1, 40), (70, 115)):
        with on(noon(plan, today(plan) + timedelta(days=hold_in))):
            act(clinic, plan, "hold", days=60)
        with on(noon(plan, today(plan) + timedelta(days=back_in))):
            seen = revise.preview_revision(
                clinic.primary, plan_id=plan.pk, act="step_back", params={"days": 7, "from": "today"}
            )
            assert "rise" in {finding.rule for finding in seen.findings}
            act(clinic, plan, "step_back", days=7)
