"""Several changes as one version, a dose held until reviewed, and what a change may not do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from plans.domain.amounts import Dose
from plans.domain.errors import Refused, Stale
from plans.domain.notices import CARRIED
from plans.domain.syringes import USUAL
from plans.domain.taper import catalogue
from plans.domain.taper.amendments import (
    Amendment,
    BeginDrug,
    ChangeProducts,
    EndDrug,
    Hold,
    HoldOpen,
    LayoutAmendment,
    MoveChange,
    NewLayout,
    Pace,
    Resume,
    StepBack,
    SwitchDrug,
    TakesDose,
)
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.plan_states import PlanAct
from plans.domain.taper.products import Form, Product
from plans.domain.taper.refusals import HeldOpen, NotMakeable, OutOfRange
from plans.domain.taper.request import Intake, product_json, syringes_json
from plans.domain.taper.schedule import Schedule, TimeOfDay
from plans.domain.taper.snapshot import NotReadBack
from plans.models import AuditEvent, CheckIn, Document, Plan, PlanVersion, ReviewItem, Work
from plans.services import clock
from plans.services.plans import queries, review_dates, revise, states, versions
from plans.wording.plans import problem, version_story
from tests.makers import ClinicMade, make_patient
from tests.makers_plans import issue_plan, issue_story_plan, plan_row, story_request
from tests.present import present

pytestmark = pytest.mark.django_db
ONE = timedelta(days=1)


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    """The story's plan, begun 20 days ago: six days into its second step."""
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - 20 * ONE)


def today(plan: Plan) -> date:
    return clock.today(plan.patient.zone)


def change(clinic: ClinicMade, plan: Plan, *changes: Amendment, **more: Any) -> Plan:
    """The plan after the changes; Any: what a test says otherwise."""
    revise.change(
        **{
            "by": clinic.primary,
            "plan_id": plan.pk,
            "seen_lock": plan_row(plan.pk).lock,
            "changes": changes,
            "note": "Agreed on the phone.",
            **more,
        }
    )
    return plan_row(plan.pk)


def schedule(plan: Plan) -> Schedule:
    return queries.schedule_of(present(plan_row(plan.pk).active_version))


def story(plan: Plan) -> str:
    version = present(plan_row(plan.pk).active_version)
    said = versions.read(version)
    first = present(said.schedule.step_on(version.from_day))
    return version_story(version.kind, said.extra["story"], first.day).replace("\u00a0", " ")


@pytest.mark.slow
def test_a_step_back_and_a_slower_pace_are_one_version_one_message_and_one_line(
    clinic: ClinicMade, plan: Plan
) -> None:
    day = today(plan)
    after = change(clinic, plan, StepBack(day, hold_days=14), Pace(day, interval_days=28))
    assert present(after.active_version).number == 2
    assert PlanVersion.objects.filter(plan=plan).count() == 2
    news = Work.objects.filter(plan=plan, notice__in=CARRIED)
    assert sorted(news.values_list("state", flat=True)) == ["cancelled", "pending"]
    assert story(plan) == (
        "Stepped back to clonazePAM 1.5 mg for 14 days, then on from there. Slowed down: a cut every 28 days."
    )
    assert AuditEvent.objects.filter(plan_id=plan.pk, act="plan.changed").count() == 1


@pytest.mark.slow
def test_what_was_shown_is_what_is_done_and_anything_else_is_shown_first(
    clinic: ClinicMade, plan: Plan
) -> None:
    day = today(plan)
    seen = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[Hold(day, days=14)])
    with pytest.raises(Stale):
        change(clinic, plan, Hold(day, days=21), shown=seen.digest)
    with pytest.raises(Stale):
        change(clinic, plan, Hold(day, days=14), correction=True, shown=seen.digest)
    change(clinic, plan, Hold(day, days=14), shown=seen.digest)
    assert schedule(plan) == seen.schedule


@pytest.mark.slow
def test_a_dose_is_held_until_somebody_resumes_and_the_plan_goes_on_where_it_was(
    clinic: ClinicMade, plan: Plan
) -> None:
    before, day = schedule(plan), today(plan)
    review = day + 30 * ONE
    held = change(clinic, plan, HoldOpen(day), review_on=review)
    assert (held.state, held.held_until, held.last_day, held.review_on) == ("held", None, None, review)
    assert schedule(plan).next_change(day) is None
    states.advance(clock.now() + timedelta(days=400))
    assert plan_row(plan.pk).state == "held"
    with pytest.raises(HeldOpen):
        change(clinic, plan, StepBack(day))
    back = change(clinic, plan, Resume(day))
    assert (back.state, back.held_until, back.last_day) == ("active", None, before.last_dose_day())
    assert schedule(plan) == before
    assert "held_open" not in versions.read(present(back.active_version)).extra


@pytest.mark.slow
def test_on_its_review_date_a_held_dose_comes_back_as_an_item(clinic: ClinicMade, plan: Plan) -> None:
    change(clinic, plan, HoldOpen(today(plan)), review_on=today(plan) + ONE)
    later = clock.now() + 2 * ONE
    assert review_dates.tick(later) == 1
    assert ReviewItem.objects.filter(plan=plan, source_key__startswith="plan_review").exists()
    change(clinic, plan, Resume(today(plan)))
    assert not ReviewItem.objects.filter(
        plan=plan, source_key__startswith="plan_review", resolved_at=None
    ).exists()


@pytest.mark.slow
def test_while_held_until_reviewed_other_tablets_keep_it_held(clinic: ClinicMade, plan: Plan) -> None:
    day = today(plan)
    change(clinic, plan, HoldOpen(day))
    whole = tuple(Product("clonazepam", Form.TABLET, Dose.parse(mg)) for mg in ("0.125", "0.25", "0.5"))
    held = change(
        clinic,
        plan,
        ChangeProducts(day, products=whole),
        note="No wafers in stock",
        confirmed=[product.name for product in whole],
    )
    assert (held.state, held.held_until) == ("held", None)
    on = change(clinic, plan, Resume(day + 7 * ONE))
    assert on.state == "active"
    assert present(schedule(plan).next_change(day + ONE)).start == day + 7 * ONE
    assert set(schedule(plan).products) == set(whole)


@pytest.mark.slow
def test_yesterdays_call_can_be_dated_and_earlier_days_cannot(clinic: ClinicMade, plan: Plan) -> None:
    day = today(plan) - ONE
    change(clinic, plan, StepBack(day))
    assert present(plan_row(plan.pk).active_version).from_day == day
    assert present(queries.full_schedule(plan_row(plan.pk)).step_on(day)).start == day
    with pytest.raises(Refused) as refused:
        change(clinic, plan, StepBack(day - ONE))
    assert refused.value.facts["reason"] == "day_too_early"


@pytest.mark.slow
def test_a_change_dated_yesterday_leaves_the_answers_since_as_they_are(
    clinic: ClinicMade, plan: Plan
) -> None:
    answers = list(CheckIn.objects.filter(plan=plan).values("id", "answers", "state"))
    change(clinic, plan, MoveChange(today(plan) - ONE, to=today(plan) + 12 * ONE))
    assert list(CheckIn.objects.filter(plan=plan).values("id", "answers", "state")) == answers


@pytest.mark.slow
def test_another_drug_is_what_later_changes_go_on_with(clinic: ClinicMade, plan: Plan) -> None:
    day = today(plan) + ONE
    switched = change(clinic, plan, SwitchDrug(day, crossover=Crossover("diazepam")))
    assert switched.drugs == ["clonazepam", "diazepam"]
    assert story(plan) == "Switches to diazePAM."
    later = present(schedule(plan).steps[-3]).start
    slower = change(clinic, plan, Pace(later, interval_days=60))
    assert present(versions.read(present(slower.active_version)).request.crossover).to == "diazepam"
    calendars = Document.objects.filter(plan=plan, state="asked").values_list("version__number", flat=True)
    assert set(calendars) == {3}


@pytest.mark.slow
def test_a_switch_to_a_drug_with_a_liquid_leaves_a_plan_that_can_be_read_and_changed(
    clinic: ClinicMade,
) -> None:
    patient = make_patient(clinic.primary)
    start = clock.today(patient.zone)
    asked = story_request(
        start,
        regimen=[{"time": time, "drug": "lorazepam", "dose_mg": "1"} for time in ("morning", "night")],
        products=[product_json(one) for one in catalogue.default_products("lorazepam", "US")],
        country="US",
        syringes=syringes_json(USUAL),
    )
    plan = issue_plan(clinic.primary, patient, asked)
    switch = SwitchDrug(start + 7 * ONE, crossover=Crossover("diazepam"))
    seen = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[switch])
    signed = {"signed": [one.code for one in seen.to_sign], "confirmed": seen.to_confirm}
    switched = change(clinic, plan, switch, shown=seen.digest, **signed)
    # Read from the database alone, as another server reads it.
    versions._kept.clear()
    assert schedule(plan) == seen.schedule
    liquids = [one for one in schedule(plan).products if one.is_liquid and one.drug == "diazepam"]
    assert [one.syringes for one in liquids] == [USUAL] * len({one.name for one in liquids}) != []
    slower = change(clinic, switched, Pace(start + 60 * ONE, interval_days=28))
    assert present(slower.active_version).number == 3


@dataclass(frozen=True, slots=True)
class WritesNonsense(LayoutAmendment):
    """A change after which the request cannot be read."""

    act = PlanAct.CHANGE_SPREAD

    def drafted(self, draft: NewLayout) -> NewLayout:
        return draft._replace(request=replace(draft.request, max_pieces=1000), first_days=5)


@pytest.mark.slow
def test_a_version_that_could_not_be_read_again_is_refused_and_the_plan_stands(
    clinic: ClinicMade, plan: Plan
) -> None:
    before = schedule(plan)
    with pytest.raises(NotReadBack) as refused:
        change(clinic, plan, WritesNonsense(today(plan) + ONE))
    assert "cannot be stored so that it can be read again" in problem(refused.value)
    assert "nothing was changed" in problem(refused.value)
    versions._kept.clear()
    assert schedule(plan) == before
    assert present(plan_row(plan.pk).active_version).number == 1
    assert change(clinic, plan, StepBack(today(plan)))


def begins_zolpidem(plan: Plan) -> BeginDrug:
    return BeginDrug(today(plan) + ONE, doses=(Intake(TimeOfDay.NIGHT, "zolpidem", Dose.parse("5")),))


@pytest.mark.slow
def test_a_second_sedative_is_begun_only_by_somebody_who_signs_for_both(
    clinic: ClinicMade, plan: Plan
) -> None:
    begun = begins_zolpidem(plan)
    seen = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[begun])
    assert "several_sedatives" in {one.code for one in seen.to_sign}
    with pytest.raises(Refused) as refused:
        change(clinic, plan, begun)
    assert refused.value.facts["reason"] == "signatures_missing"
    assert PlanVersion.objects.filter(plan=plan).count() == 1
    change(clinic, plan, begun, signed=[one.code for one in seen.to_sign], confirmed=seen.to_confirm)
    kept = versions.read(present(plan_row(plan.pk).active_version))
    assert "several_sedatives" in kept.extra["signed"]
    assert set(seen.to_confirm) <= set(kept.extra["confirmed"])


@pytest.mark.slow
def test_what_was_signed_once_is_not_asked_for_again(clinic: ClinicMade, plan: Plan) -> None:
    begun = begins_zolpidem(plan)
    seen = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[begun])
    change(clinic, plan, begun, signed=[one.code for one in seen.to_sign], confirmed=seen.to_confirm)
    ended = EndDrug(today(plan) + 2 * ONE, drug="clonazepam")
    later = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[ended])
    assert (later.to_sign, later.to_confirm) == ((), ())


@pytest.mark.slow
def test_steps_that_only_move_ask_for_no_signature(clinic: ClinicMade, plan: Plan) -> None:
    seen = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[Hold(today(plan), days=7)])
    assert (seen.to_sign, seen.to_confirm) == ((), ())


@pytest.mark.slow
def test_a_correction_says_that_it_is_one(clinic: ClinicMade, plan: Plan) -> None:
    day = today(plan)
    right = (Intake(TimeOfDay("night"), "clonazepam", Dose.parse("1")),)
    change(clinic, plan, TakesDose(day, regimen=right), correction=True, note="The morning dose was a slip")
    assert present(plan_row(plan.pk).active_version).kind == "correct_error"
    assert story(plan).startswith("Correction. Continues from clonazePAM 1 mg a day")


@pytest.mark.slow
def test_before_the_first_day_a_wrong_dose_is_put_right_without_a_new_plan(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    first = clock.today(patient.zone) + 5 * ONE
    plan = issue_story_plan(clinic.primary, patient, start=first)
    right = (Intake(TimeOfDay("night"), "clonazepam", Dose.parse("1")),)
    change(clinic, plan, TakesDose(first, regimen=right), correction=True)
    assert (schedule(plan).start, schedule(plan).steps[0].day.units) == (first, {"clonazepam": 100000})


def test_products_that_make_todays_dose_impossible_change_nothing_and_name_the_nearest(
    clinic: ClinicMade, plan: Plan
) -> None:
    twos = (Product("clonazepam", Form.TABLET, Dose.parse("2")),)
    with pytest.raises(NotMakeable) as refused:
        change(clinic, plan, ChangeProducts(today(plan), products=twos))
    assert refused.value.nearest
    assert present(plan_row(plan.pk).active_version).number == 1


def test_nothing_chosen_is_no_change_and_a_refused_one_of_two_makes_neither(
    clinic: ClinicMade, plan: Plan
) -> None:
    with pytest.raises(Refused):
        change(clinic, plan)
    for days in (0, 10_000):
        with pytest.raises(OutOfRange):
            change(clinic, plan, StepBack(today(plan)), Hold(today(plan), days=days))
    assert present(plan_row(plan.pk).active_version).number == 1
