"""The dose actually taken: recorded beside the plan, never edited, seen by lists and limits; going on from there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.domain.notices import CARRIED
from plans.domain.taper.schedule import StepKind
from plans.models import AuditEvent, Document, Plan, PlanVersion, TakenDose, Work
from plans.services import clock, documents, going_on
from plans.services.caseload import caseload
from plans.services.plans import queries, taken
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_care import doses, go_on, record
from tests.makers_plans import issue_plan, issue_story_plan, plan_row, story_request
from tests.present import present

pytestmark = pytest.mark.django_db

LESS = ("morning clonazepam 0.25", "night clonazepam 0.75")
MORE = ("morning clonazepam 0.75", "night clonazepam 1.25")


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    """The story's plan, begun 20 days ago: six days into its second step."""
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


def today(plan: Plan) -> date:
    return clock.today(plan.patient.zone)


def reason(refused: Any) -> str:
    return str(refused.value.facts["reason"])


def days_before(schedule: Any, day: date) -> list[Any]:
    return [
        schedule.step_on(day - timedelta(days=n)).doses for n in range(1, (day - schedule.start).days + 1)
    ]


@pytest.mark.slow
def test_a_record_stands_beside_the_plan_and_changes_nothing_of_it(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *LESS, from_day=today(plan) - timedelta(days=3), note="Read from the box.")
    row = plan_row(plan.pk)
    standing = taken.current(row)
    assert standing is not None
    assert (standing.differs, standing.first, standing.note) == (
        True,
        today(plan) - timedelta(days=3),
        "Read from the box.",
    )
    assert row.active_version_id == plan.active_version_id
    event = AuditEvent.objects.get(act="plan.taken_recorded")
    assert (event.actor_id, event.plan_id) == (clinic.primary.id, plan.pk)


@pytest.mark.slow
def test_every_drug_that_is_taken_stands_in_the_caseload(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    request = story_request(
        clock.today(patient.zone),
        regimen=[
            {"time": "morning", "drug": "alprazolam", "dose_mg": "1"},
            {"time": "night", "drug": "diazepam", "dose_mg": "10"},
        ],
    )
    del request["products"]
    plan = issue_plan(clinic.primary, patient, request)
    record(clinic.primary, plan, "morning alprazolam 1", "night diazepam 5", "night zolpidem 5")
    row = next(row for row in caseload(clinic.primary).rows if row.patient_id == patient.pk)
    assert row.taken is not None
    assert row.taken.day.drugs == ("alprazolam", "diazepam", "zolpidem")
    assert row.taken.planned.drugs == ("alprazolam", "diazepam")


@pytest.mark.slow
def test_a_later_record_ends_the_one_before_and_edits_nothing_of_it(clinic: ClinicMade, plan: Plan) -> None:
    first = record(clinic.primary, plan, *LESS, from_day=today(plan) - timedelta(days=5))
    record(clinic.primary, plan, "night clonazepam 0.5", from_day=today(plan) - timedelta(days=1))
    old = TakenDose.objects.get(pk=first)
    assert (old.last_day, old.ended_how) == (today(plan) - timedelta(days=2), "later_record")
    assert old.from_day == today(plan) - timedelta(days=5)
    assert TakenDose.objects.filter(plan=plan, ended_at=None).count() == 1


@pytest.mark.slow
def test_as_planned_again_ends_it_and_keeps_who_said_so(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *LESS, from_day=today(plan) - timedelta(days=5))
    row = plan_row(plan.pk)
    taken.as_planned(
        by=clinic.second, plan_id=row.pk, seen_lock=row.lock, from_day=today(plan), note="She told me."
    )
    old = TakenDose.objects.get(plan=plan)
    assert (old.ended_how, old.last_day, old.end_note, old.ended_by_id) == (
        "as_planned",
        today(plan) - timedelta(days=1),
        "She told me.",
        clinic.second.id,
    )
    assert taken.current(plan_row(plan.pk)) is None


@pytest.mark.slow
def test_that_nothing_is_taken_at_all_can_be_recorded(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan)
    standing = taken.current(plan_row(plan.pk))
    assert standing is not None
    assert (standing.regimen, standing.differs) == ((), True)


@pytest.mark.slow
def test_what_the_plan_says_anyway_is_no_record(clinic: ClinicMade, plan: Plan) -> None:
    with pytest.raises(Refused) as refused:
        taken.record(
            by=clinic.primary,
            plan_id=plan.pk,
            seen_lock=plan.lock,
            from_day=today(plan),
            regimen=taken.planned_on(clinic.primary, plan.pk, today(plan)),
            told_by="patient",
        )
    assert reason(refused) == "as_planned"


@pytest.mark.slow
@pytest.mark.parametrize(("back", "why"), [(-1, "day_ahead"), (21, "day_before_plan")])
def test_a_day_outside_the_plan_is_refused(clinic: ClinicMade, plan: Plan, back: int, why: str) -> None:
    with pytest.raises(Refused) as refused:
        record(clinic.primary, plan, *LESS, from_day=today(plan) - timedelta(days=back))
    assert reason(refused) == why


@pytest.mark.slow
def test_the_second_of_two_records_is_stale(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *LESS)
    with pytest.raises(Stale):
        taken.record(
            by=clinic.second,
            plan_id=plan.pk,
            seen_lock=plan.lock,
            from_day=today(plan),
            regimen=doses("night clonazepam 0.5"),
            told_by="carer",
        )


@pytest.mark.slow
def test_another_clinic_finds_no_plan_and_reception_may_not(clinic: ClinicMade, plan: Plan) -> None:
    with pytest.raises(NotFound):
        record(make_clinic().primary, plan, *LESS)
    with pytest.raises(NotAllowed):
        record(clinic.staff, plan, *LESS)


@pytest.mark.slow
def test_the_pharmacys_sheet_is_drawn_again(clinic: ClinicMade, plan: Plan) -> None:
    sheet = documents.ask_for(
        by=clinic.primary, plan_id=plan.pk, kind="pharmacy", paper="a4", size="normal", language="en"
    )
    Document.objects.filter(pk=sheet).update(state="ready")
    record(clinic.primary, plan, *LESS)
    assert Document.objects.get(pk=sheet).state == "asked"


@pytest.mark.slow
def test_the_plan_goes_on_from_what_is_taken_and_the_days_before_stay(clinic: ClinicMade, plan: Plan) -> None:
    before = queries.full_schedule(plan)
    record(clinic.primary, plan, *LESS, from_day=today(plan) - timedelta(days=3))
    go_on(clinic.primary, plan)
    row = plan_row(plan.pk)
    after = queries.full_schedule(row)
    assert [(one.time.value, one.dose.text) for one in present(after.step_on(today(plan))).doses] == [
        ("morning", "0.25"),
        ("night", "0.75"),
    ]
    assert days_before(after, today(plan)) == days_before(before, today(plan))
    old = TakenDose.objects.get(plan=plan)
    assert (old.ended_how, old.last_day) == ("went_on", today(plan) - timedelta(days=1))
    assert taken.current(row) is None


@pytest.mark.slow
def test_the_difference_stands_in_the_versions_story(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *LESS)
    go_on(clinic.primary, plan)
    version = queries.plan_page(clinic.primary, plan.pk).versions[0]
    assert version.kind == "go_on_from"
    assert version.facts["taken"] == {"clonazepam": 100_000}
    assert version.facts["planned"] == {"clonazepam": 137_500}


@pytest.mark.slow
def test_one_change_makes_one_version_and_one_message(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *LESS)
    go_on(clinic.primary, plan)
    assert PlanVersion.objects.filter(plan=plan).count() == 2
    messages = Work.objects.filter(plan=plan, notice__in=CARRIED).exclude(state="cancelled")
    assert messages.count() == 1


@pytest.mark.slow
def test_more_than_the_plan_said_is_a_rise_and_said_before_it_is_done(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *MORE)
    seen = going_on.preview(clinic.primary, plan_id=plan.pk, begins="today")
    step = seen.schedule.step_on(today(plan))
    assert step is not None
    assert step.kind is StepKind.RISE
    assert "rise" in {finding.rule for finding in seen.findings}


@pytest.mark.slow
def test_less_than_the_plan_said_is_no_rise(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *LESS, from_day=today(plan) - timedelta(days=3))
    seen = going_on.preview(clinic.primary, plan_id=plan.pk, begins="today")
    assert "rise" not in {finding.rule for finding in seen.findings}


@pytest.mark.slow
def test_nothing_else_is_done_than_what_was_shown(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *LESS)
    seen = going_on.preview(clinic.primary, plan_id=plan.pk, begins="today")
    with pytest.raises(Stale) as refused:
        go_on(clinic.primary, plan, begins="tomorrow", shown=seen.digest)
    assert refused.value.facts["what"] == "moves"
    go_on(clinic.primary, plan, shown=seen.digest)


@pytest.mark.slow
def test_without_a_record_there_is_nothing_to_go_on_from(clinic: ClinicMade, plan: Plan) -> None:
    with pytest.raises(Refused) as refused:
        go_on(clinic.primary, plan)
    assert reason(refused) == "nothing_recorded"


@pytest.mark.slow
def test_from_nothing_the_plan_ends_at_zero(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, from_day=today(plan) - timedelta(days=2))
    go_on(clinic.primary, plan)
    row = plan_row(plan.pk)
    assert row.ends_at_zero
    assert row.last_day == today(plan) - timedelta(days=1)


@pytest.mark.slow
def test_a_note_that_is_too_long_is_refused_and_never_cut_short(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, *LESS)
    with pytest.raises(Refused) as refused:
        go_on(clinic.primary, plan, note="x" * 2001)
    assert reason(refused) == "text_too_long"
