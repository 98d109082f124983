"""A plan as text for the clinic's record, and as data for other programs."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from plans.domain.errors import NotFound
from plans.models import AuditEvent
from plans.services.checkins import sessions
from plans.services.plans import drafts, export
from plans.services.plans.export import ExportKind
from plans.services.plans.queries import full_schedule
from tests.clients import client_of
from tests.makers import make_clinic, make_patient
from tests.makers_care import return_home, set_care
from tests.makers_checkins import START, answer_all, asked, on
from tests.makers_plans import TOGETHER, issue_plan, plan_row, story_request
from tests.web.patient_story import Story, hold

pytestmark = pytest.mark.django_db


def text_of(page: Any) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.content.decode(), re.DOTALL)
    assert found
    return html.unescape(found[1])


def rows_of(made: export.Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.text)))


def taken(story: Story, kind: ExportKind) -> export.Export:
    return export.export(by=story.clinic.reader, plan_id=story.plan.pk, kind=kind)


@pytest.mark.slow
def test_the_text_says_who_takes_what_what_changed_last_and_what_comes(begun: Story) -> None:
    hold(begun)
    page = client_of(begun.clinic.reader).get(reverse("plan-record", args=[begun.plan.pk]))
    text = text_of(page)
    assert text.splitlines()[0].startswith(begun.patient.name)
    for line in (
        "version 2: held",
        "Dose today: clonazePAM 1.5 mg",
        "Reason: Asked.",
        "Dose changes to come",
    ):
        assert line in text
    assert "Held at clonazePAM 1.5 mg for 14 days." in text
    assert "\u00a0" not in text


@pytest.mark.slow
def test_every_drug_of_the_day_stands_in_the_text_of_a_plan_with_two(standing_clock: Any) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    plan = issue_plan(clinic.primary, patient, story_request("2026-11-23", TOGETHER))
    text = text_of(client_of(clinic.primary).get(reverse("plan-record", args=[plan.pk])))
    assert "Dose today: LORazepam 2 mg + zolpidem 10 mg" in text


@pytest.mark.slow
def test_steps_hold_each_dose_with_its_drug_and_days_hold_every_day(begun: Story) -> None:
    schedule = full_schedule(plan_row(begun.plan.pk))
    steps = rows_of(taken(begun, ExportKind.STEPS))
    assert [(row["drug"], row["dose_mg"]) for row in steps if row["step"] == "1"] == [
        (dose.drug, dose.dose.text) for dose in schedule.steps[0].doses
    ]
    days = rows_of(taken(begun, ExportKind.DAYS))
    wanted = [(schedule.start + timedelta(days=n)).isoformat() for n in range(schedule.days)]
    assert list(dict.fromkeys(row["date"] for row in days)) == wanted
    assert days[-1]["dose_mg"] == "0"


@pytest.mark.slow
def test_days_in_hospital_say_so_and_no_dose_of_the_plan(begun: Story, standing_clock: Any) -> None:
    """They said the doses of the plan, which nobody took there."""
    set_care(begun.clinic.primary, begun.patient, "admitted")
    standing_clock.shift(timedelta(days=3))
    return_home(begun.clinic.primary, begun.plan)
    days, steps = rows_of(taken(begun, ExportKind.DAYS)), rows_of(taken(begun, ExportKind.STEPS))
    stay = [row for row in days if row["kind"] == "pause"]
    assert [row["date"] for row in stay] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert {(row["time"], row["drug"], row["dose_mg"]) for row in stay} == {("", "", "")}
    (rests,) = [row for row in steps if row["kind"] == "pause"]
    assert (rests["days"], rests["dose_mg"]) == ("3", "")
    whole = json.loads(taken(begun, ExportKind.WHOLE).text)
    assert [row["dose_mg"] for row in whole["steps"] if row["kind"] == "pause"] == [""]


@pytest.mark.slow
def test_answers_hold_each_answer_and_each_total_and_no_cell_is_a_formula() -> None:
    with on(START):
        story = asked()
        answer_all(sessions.for_link(story.link), sx_shaking="3")
        made = export.export(by=story.clinic.primary, plan_id=story.plan.pk, kind=ExportKind.ANSWERS)
    said = {row["question"]: row["answer"] for row in rows_of(made)}
    assert said["sx_shaking"] == "3"
    assert said["phq9.total"] == "0"
    made_up = export.as_csv(("answer",), iter([{"answer": '=HYPERLINK("x")'}, {"answer": "plain"}]))
    assert [row[0] for row in csv.reader(io.StringIO(made_up))] == ["answer", '\'=HYPERLINK("x")', "plain"]


@pytest.mark.slow
def test_everything_holds_each_version_as_it_was_issued(begun: Story) -> None:
    hold(begun)
    whole = json.loads(taken(begun, ExportKind.WHOLE).text)
    assert [one["kind"] for one in whole["versions"]] == ["issued", "hold"]
    assert whole["patient"]["record_no"] == begun.patient.record_no
    assert begun.patient.name not in json.dumps(whole["patient"])


@pytest.mark.slow
def test_a_press_gives_a_file_whose_name_tells_nothing_and_the_history_keeps_it(begun: Story) -> None:
    browser = client_of(begun.clinic.reader)
    answer = browser.post(reverse("plan-record", args=[begun.plan.pk]), {"what": "days.csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="2026-11-23-days.csv"'
    event = AuditEvent.objects.get(act="plan.exported")
    assert (event.patient_id, event.facts) == (begun.patient.pk, {"what": "days.csv"})


@pytest.mark.slow
def test_looking_at_the_page_exports_nothing_and_an_unknown_kind_is_refused_in_words(begun: Story) -> None:
    browser = client_of(begun.clinic.reader)
    here = reverse("plan-record", args=[begun.plan.pk])
    browser.get(here, {"what": "days.csv"})
    refused = browser.post(here, {"what": "nothing.csv"})
    assert refused.status_code == 422
    assert "Choose what to export" in refused.content.decode()
    assert not AuditEvent.objects.filter(act="plan.exported").exists()


@pytest.mark.slow
def test_another_clinic_and_a_draft_have_nothing_to_export(begun: Story) -> None:
    with pytest.raises(NotFound):
        export.export(by=make_clinic().primary, plan_id=begun.plan.pk, kind=ExportKind.WHOLE)
    other = make_patient(begun.clinic.primary)
    draft = drafts.save(by=begun.clinic.primary, patient_id=other.pk, form={}, seen_lock=None)
    with pytest.raises(NotFound):
        export.export(by=begun.clinic.primary, plan_id=draft.plan_id, kind=ExportKind.STEPS)
