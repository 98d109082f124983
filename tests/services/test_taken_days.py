"""What was taken on each day of a plan: from the clinic's record, the patient's ticks and the answers of check-ins."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from plans.models import DoseMark, Plan
from plans.services import clock
from plans.services.checkins import sessions
from plans.services.plans import pictures, queries, taken
from plans.services.plans.picture_data import TakenMark, TakenSource
from tests.makers import ClinicMade, make_patient
from tests.makers_care import record, set_care
from tests.makers_checkins import START, answer_all, asked, on
from tests.makers_plans import TOGETHER, issue_plan, issue_story_plan, plan_row, story_request
from tests.present import present

pytestmark = pytest.mark.django_db

UNITS = 100_000


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    """The story's plan, begun 20 days ago; clonazepam 1.5 mg, then less."""
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


def today(plan: Plan) -> date:
    return clock.today(plan.patient.zone)


def marks(clinic: ClinicMade, plan: Plan) -> dict[date, TakenMark]:
    return {mark.day: mark for mark in pictures.picture(clinic.primary, plan.pk).taken}


def tick(plan: Plan, day: date, how: str = "planned", *, but: int = 0) -> None:
    step = present(queries.full_schedule(plan_row(plan.pk)).step_on(day))
    doses = step.doses[but:]
    for dose in doses:
        DoseMark.objects.create(
            clinic_id=plan.clinic_id, patient=plan.patient, plan=plan, on=day, time=dose.time.value, drug=dose.drug,
            how=how, marked_at=clock.now(),
        )  # fmt: skip


def test_a_recorded_dose_stands_in_milligrams_on_each_of_its_days(clinic: ClinicMade, plan: Plan) -> None:
    first = today(plan) - timedelta(days=4)
    record(clinic.primary, plan, "night clonazepam 1", from_day=first)
    found = marks(clinic, plan)
    assert set(found) == {first + timedelta(days=n) for n in range(5)}
    mark = found[first]
    assert present(mark.amount).units == {"clonazepam": UNITS}
    assert (mark.how, mark.source, present(mark.height).units) == ("fewer", TakenSource.RECORD, UNITS)


@pytest.mark.parametrize(
    ("said", "how"), [(("night clonazepam 9",), "extra"), ((), "none"), (("night diazepam 5",), "other")]
)
def test_a_recorded_dose_is_called_what_it_is_beside_the_plan(
    clinic: ClinicMade, plan: Plan, said: tuple[str, ...], how: str
) -> None:
    record(clinic.primary, plan, *said)
    assert marks(clinic, plan)[today(plan)].how == how


def test_a_drug_that_the_picture_does_not_show_has_no_height(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, "night diazepam 5")
    mark = marks(clinic, plan)[today(plan)]
    assert present(mark.amount).units == {"diazepam": 5 * UNITS}
    assert mark.height is None


def test_a_day_whose_every_dose_was_ticked_was_taken_as_planned(clinic: ClinicMade, plan: Plan) -> None:
    whole, half = today(plan), today(plan) - timedelta(days=1)
    tick(plan, whole)
    tick(plan, half, but=1)
    found = marks(clinic, plan)
    assert (found[whole].how, found[whole].source) == ("planned", TakenSource.TICKS)
    assert found[whole].amount == present(queries.full_schedule(plan_row(plan.pk)).step_on(whole)).day
    assert half not in found


def test_something_else_that_was_ticked_has_no_milligrams(clinic: ClinicMade, plan: Plan) -> None:
    tick(plan, today(plan), "other")
    mark = marks(clinic, plan)[today(plan)]
    assert (mark.how, mark.amount, mark.height) == ("other", None, None)


def test_what_the_clinic_recorded_counts_before_what_was_ticked(clinic: ClinicMade, plan: Plan) -> None:
    tick(plan, today(plan))
    record(clinic.primary, plan, "night clonazepam 1")
    assert marks(clinic, plan)[today(plan)].source is TakenSource.RECORD


@pytest.mark.slow
@pytest.mark.parametrize(("how", "units"), [("planned", 150_000), ("none", 0)])
def test_an_answer_about_all_days_covers_the_seven_before_it(how: str, units: int) -> None:
    with on(START):
        story = asked()
    with on(START + timedelta(days=10)):
        answer_all(sessions.by_phone(story.clinic.staff, story.patient.pk), dose_taken=how)
        found = marks(story.clinic, story.plan)
        day = today(story.plan)
    known = {one for one, mark in found.items() if mark.amount is not None}
    assert known == {day - timedelta(days=back) for back in range(1, 8)}
    assert {present(found[one].amount).dose("clonazepam").units for one in known} == {units}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["fewer", "extra"])
def test_an_answer_without_an_amount_stands_on_its_own_day(how: str) -> None:
    with on(START):
        story = asked()
    with on(START + timedelta(days=10)):
        answer_all(sessions.by_phone(story.clinic.staff, story.patient.pk), dose_taken=how)
        found = marks(story.clinic, story.plan)
        day = today(story.plan)
    assert {one: (mark.how, mark.amount) for one, mark in found.items()} == {day: (how, None)}


def test_nothing_is_known_of_days_in_hospital(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, "night clonazepam 1", from_day=today(plan) - timedelta(days=6))
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=3))
    found = marks(clinic, plan)
    assert max(found) == today(plan) - timedelta(days=4)


@pytest.mark.slow
def test_the_record_of_a_day_is_the_one_that_counts(clinic: ClinicMade, plan: Plan) -> None:
    first, later = today(plan) - timedelta(days=8), today(plan) - timedelta(days=3)
    record(clinic.primary, plan, "night clonazepam 1", from_day=first)
    record(clinic.primary, plan, "night clonazepam 0.5", from_day=later)
    said = [taken.of_day(clinic.primary, plan.pk, day) for day in (first - timedelta(days=1), first, later)]
    assert said[0] is None
    assert [present(one).day.units for one in said[1:]] == [
        {"clonazepam": UNITS},
        {"clonazepam": UNITS // 2},
    ]


def test_two_drugs_are_measured_together_as_the_stairs_are(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    plan = issue_plan(clinic.primary, patient, story_request(clock.today(patient.zone), TOGETHER))
    record(clinic.primary, plan, "morning lorazepam 1", "night zolpidem 10")
    data = pictures.picture(clinic.primary, plan.pk)
    mark = data.taken[0]
    assert mark.how == "fewer"
    assert 0 < present(mark.height).units < present(data.tread_on(today(plan))).dose.units
