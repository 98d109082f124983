"""What was agreed for days to come outlasts a hospital stay, or is given up by somebody who says so."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from plans.domain.errors import Refused
from plans.domain.taper.amendments import (
    Amendment,
    BeginDrug,
    ChangeSpread,
    Hold,
    HoldOpen,
    MoveChange,
    Pace,
    Resume,
    StepLength,
    StopHere,
)
from plans.domain.taper.drug import Spread
from plans.domain.taper.refusals import AgreedNotKept
from plans.domain.taper.schedule import Schedule
from plans.models import Plan
from plans.services import clock, going_on
from plans.services.plans import queries, revise, states, versions
from plans.wording.plans import problem, version_story
from tests.makers import ClinicMade, make_patient
from tests.makers_care import doses, go_on, record, return_home, set_care
from tests.makers_checkins import on
from tests.makers_plans import issue_plan, issue_story_plan, plan_row, story_request
from tests.present import present

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ONE = timedelta(days=1)
LESS = ("morning clonazepam 0.25", "night clonazepam 0.75")


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    """The story's plan, begun 20 days ago: six days into its second step, next change in eight days."""
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - 20 * ONE)


def today(plan: Plan) -> date:
    return clock.today(plan.patient.zone)


def noon(plan: Plan, day: date) -> datetime:
    return datetime.combine(day, time(12), clock.zone_of(plan.patient.zone))


def agree(clinic: ClinicMade, plan: Plan, *changes: Amendment, **more: Any) -> Plan:
    row = plan_row(plan.pk)
    said = {"by": clinic.primary, "plan_id": plan.pk, "seen_lock": row.lock, "note": "Sleeps badly.", **more}
    revise.change(changes=changes, **said)
    return plan_row(plan.pk)


def schedule(plan: Plan) -> Schedule:
    return queries.schedule_of(present(plan_row(plan.pk).active_version))


def days_of_steps(plan: Plan, day: date) -> list[int]:
    """The lengths of the steps that begin after a day, the last one left out."""
    return [step.days for step in schedule(plan) if step.start > day][:-1]


def story(plan: Plan) -> str:
    version = present(plan_row(plan.pk).active_version)
    said = versions.read(version)
    first = present(said.schedule.step_at(version.from_day))
    return version_story(version.kind, said.extra["story"], first.day).replace("\u00a0", " ")


def admitted(clinic: ClinicMade, plan: Plan, on_day: date | None = None) -> None:
    set_care(clinic.primary, plan.patient, "admitted", **({"on": on_day} if on_day else {}))


def reason(caught: Any) -> str:
    return str(caught.value.facts["reason"])


AGREED: dict[str, Any] = {
    "a slower pace": lambda day: Pace(day + 7 * ONE, interval_days=28),
    "a dose that stays": StopHere,
    "a dose held until reviewed": HoldOpen,
    "a hold for weeks": lambda day: Hold(day, days=60),
    "a longer step": lambda day: StepLength(day, days=60),
    "a change moved far": lambda day: MoveChange(day, to=day + 60 * ONE),
}


@pytest.mark.parametrize("what", AGREED)
def test_nothing_agreed_for_days_to_come_is_dropped_unless_somebody_says_so(
    clinic: ClinicMade, plan: Plan, what: str
) -> None:
    agree(clinic, plan, AGREED[what](today(plan)))
    admitted(clinic, plan)
    assert going_on.agreed_ahead(clinic.primary, plan.pk) == (2,)
    with pytest.raises(Refused) as caught:
        return_home(clinic.primary, plan)
    assert reason(caught) == "agreed_unsaid"
    assert problem(caught.value).startswith("Choose whether what was agreed before still holds.")
    assert plan_row(plan.pk).state == "paused"
    return_home(clinic.primary, plan, as_agreed=True)
    assert "What version 2 agreed goes on." in story(plan)


def test_a_slower_pace_goes_on_after_the_stay(clinic: ClinicMade, plan: Plan) -> None:
    """The plan went on every 14 days, though 28 had been agreed."""
    agree(clinic, plan, Pace(today(plan) + 7 * ONE, interval_days=28))
    admitted(clinic, plan)
    back = today(plan) + 3 * ONE
    with on(noon(plan, back)):
        return_home(clinic.primary, plan, as_agreed=True)
        assert present(schedule(plan).next_change(back)).start == back + 28 * ONE
        assert min(days_of_steps(plan, back)) == 28


def test_another_dose_from_the_ward_keeps_the_pace_too(clinic: ClinicMade, plan: Plan) -> None:
    agree(clinic, plan, Pace(today(plan), interval_days=28))
    admitted(clinic, plan)
    return_home(clinic.primary, plan, *LESS, as_agreed=True)
    assert min(days_of_steps(plan, today(plan))) == 28
    dose = present(schedule(plan).step_on(today(plan))).day
    assert dose.units == {"clonazepam": 100_000}
    assert present(schedule(plan).next_change(today(plan))).day.units["clonazepam"] < 100_000


def test_a_higher_dose_from_the_ward_comes_down_by_the_dose_before_the_stay(
    clinic: ClinicMade, plan: Plan
) -> None:
    agree(clinic, plan, Pace(today(plan), interval_days=28))
    admitted(clinic, plan)
    before = present(schedule(plan).step_on(today(plan))).day
    return_home(clinic.primary, plan, "morning clonazepam 1", "night clonazepam 1", as_agreed=True)
    change = present(schedule(plan).next_change(today(plan)))
    assert (change.day, (change.start - today(plan)).days, change.days) == (before, 28, 28)


def test_a_dose_that_was_to_stay_stays_and_keeps_its_review_date(clinic: ClinicMade, plan: Plan) -> None:
    """A return once began to taper a dose that was agreed to stay."""
    review = today(plan) + 30 * ONE
    agree(clinic, plan, StopHere(today(plan)), review_on=review.isoformat())
    admitted(clinic, plan)
    return_home(clinic.primary, plan, as_agreed=True)
    assert schedule(plan).next_change(today(plan)) is None
    assert plan_row(plan.pk).review_on == review
    states.advance(clock.now())
    assert plan_row(plan.pk).state == "maintenance"


def test_a_dose_held_until_reviewed_is_held_again_and_the_plan_resumes_where_it_was(
    clinic: ClinicMade, plan: Plan
) -> None:
    coming = [step.day for step in schedule(plan) if step.start > today(plan)]
    agree(clinic, plan, HoldOpen(today(plan)))
    admitted(clinic, plan)
    return_home(clinic.primary, plan, as_agreed=True)
    assert plan_row(plan.pk).state == "held"
    day = today(plan) + 9 * ONE
    agree(clinic, plan, Resume(day))
    assert [step.day for step in schedule(plan) if step.start >= day] == coming


@pytest.mark.parametrize("method", ["typed", "steps"])
def test_a_held_dose_that_is_let_go_on_the_return_goes_on_by_its_rows_or_steps(
    clinic: ClinicMade, method: str
) -> None:
    """Neither the rows are lost nor all steps made one."""
    plan = _rows_or_steps(clinic, method)
    left = [step.day for step in schedule(plan) if step.start > today(plan)]
    agree(clinic, plan, HoldOpen(today(plan)))
    admitted(clinic, plan)
    return_home(clinic.primary, plan, as_agreed=False)
    assert [step.day for step in schedule(plan) if step.start > today(plan)] == left


@pytest.mark.parametrize("method", ["typed", "steps"])
def test_after_a_stay_typed_rows_and_a_number_of_steps_go_on_with_those_left(
    clinic: ClinicMade, method: str
) -> None:
    """A stay once dropped every typed row, and made one step to zero of ten."""
    plan = _rows_or_steps(clinic, method)
    left = [step.day for step in schedule(plan) if step.start > today(plan)]
    admitted(clinic, plan)
    back = today(plan) + 5 * ONE
    with on(noon(plan, back)):
        return_home(clinic.primary, plan)
        assert [step.day for step in schedule(plan) if step.start > back] == left
        assert present(schedule(plan).next_change(back)).start == back + 14 * ONE


def _rows_or_steps(clinic: ClinicMade, method: str) -> Plan:
    patient = make_patient(clinic.primary)
    first = clock.today(patient.zone) - 3 * ONE
    rows = [
        {"days": 14, "doses": [{"time": "night", "drug": "clonazepam", "dose_mg": mg}]}
        for mg in ("1.5", "1.25", "1", "0.75", "0.5", "0.25")
    ]
    asked: dict[str, Any] = {
        "regimen": [{"time": "night", "drug": "clonazepam", "dose_mg": "1.5"}],
        "method": {"name": "typed", "rows": [*rows, {"days": 1, "doses": []}]}
        if method == "typed"
        else {"name": "steps", "count": 6, "interval_days": 14},
    }
    return issue_plan(clinic.primary, patient, story_request(first, **asked))


def test_a_hold_through_a_day_after_the_return_still_ends_on_that_day(clinic: ClinicMade, plan: Plan) -> None:
    day = today(plan)
    until = day + 60 * ONE
    agree(clinic, plan, Hold(day, through=until))
    admitted(clinic, plan)
    back = day + 4 * ONE
    with on(noon(plan, back)):
        return_home(clinic.primary, plan, as_agreed=True)
        row = plan_row(plan.pk)
        assert (row.state, row.held_until) == ("held", until)
        assert present(schedule(plan).next_change(back)).start == until + ONE


def test_a_drug_agreed_for_later_is_begun_after_the_stay_and_not_forgotten(clinic: ClinicMade) -> None:
    with on(datetime(2026, 12, 7, 12, tzinfo=clock.zone_of("America/New_York"))):
        patient = make_patient(clinic.primary)
        plan = issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - 20 * ONE)
        added = doses("night zolpidem 5")
        begun = [BeginDrug(today(plan) + 5 * ONE, doses=added)]
        shown = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=begun)
        signed = [one.code for one in shown.to_sign]
        agree(clinic, plan, *begun, signed=signed, confirmed=shown.to_confirm)
        admitted(clinic, plan)
        assert going_on.agreed_ahead(clinic.primary, plan.pk) == (2,)
        with pytest.raises(AgreedNotKept) as caught:
            return_home(clinic.primary, plan, *LESS, as_agreed=True)
        assert "lay the later steps out again" in problem(caught.value)
        return_home(clinic.primary, plan, as_agreed=True)
        assert "zolpidem" in {drug for step in schedule(plan) for drug in step.day.drugs}


def test_who_lays_the_steps_out_again_gives_up_what_was_agreed_and_the_version_says_so(
    clinic: ClinicMade, plan: Plan
) -> None:
    agree(clinic, plan, Pace(today(plan), interval_days=28))
    admitted(clinic, plan)
    return_home(clinic.primary, plan, as_agreed=False)
    assert present(schedule(plan).next_change(today(plan))).start == today(plan) + 14 * ONE
    assert story(plan).endswith("Later steps laid out again: what version 2 agreed ended.")


def test_after_a_second_stay_what_was_kept_is_asked_about_again(clinic: ClinicMade, plan: Plan) -> None:
    agree(clinic, plan, Pace(today(plan), interval_days=28))
    admitted(clinic, plan)
    return_home(clinic.primary, plan, as_agreed=True)
    admitted(clinic, plan)
    assert going_on.agreed_ahead(clinic.primary, plan.pk) == (2,)


def test_what_was_given_up_or_is_over_is_not_asked_about(clinic: ClinicMade, plan: Plan) -> None:
    agree(clinic, plan, Pace(today(plan), interval_days=28))
    admitted(clinic, plan)
    return_home(clinic.primary, plan, as_agreed=False)
    admitted(clinic, plan)
    assert going_on.agreed_ahead(clinic.primary, plan.pk) == ()


def test_a_plan_that_nobody_changed_asks_nothing(clinic: ClinicMade, plan: Plan) -> None:
    admitted(clinic, plan)
    assert going_on.agreed_ahead(clinic.primary, plan.pk) == ()
    return_home(clinic.primary, plan)
    assert "agreed" not in story(plan)


def test_what_the_method_goes_on_with_anyhow_is_not_asked_about(clinic: ClinicMade, plan: Plan) -> None:
    """The request keeps how the day is shared, once that has begun."""
    agree(clinic, plan, ChangeSpread(today(plan), drug="clonazepam", spread=Spread.ONE_AFTER_ANOTHER))
    with on(noon(plan, today(plan) + 3 * ONE)):
        admitted(clinic, plan)
        assert going_on.agreed_ahead(clinic.primary, plan.pk) == ()


def test_going_on_from_a_dose_taken_at_home_asks_as_well(clinic: ClinicMade, plan: Plan) -> None:
    agree(clinic, plan, Pace(today(plan), interval_days=28))
    record(clinic.primary, plan, *LESS)
    with pytest.raises(Refused) as caught:
        go_on(clinic.primary, plan)
    assert reason(caught) == "agreed_unsaid"
    go_on(clinic.primary, plan, as_agreed=True)
    assert min(days_of_steps(plan, today(plan))) == 28
