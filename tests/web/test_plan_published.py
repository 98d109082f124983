"""Published schedules and pasted rows in the plan form: what a click fills in, what stays, and what is said of it."""

from __future__ import annotations

import re

import pytest
from django.utils.datastructures import MultiValueDict

from plans.domain.errors import TaperError
from plans.domain.taper.engine import build
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.published import files
from plans.domain.taper.published_names import names
from plans.domain.taper.request import TaperRequest
from plans.models import PlanVersion
from plans.web.clinician.plan.forms import PlanForm
from plans.web.clinician.plan.published import fill, schedule_groups
from plans.web.clinician.plan.rows import read_rows, row_lines
from tests.web.plan_form_help import as_member, form_page, preview_page, typed

pytestmark = pytest.mark.django_db

EMPTY = {
    "start": "2026-11-30", "country": "US", "method": "percent_of_current", "percent": "10", "interval": "14",
    "goal": "zero", "falls_first": "morning", "cross_days": "7", "cross_first": "night", "equivalence": "ashton_2002",
    "max_pieces": "4", "dispense_days": "28", "checkin_day": "0", "checkin_time": "10:00",
}  # fmt: skip


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


def filled(name: str, **typed_before: str) -> PlanForm:
    country = str(files.schedule(name).request.get("country", "US"))
    values: dict[str, list[object]] = {
        key: [value] for key, value in {**EMPTY, "country": country, **typed_before}.items()
    }
    data = MultiValueDict(values)
    fill(data, name)
    return PlanForm(data, formulary=Formulary())


@pytest.mark.parametrize("name", names())
def test_every_schedule_fills_the_form_with_a_plan_that_follows_it(name: str) -> None:
    form = filled(name)
    assert form.is_valid(), form.errors
    assert form.followed is files.schedule(name)
    asked = files.schedule(name)
    made = build(TaperRequest.from_json(form.request)).schedule
    own = build(TaperRequest.from_json(asked.request_from({"start": "2026-11-30"}))).schedule
    totals = [[(drug, step.total(drug)) for drug in own.drugs] for step in (*made, *own)]
    assert totals[: len(made.steps)] == totals[len(made.steps) :]


def test_what_was_typed_stays_when_a_schedule_is_filled_in() -> None:
    form = filled(
        "bnf_diazepam_40_eighths", drug_a="diazepam", a_morning="16", after_words="Call us.", amount="3"
    )
    assert form.is_valid(), form.errors
    assert [one["dose_mg"] for one in form.request["regimen"]] == ["16"]
    assert form.typed["after_words"] == "Call us."
    assert form.typed["amount"] == "3"
    assert form.followed is not None
    other = filled("jcpg_diazepam_10", drug_a="lorazepam", a_night="1")
    assert (other.typed["drug_a"], other.typed["a_night"], other.typed["percent"]) == ("lorazepam", "1", "5")
    assert other.typed["preparation"] == ""


def test_a_rate_changed_afterwards_is_no_longer_what_was_published() -> None:
    data = filled("bnf_diazepam_40_eighths").typed
    data["percent"] = "20"
    form = PlanForm(data, formulary=Formulary())
    assert form.is_valid(), form.errors
    assert (form.published, form.followed) == (files.schedule("bnf_diazepam_40_eighths"), None)
    assert "published" not in form.request


def test_an_unknown_schedule_changes_nothing() -> None:
    values: dict[str, list[object]] = {key: [value] for key, value in EMPTY.items()}
    data = MultiValueDict(values)
    fill(data, "ashton_99")
    assert {key: data[key] for key in data} == EMPTY


def test_the_list_holds_the_schedules_of_the_drug_and_those_for_any_drug() -> None:
    own, any_drug = schedule_groups(frozenset({"zolpidem"}))
    assert (own.drug, any_drug.drug) == ("zolpidem", "Any drug, by percent")
    assert {files.schedule(name).drug for name, _ in own.choices} == {"zolpidem"}
    assert {name for name, _ in any_drug.choices} == {"bcfi_diazepam_20_tenths", "jcpg_diazepam_10"}
    assert schedule_groups(frozenset({"diazepam", "lorazepam"})) == (any_drug,)


def test_before_a_drug_is_chosen_the_list_holds_all_and_each_says_its_mark() -> None:
    groups = schedule_groups(frozenset())
    assert sum(len(group.choices) for group in groups) == len(names())
    words = dict(choice for group in groups for choice in group.choices)
    assert "not verified" in words["ashton_4_nitrazepam_10"]


def test_another_drugs_schedule_fills_in_nothing() -> None:
    data = MultiValueDict[str, object](
        {**{key: [value] for key, value in EMPTY.items()}, "drug_a": ["diazepam"]}
    )
    before = data.copy()
    with pytest.raises(TaperError) as refusal:
        fill(data, "clonazepam_3_twelve_weeks")
    assert refusal.value.code == "schedule_of_other_drug"
    assert data == before


def test_rows_of_another_drugs_schedule_are_refused_at_the_rows() -> None:
    data = filled("clonazepam_3_twelve_weeks").typed
    data["drug_a"] = "diazepam"
    form = PlanForm(data, formulary=Formulary())
    (said,) = form.errors["rows"]
    assert said == (
        "The published schedule is for clonazePAM alone, and this plan is for diazePAM: its doses do not suit it. "
        "Choose a schedule for diazePAM, or type how the dose is lowered."
    )
    assert form.followed is None


@pytest.mark.slow
def test_another_drugs_schedule_is_refused_with_what_to_do(signed_in, patient):
    form = typed(
        patient, drug_a="diazepam", a_morning="5", a_night="7", products=[], listed=[], do="published",
        published_pick="clonazepam_3_twelve_weeks",
    )  # fmt: skip
    answer = signed_in.post(form_page(patient), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The published schedule is for clonazePAM alone, and this plan is for diazePAM" in page
    assert "Clonazepam 3 mg in twelve weeks" not in page


@pytest.mark.slow
def test_that_a_plan_follows_is_not_offered_for_the_schedule_of_another_drug(signed_in, patient):
    form = typed(
        patient, drug_a="diazepam", a_morning="", a_night="40", products=[], listed=[], percent="50",
        method="percent_of_original", interval="7", published="pat_horenczyk_1998_zopiclone",
    )  # fmt: skip
    page = signed_in.post(preview_page(patient), form).content.decode()
    assert 'name="reason_' in page
    assert 'name="follows" value=' not in page
    assert "the plan no longer follows the published schedule" in page


@pytest.mark.slow
def test_one_click_fills_the_page_and_shows_source_and_mark(signed_in, patient):
    form = typed(
        patient, drug_a="diazepam", a_morning="", a_night="40", products=[], listed=[], do="published",
        published_pick="bnf_diazepam_40_eighths",
    )  # fmt: skip
    page = signed_in.post(form_page(patient), form).content.decode()
    assert re.search(r'name="percent" value="12.5"', page)
    assert "Follows the published schedule" in page
    assert "docslib.org/doc/8834537" in page
    assert 'name="follows" value=' in page


@pytest.mark.slow
def test_a_reason_can_be_that_the_plan_follows_the_schedule(signed_in, patient):
    form = typed(
        patient, drug_a="diazepam", a_morning="", a_night="40", products=[], listed=[], percent="12.5",
        method="percent_of_original", published="bnf_diazepam_40_eighths",
    )  # fmt: skip
    page = signed_in.post(preview_page(patient), form).content.decode()
    rules = re.findall(r'name="follows" value="(\w+)"', page)
    signed = re.findall(r'name="signed" value="(\w+)"', page)
    confirmed = re.findall(r'name="confirmed" value="([^"]+)"', page)
    shown = re.search(r'name="shown" id="f-shown" value="(\w+)"', page)
    assert rules
    assert shown
    answer = signed_in.post(
        form_page(patient),
        {
            **form,
            "follows": rules,
            "signed": signed,
            "confirmed": confirmed,
            "shown": shown[1],
            "do": "issue",
        },
    )
    assert answer.status_code == 302, re.findall(r'class="problem".*', answer.content.decode())
    version = PlanVersion.objects.get()
    assert "bnf_diazepam_40_eighths" in version.canonical
    assert "NICE CKS, benzodiazepine and z-drug withdrawal" in version.canonical


@pytest.mark.slow
def test_a_plan_becomes_rows_in_which_one_step_can_be_changed(signed_in, patient):
    page = signed_in.post(form_page(patient), typed(patient, do="rows")).content.decode()
    rows = re.search(r'<textarea name="rows"[^>]*>\s*(.+?)</textarea>', page, re.DOTALL)
    assert rows is not None
    lines = rows[1].splitlines()
    assert lines[:2] == [
        "14: clonazepam morning 0.5, clonazepam night 1",
        "14: clonazepam morning 0.375, clonazepam night 1",
    ]
    assert lines[-1] == "1: 0"
    assert '<option value="typed" selected>' in page
    longer = rows[1].replace("14: ", "21: ", 1)
    page = signed_in.post(preview_page(patient), typed(patient, method="typed", rows=longer)).content.decode()
    assert '<path class="line"' in page


@pytest.mark.slow
def test_a_crossover_becomes_rows_that_bring_the_products_of_both_drugs(signed_in, patient):
    page = signed_in.post(
        form_page(patient),
        typed(patient, cross_to="diazepam", do="rows", products=[], listed=[], max_pieces="8"),
    ).content.decode()
    assert "diazepam night" in page
    assert '<option value="diazepam" selected' not in page
    assert '<path class="line"' in page


@pytest.mark.slow
def test_cells_pasted_from_a_spreadsheet_are_rows(signed_in, patient):
    rows = "Days\tTotal\n14\t1.5\n14\t1.375\n1\t0"
    page = signed_in.post(preview_page(patient), typed(patient, method="typed", rows=rows)).content.decode()
    assert '<path class="line"' in page
    wrong = typed(patient, method="typed", rows="14\t1.5\n14\t1,375", do="issue")
    page = signed_in.post(form_page(patient), wrong).content.decode()
    assert "Line 2: 1,375 has a decimal comma. Write 1.375." in page
    wrong = typed(patient, method="typed", rows="14\t1.5\n14\t.5", do="issue")
    page = signed_in.post(form_page(patient), wrong).content.decode()
    assert "Line 2: “.5” has no digit before the point. Write 0.5." in page


def test_rows_are_written_as_they_are_read() -> None:
    text = "14: diazepam morning 2, lorazepam night 0.5\n7: 1.5\n1: 0"
    found = TaperRequest.from_json(
        {
            "start": "2026-11-30",
            "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "2"}],
            "method": {"name": "typed", "rows": read_rows(text, ["diazepam"])},
        }
    )
    assert row_lines(found.method.rows) == text  # type: ignore[union-attr]  # typed rows were asked for
