"""Another patient's plan as a pattern: how it is built comes with it, nothing of the patient, doses only where said."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.datastructures import MultiValueDict

from plans.domain.errors import NotAllowed, Refused
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.methods import METHODS
from plans.domain.taper.request import TaperRequest
from plans.models import AuditEvent, Patient, Plan
from plans.services import clock, patterns
from plans.services.plans import drafts
from plans.web.clinician.plan import pattern
from plans.web.clinician.plan.forms import PlanForm
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import CROSSOVER, THREE, TOGETHER, issue_plan, story_request
from tests.web.markup import tight
from tests.web.plan_form_help import ODT, TABLET, as_member, form_page, preview_page, typed

DB = pytest.mark.django_db
EMPTY = {
    "start": "2027-02-01", "country": "US", "method": "percent_of_current", "percent": "10", "interval": "14",
    "goal": "zero", "falls_first": "morning", "cross_days": "7", "cross_first": "night", "equivalence": "ashton_2002",
    "max_pieces": "4", "dispense_days": "28", "checkin_day": "0", "checkin_time": "10:00",
}  # fmt: skip
# Each method as somebody types it.
FIELDS: dict[str, dict[str, str]] = {
    "percent_of_current": {"percent": "8", "interval": "21", "lengthen": "2"},
    "percent_of_original": {"percent": "12.5"},
    "fixed_amount": {"amount": "0.125", "lengthen": "3"},
    "bands": {"band_above_1": "1", "band_cut_1": "0.25", "band_above_2": "0", "band_cut_2": "0.125"},
    "equal_occupancy": {"points": "5"},
    "two_rates": {"first_percent": "10", "then_percent": "5", "then_interval": "28", "below": "0.5"},
    "micro": {"percent": "10"},
    "target_date": {"by": "2028-05-01"},
    "steps": {"count": "12"},
    "typed": {"rows": "14: 1.5\n14: morning 0.5, night 0.875\n1: 0"},
}


def form_of(values: dict[str, Any]) -> PlanForm:
    data = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    form = PlanForm(MultiValueDict(data), formulary=Formulary())
    assert form.is_valid(), form.errors
    return form


def story(**changes: Any) -> dict[str, Any]:
    """What another patient's plan was asked as."""
    plan = {
        "drug_a": "clonazepam", "a_morning": "0.5", "a_night": "1", "products": [TABLET, ODT],
        "listed": ["clonazepam/US"], f"split:{TABLET}": "2", "max_pieces": "6", "start": "2026-11-30",
    }  # fmt: skip
    return {**EMPTY, **plan, **changes}


def filled(asked: TaperRequest, *, doses: bool = False, **before: Any) -> PlanForm:
    """A form that begins as `before`, filled from a plan, as it is read then."""
    values = {**EMPTY, **before}
    data = MultiValueDict(
        {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    )
    pattern.fill(data, asked, doses=doses)
    return PlanForm(data, formulary=Formulary())


@pytest.mark.slow
def test_each_method_comes_with_its_figures() -> None:
    assert FIELDS.keys() == METHODS.keys()
    for name, fields in FIELDS.items():
        asked = TaperRequest.from_json(form_of(story(method=name, **fields)).request)
        form = filled(asked, doses=True, by=fields.get("by", ""))
        assert form.is_valid(), (name, form.errors)
        again = TaperRequest.from_json(form.request)
        assert (again.method, again.regimen, again.products) == (asked.method, asked.regimen, asked.products)


def test_the_end_the_spread_fills_and_syringes_come_with_it() -> None:
    more = {
        "end_last": "0.125", "end_longest": "60", "end_days": "mon wed fri sun\nmon fri", "spread": "even",
        "falls_first": "night", "dispense_days": "14", "instalment_days": "7", "max_pieces": "5",
        "syringes": ["1"],
    }  # fmt: skip
    asked = TaperRequest.from_json(form_of(story(**more)).request)
    form = filled(asked, a_morning="0.5", a_night="1")
    assert form.is_valid(), form.errors
    again = TaperRequest.from_json(form.request)
    for name in (
        "end", "spread", "falls_first", "dispense_days", "instalment_days", "max_pieces", "syringes", "products",
    ):  # fmt: skip
        assert getattr(again, name) == getattr(asked, name), name


def test_products_of_a_kind_of_their_own_come_as_they_were_typed() -> None:
    own = {
        "own_drug_1": "clonazepam", "own_form_1": "solution", "own_strength_1": "0.3", "own_step_1": "0.1",
        "own_drug_2": "clonazepam", "own_form_2": "order_capsule", "own_strength_2": "0.1",
        "own_drug_3": "clonazepam", "own_form_3": "drops", "own_strength_3": "0.1", "own_ml_3": "2.5",
    }  # fmt: skip
    asked = TaperRequest.from_json(form_of(story(**own)).request)
    form = filled(asked, a_morning="0.5", a_night="1")
    assert form.is_valid(), form.errors
    again = TaperRequest.from_json(form.request)
    assert set(again.products or ()) == set(asked.products or ())


@pytest.mark.parametrize(("other", "row"), [(CROSSOVER, "a"), (TOGETHER, "b")])
def test_a_switch_and_a_second_drug_come_with_it(other: dict[str, Any], row: str) -> None:
    asked = TaperRequest.from_json(story_request("2026-11-30", other))
    form = filled(asked, doses=True)
    assert form.is_valid(), form.errors
    again = TaperRequest.from_json(form.request)
    assert (again.crossover, again.regimen, again.drug_order) == (
        asked.crossover,
        asked.regimen,
        asked.drug_order,
    )
    assert form.typed[f"drug_{row}"]


def test_nothing_of_the_patient_comes_and_what_was_typed_stays() -> None:
    of_a_patient = {
        "after_words": "Call Ann.", "reason_pace": "She asked for it", "pause_from_1": "2027-01-04",
        "pause_days_1": "7", "before": "3: night 10", "checkin_day": "3", f"home:{TABLET}": "20",
    }  # fmt: skip
    asked = TaperRequest.from_json(form_of(story(**of_a_patient, percent="8")).request)
    form = filled(asked, a_night="2", after_words="Call us.", checkin_day="1")
    values = {name: form.typed.getlist(name) for name in form.typed}
    assert values["percent"] == ["8"]
    assert (values["a_night"], values["start"]) == (["2"], ["2027-02-01"])
    assert (values["after_words"], values["checkin_day"]) == (["Call us."], ["1"])
    told = str(values)
    for hidden in ("Call Ann", "She asked", "2027-01-04", "night 10", "2026-11-30", "home:", "0.5'"):
        assert hidden not in told, hidden


def test_doses_come_only_where_that_was_said() -> None:
    rows = {"method": "typed", "rows": FIELDS["typed"]["rows"], "goal": "stay", "goal_mg": "0.25"}
    asked = TaperRequest.from_json(form_of(story(**rows)).request)
    bare = filled(asked).typed
    assert (bare["method"], bare.get("rows"), bare.get("goal_mg"), bare.get("a_morning")) == (
        "percent_of_current",
        None,
        None,
        None,
    )
    assert bare["goal"] == "stay"
    whole = filled(asked, doses=True).typed
    assert (whole["method"], whole["goal_mg"], whole["a_morning"], whole["a_night"]) == (
        "typed", "0.25", "0.5", "1",
    )  # fmt: skip
    mine = filled(asked, doses=True, a_night="2").typed
    assert (mine["a_night"], mine.get("a_morning")) == ("2", None)


def test_a_pattern_of_another_drug_brings_its_method_and_never_a_dose() -> None:
    asked = TaperRequest.from_json(form_of(story(percent="8")).request)
    typed_here = {"drug_a": "diazepam", "products": ["diazepam tablet 2 mg"], "listed": ["diazepam/US"]}
    form = filled(asked, doses=True, **typed_here).typed
    assert form["percent"] == "8"
    assert (form["drug_a"], form.getlist("products")) == ("diazepam", ["diazepam tablet 2 mg"])
    assert form.get("a_morning") is None


# From here on with patients.


@pytest.fixture
def signed_in(client: Client, clinic: ClinicMade) -> Client:
    return as_member(client, clinic.primary)


@pytest.fixture
def source(clinic: ClinicMade) -> Plan:
    """The issued plan of somebody else: 8 % every 21 days."""
    patient = make_patient(clinic.primary, name="Wilma Pattern", record_no="P-0042")
    method = {"name": "percent_of_current", "percent": "8", "interval_days": 21}
    start = clock.today(patient.zone) - timedelta(days=20)
    return issue_plan(clinic.primary, patient, story_request(start, method=method))


def chosen(page: str, name: str) -> str:
    """The value that a field of the form stands on."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


def press(client: Client, patient: Patient, do: str, **more: Any) -> Any:
    form = typed(patient, a_morning="", a_night="2", drug_a="", products=[], listed=[], after_words="Mine.")
    return client.post(form_page(patient), form | {"do": do} | more)


@pytest.mark.slow
@DB
@pytest.mark.parametrize("q", ["Pattern", "wilma pat", "P-0042"])
def test_a_plan_is_found_by_name_and_record_number_and_fills_the_form(
    signed_in: Client, patient: Patient, source: Plan, q: str
) -> None:
    page = tight(press(signed_in, patient, "pattern_find", pattern_q=q).content.decode())
    assert "Wilma Pattern, P-0042" in page
    assert "clonazePAM: " in page
    assert chosen(page, "pattern_pick") == str(source.pk)
    assert "Mine." in page
    answer = press(signed_in, patient, "pattern", pattern_q=q, pattern_pick=str(source.pk))
    page = tight(answer.content.decode())
    assert [chosen(page, name) for name in ("percent", "interval", "a_night", "a_morning")] == [
        "8",
        "21",
        "2",
        "",
    ]
    assert "Mine." in page


@pytest.mark.slow
@DB
def test_enter_in_the_search_field_searches(signed_in: Client, patient: Patient, source: Plan) -> None:
    page = press(signed_in, patient, "show", pattern_q="Pattern").content.decode()
    assert "Wilma Pattern, P-0042" in page


@pytest.mark.slow
@DB
def test_nobody_found_says_so(signed_in: Client, patient: Patient, clinic: ClinicMade) -> None:
    draft_only = make_patient(clinic.primary, name="Dora Draft")
    drafts.save(by=clinic.primary, patient_id=draft_only.pk, form={"percent": ["5"]}, seen_lock=None)
    for q in ("Dora", "Nobody", ""):
        page = press(signed_in, patient, "pattern_find", pattern_q=q).content.decode()
        assert "No issued plan of another patient was found." in page


@pytest.mark.slow
@DB
def test_neither_the_search_nor_a_name_is_kept_in_the_draft(
    signed_in: Client, patient: Patient, source: Plan, clinic: ClinicMade
) -> None:
    press(
        signed_in, patient, "pattern_find", pattern_q="Wilma", pattern_pick=str(source.pk), pattern_doses="1"
    )
    draft = drafts.load(clinic.primary, patient_id=patient.pk)
    assert draft is not None
    assert not [name for name in draft.form if name.startswith("pattern")]
    assert "Wilma" not in str(draft.form)


@pytest.mark.slow
@DB
def test_both_histories_say_that_it_was_done_and_neither_names_the_other(
    signed_in: Client, patient: Patient, source: Plan
) -> None:
    press(signed_in, patient, "pattern", pattern_pick=str(source.pk))
    mine = AuditEvent.objects.get(act="plan.begun_from_pattern")
    theirs = AuditEvent.objects.get(act="plan.used_as_pattern")
    assert (mine.patient_id, theirs.patient_id) == (patient.pk, source.patient_id)
    assert (mine.facts, theirs.facts) == ({}, {})
    assert mine.plan_id == Plan.objects.get(patient=patient).pk
    assert theirs.plan_id == source.pk
    page = signed_in.get(f"/patients/{patient.pk}/history").content.decode()
    assert "filled in a draft with another patient’s plan as a pattern" in page
    assert "Wilma" not in page


@DB
@pytest.mark.parametrize("pick", ["", "no-key", "foreign", "own", "draft", "missing"])
def test_what_cannot_be_a_pattern_is_refused_and_nothing_typed_is_lost(
    signed_in: Client, clinic: ClinicMade, pick: str
) -> None:
    patient = make_patient(clinic.primary)
    if pick == "foreign":
        other = make_clinic()
        pick = str(
            issue_plan(other.primary, make_patient(other.primary), story_request(clock.today("UTC"))).pk
        )
    elif pick == "own":
        pick = str(issue_plan(clinic.primary, patient, story_request(clock.today(patient.zone))).pk)
    elif pick == "draft":
        theirs = make_patient(clinic.primary)
        pick = str(drafts.save(by=clinic.primary, patient_id=theirs.pk, form={}, seen_lock=None).plan_id)
    elif pick == "missing":
        pick = str(uuid4())
    answer = press(signed_in, patient, "pattern", pattern_pick=pick)
    page = tight(answer.content.decode())
    assert answer.status_code == 422
    assert "This plan cannot be used as a pattern." in page
    assert chosen(page, "a_night") == "2"
    assert not AuditEvent.objects.filter(act__contains="pattern").exists()


@DB
def test_who_may_not_plan_finds_nothing(clinic: ClinicMade, patient: Patient, source: Plan) -> None:
    with pytest.raises(NotAllowed):
        patterns.find(clinic.reader, q="Pattern", but=patient.pk)
    with pytest.raises(NotAllowed):
        patterns.pattern(clinic.staff, source.pk, patient_id=patient.pk)
    stranger = make_clinic()
    assert patterns.find(stranger.primary, q="Pattern", but=patient.pk) == ()
    with pytest.raises(Refused) as refusal:
        patterns.pattern(stranger.primary, source.pk, patient_id=patient.pk)
    assert refusal.value.facts["reason"] == "pattern_gone"


@DB
def test_the_live_result_keeps_no_search_either(
    signed_in: Client, patient: Patient, clinic: ClinicMade
) -> None:
    signed_in.post(preview_page(patient), typed(patient) | {"pattern_q": "Wilma"})
    draft = drafts.load(clinic.primary, patient_id=patient.pk)
    assert draft is not None
    assert "pattern_q" not in draft.form


def test_a_plan_of_more_drugs_than_the_form_has_brings_none_of_its_doses() -> None:
    """Two of three drugs came with their doses, and the third was left out without a word."""
    asked = TaperRequest.from_json(story_request("2026-11-30", THREE))
    form = filled(asked, doses=True)
    given = {name: value for name, value in form.data.items() if name.startswith(("a_", "b_")) and value}
    assert given == {}
    assert form.data["percent"] == "12.5"
