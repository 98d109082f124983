"""Days of the week in the plan form: typed rows, what is taken now, days off before the stop; and where they show."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from plans.domain.amounts import Dose
from plans.domain.taper.engine import build
from plans.domain.taper.methods.typed import read_row
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.weekdays import WEEKDAYS
from plans.models import PlanStep, PlanVersion
from plans.services import clock
from plans.services.plan_summaries import plan_summaries
from plans.services.plans import versions
from plans.services.plans.export import ExportKind, export
from plans.web.clinician.plan.rows import read_rows, row_lines
from plans.wording.documents import calendar_words
from plans.wording.feed import event_title
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_plan, story_request
from tests.web.patient_story import FIRST_DAY, give, token_for, words
from tests.web.plan_form_help import as_member, form_page, preview_page, typed
from tests.web.test_plan_form import answered

pytestmark = pytest.mark.django_db
NIGHTS = "28: night 1 on mon wed fri, morning 0.5\n28: 1 on tue\n1: 0"


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


def rows_of(text: str):
    return [read_row(row, "row") for row in read_rows(text, ["clonazepam"])]


def test_lines_with_days_of_the_week_are_read_and_written_back() -> None:
    first, second, _last = rows_of(NIGHTS)
    assert [(time.value, dose.text, on.names) for time, _, dose, on in first.timed] == [
        ("night", "1", ["monday", "wednesday", "friday"]),
        ("morning", "0.5", list(WEEKDAYS)),
    ]
    assert (second.total, second.weekdays[0].names) == (Dose.parse("1"), ["tuesday"])
    written = row_lines([first, second])
    assert written == ("28: clonazepam night 1 on mon wed fri, clonazepam morning 0.5\n28: 1 on tue")
    assert rows_of(written) == [first, second]


@pytest.mark.slow
def test_a_plan_with_nights_off_is_shown_issued_said_and_exported(signed_in, clinic, patient):
    fields = {"method": "typed", "rows": "28: night 1 on mon wed fri\n28: night 0.5 on mon\n1: 0"}
    page = signed_in.post(preview_page(patient), typed(patient, **fields)).content.decode()
    assert "clonazePAM\u00a03\u00a0mg a week" in page
    assert "on Monday, Wednesday and Friday" in page
    signed_in.post(form_page(patient), answered(signed_in, patient, **fields))
    version = PlanVersion.objects.get(plan__patient=patient)
    schedule = versions.read(version).schedule
    assert [step.weekly for step in schedule] == [True, True, False]
    row = PlanStep.objects.get(version=version, n=1)
    assert row.doses["clonazepam"] == [100_000, 0, 100_000, 0, 100_000, 0, 0]
    shown = signed_in.get(reverse("plan", args=[version.plan_id])).content.decode()
    assert "3\u00a0mg a week" in shown
    exported = export(by=clinic.primary, plan_id=version.plan_id, kind=ExportKind.STEPS).text
    assert "clonazepam,1,monday wednesday friday\n" in exported
    (summary,) = plan_summaries([version.plan]).values()
    today = clock.today(patient.zone)
    on = schedule.step_on(today)
    assert on is not None
    assert summary.dose == on.day
    assert summary.next_dose is not None
    assert summary.next_dose.weekly


@pytest.mark.slow
def test_days_off_before_the_stop_are_stages_of_the_method(signed_in, patient):
    fields = {"end_days": "mon tue wed thu fri\nmonday and friday"}
    page = signed_in.post(preview_page(patient), typed(patient, **fields)).content.decode()
    assert "on Monday and Friday" in page
    again = signed_in.get(form_page(patient)).content.decode()
    assert "monday and friday</textarea>" in again
    assert '<details id="plan-end" open>' in again
    signed_in.post(form_page(patient), answered(signed_in, patient, **fields))
    request = versions.read(PlanVersion.objects.get(plan__patient=patient)).request
    assert [stage.names for stage in request.end.stages] == [list(WEEKDAYS[:5]), ["monday", "friday"]]
    page = signed_in.get(reverse("plan", args=[PlanVersion.objects.get().plan_id])).content.decode()
    assert "Last dose only on" in page


@pytest.mark.slow
def test_what_is_taken_on_some_days_begins_typed_rows_only(signed_in, patient):
    fields = {"week_a": "mon wed fri", "a_morning": ""}
    page = signed_in.post(form_page(patient), typed(patient, **fields, do="issue"))
    assert page.status_code == 422
    beside = re.search(r'id="f-week_a_error".*?</p>', page.content.decode(), re.DOTALL)
    assert beside
    assert "Type the rows" in beside[0]
    rows = {"method": "typed", "rows": "14: night 1 on mon wed fri\n14: night 1 on mon\n1: 0"}
    page = signed_in.post(preview_page(patient), typed(patient, **fields, **rows)).content.decode()
    assert '<path class="line"' in page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("week_a", "mon someday", "not one of"),
        ("week_a", "mon mon", "twice"),
        ("end_days", "mon tue\nmon tue", "fewer days"),
        ("end_days", "mon tue\nsometimes", "not one of"),
    ],
)
def test_what_cannot_be_read_is_refused_beside_its_field_and_stays(signed_in, patient, field, value, says):
    page = signed_in.post(form_page(patient), typed(patient, **{field: value}, do="issue"))
    text = page.content.decode()
    assert page.status_code == 422
    beside = re.search(rf'id="f-{field}_error".*?</p>', text, re.DOTALL)
    assert beside
    assert says in beside[0]
    assert value.splitlines()[-1] in text


@pytest.mark.slow
def test_turning_a_plan_into_rows_keeps_the_days_of_the_week(signed_in, patient):
    fields = typed(patient, end_days="mon wed fri", do="rows")
    page = signed_in.post(form_page(patient), fields).content.decode()
    rows = re.search(r'<textarea name="rows"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert rows
    assert "on mon wed fri" in rows[1]


def nights_off(on: list[str]) -> dict[str, Any]:
    """Clonazepam 1 mg at night on some days of the week, for four weeks, then none."""
    dose = {"time": "night", "drug": "clonazepam", "dose_mg": "1"}
    rows = [{"days": 28, "doses": [dose], "days_of_week": on}, {"days": 1, "doses": []}]
    return story_request(FIRST_DAY, method={"name": "typed", "rows": rows})


@pytest.mark.slow
def test_a_patient_reads_a_day_off_as_one_and_when_the_next_dose_is(standing_clock, client) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    # 23 November 2026, the first day, is a Monday.
    plan = issue_plan(clinic.primary, patient, nights_off(["tuesday", "thursday"]))
    client.get(f"/p/{token_for(patient, plan)}")
    give(client, str(patient.born.year))
    said = words(client.get("/p/"))
    assert "No dose today. It is a day off in your plan." in said
    assert "Your next dose is on Tuesday 24 November." in said
    assert "Your last dose is behind you" not in said
    assert "2 mg a week" in said
    calendar = words(client.get("/p/calendar"))
    assert "23 November to 20 December 2026: 1 mg at night on Tuesday and Thursday." in calendar
    assert "No dose on Monday, Wednesday, Friday, Saturday and Sunday." in calendar


def beside_days_off(on: list[str]) -> dict[str, Any]:
    """Diazepam every night and zolpidem on some of them, both less after two weeks, then none."""

    def row(mg: str, nights: list[str]) -> dict[str, Any]:
        daily = {"time": "night", "drug": "diazepam", "dose_mg": mg}
        return {"days": 14, "doses": [daily, {**sleep, "days_of_week": nights}]}

    sleep = {"time": "bedtime", "drug": "zolpidem", "dose_mg": "5"}
    return story_request(
        FIRST_DAY,
        regimen=[{"time": "night", "drug": "diazepam", "dose_mg": "5"}, sleep],
        products=[
            {"drug": "diazepam", "form": "tablet", "strength_mg": "1", "split": 1},
            {"drug": "zolpidem", "form": "tablet", "strength_mg": "5", "split": 1},
        ],
        max_pieces=8,
        method={"name": "typed", "rows": [row("5", on), row("4", ["monday"]), {"days": 1, "doses": []}]},
    )


@pytest.mark.slow
def test_a_day_off_of_one_of_two_drugs_is_said_and_the_next_change_names_days_and_not_milligrams_a_week(
    standing_clock, client
) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    plan = issue_plan(clinic.primary, patient, beside_days_off(["tuesday", "friday"]))
    client.get(f"/p/{token_for(patient, plan)}")
    give(client, str(patient.born.year))
    said = words(client.get("/p/"))
    assert "No zolpidem today. It is a day off in your plan." in said
    assert "Your next dose of it is on Tuesday 24 November." in said
    assert "No diazepam today" not in said
    assert "diazepam 4 mg at night every day and zolpidem 5 mg at bedtime on Monday" in said
    assert "a week" not in said
    calendar = words(client.get("/p/calendar"))
    assert "diazepam 5 mg at night every day and zolpidem 5 mg at bedtime on Tuesday and Friday." in calendar


@pytest.mark.slow
def test_where_both_of_two_drugs_are_taken_today_nothing_is_said_of_a_day_off(standing_clock, client) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    plan = issue_plan(clinic.primary, patient, beside_days_off(["monday", "friday"]))
    client.get(f"/p/{token_for(patient, plan)}")
    give(client, str(patient.born.year))
    said = words(client.get("/p/"))
    assert "5 mg" in said
    assert "day off" not in said


def test_a_calendar_program_names_the_days_of_the_week() -> None:
    step = build(TaperRequest.from_json(nights_off(["tuesday", "thursday"]))).schedule.steps[0]
    assert event_title(step, calendar_words("en"), doses=True) == (
        "clonazepam: 1\u00a0mg at night on Tuesday and Thursday"
    )
    assert event_title(step, calendar_words("es"), doses=True).endswith(
        "1\u00a0mg por la noche (solo martes y jueves)"
    )
