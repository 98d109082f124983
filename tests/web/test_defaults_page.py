"""With what new plans begin in a clinic: set on a page, audited, and after a template only."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from plans.domain.caseload_file.values import DayOrder
from plans.domain.errors import NotAllowed, Stale
from plans.domain.taper.maintenance import usual_review
from plans.domain.taper.plan_defaults import PlanDefaults
from plans.models import AuditEvent, Clinic, Patient
from plans.services import clock, imports, plan_defaults
from plans.services.plans import templates
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_plan, story_request
from tests.present import present
from tests.web.markup import tight
from tests.web.plan_form_help import as_member, form_page, preview_page, typed

pytestmark = pytest.mark.django_db
PAGE = "/settings/defaults"
OURS = {
    "method": "percent_of_original", "percent": "7.5", "interval_days": "21", "lengthen_days": "2", "spread": "even",
    "equivalence": "ashton_2002", "max_pieces": "3", "dispense_days": "14", "instalment_days": "7",
    "review_weeks": "6",
}  # fmt: skip


@pytest.fixture
def lead(clinic: ClinicMade) -> Client:
    return as_member(Client(), clinic.lead)


def posted(clinic: ClinicMade, **changes: str) -> dict[str, str]:
    return {**OURS, "seen": plan_defaults.plan_defaults(clinic.lead).digest, **changes}


def begun(client: Client, patient: Patient) -> dict[str, str]:
    """What the form of a new plan begins with."""
    page = tight(client.get(form_page(patient)).content.decode())
    found = dict(re.findall(r'<input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', page))
    for name, options in re.findall(r'<select[^>]*? name="(\w+)".*?>(.*?)</select>', page):
        found[name] = "".join(re.findall(r'value="([^"]*)" selected', options))
    return found


@pytest.mark.slow
def test_without_any_a_new_plan_begins_as_ever(lead: Client, patient: Patient) -> None:
    form = begun(lead, patient)
    assert [form[name] for name in ("method", "percent", "interval", "dispense_days", "spread")] == [
        "percent_of_current", "10", "14", "28", "",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_new_plan_begins_from_what_the_lead_saved_and_the_trail_says_so(
    lead: Client, clinic: ClinicMade, patient: Patient
) -> None:
    assert lead.post(PAGE, posted(clinic)).status_code == 302
    form = begun(as_member(Client(), clinic.primary), patient)
    names = (
        "method", "percent", "interval", "lengthen", "spread", "equivalence", "max_pieces", "dispense_days",
        "instalment_days",
    )  # fmt: skip
    assert [form[name] for name in names] == [
        "percent_of_original", "7.5", "21", "2", "even", "ashton_2002", "3", "14", "7",
    ]  # fmt: skip
    event = AuditEvent.objects.get(act="clinic.defaults_set")
    assert event.facts["before"] == PlanDefaults().to_json()
    assert event.facts["after"]["percent"] == "7.5"
    assert "changed with what new plans begin" in lead.get("/settings/history").content.decode()


def test_a_template_goes_before_the_defaults(lead: Client, clinic: ClinicMade, patient: Patient) -> None:
    lead.post(PAGE, posted(clinic))
    templates.keep(by=clinic.lead, name="Slow", form={"percent": ["5"], "method": ["percent_of_current"]})
    templates.begin_from(by=clinic.lead, name="Slow")
    form = begun(lead, patient)
    assert (form["method"], form["percent"]) == ("percent_of_current", "5")
    assert "New plans begin from the template “Slow”." in lead.get(PAGE).content.decode()


@pytest.mark.slow
def test_a_draft_that_was_begun_stays_as_it_is(lead: Client, clinic: ClinicMade, patient: Patient) -> None:
    lead.post(preview_page(patient), typed(patient, percent="9"))
    lead.post(PAGE, posted(clinic))
    assert begun(lead, patient)["percent"] == "9"


@pytest.mark.slow
def test_the_draft_of_an_imported_patient_begins_from_them_too(lead: Client, clinic: ClinicMade) -> None:
    lead.post(PAGE, posted(clinic))
    head = b"name,record number,date of birth,reason,months,phone,drug,night\n"
    raw = head + b"Ola New,R-9,1970-01-02,panic,24,555-0142,clonazepam,1\n"
    key = imports.upload(by=clinic.lead, raw=raw)
    shown = imports.dry_run(clinic.lead, key).digest
    form = {f"column_{n}": code for n, code in enumerate(imports.import_file(clinic.lead, key).columns)}
    lead.post(f"/import/{key}", form | {"day_order": DayOrder.UNSAID.value, "do": "all", "shown": shown})
    patient = Patient.objects.get(record_no="R-9")
    assert begun(lead, patient)["percent"] == "7.5"


@pytest.mark.slow
def test_a_dose_that_stays_is_reviewed_after_as_many_weeks(
    lead: Client, clinic: ClinicMade, patient: Patient
) -> None:
    lead.post(PAGE, posted(clinic))
    today = clock.today(patient.zone)
    plan = issue_plan(clinic.primary, patient, story_request(today, goal_mg="1.25"))
    assert plan.review_on == usual_review(present(plan.goal_on), today, 6)
    usual = make_clinic()
    other = make_patient(usual.primary)
    plan = issue_plan(usual.primary, other, story_request(today, goal_mg="1.25"))
    assert plan.review_on == usual_review(present(plan.goal_on), today)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("percent", "ten", "10"),
        ("percent", "0", ""),
        ("percent", "101", "100"),
        ("interval_days", "0", "366"),
        ("interval_days", "14.5", ""),
        ("review_weeks", "53", "52"),
        ("max_pieces", "0", ""),
        ("method", "bands", ""),
        ("instalment_days", "28", "13"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_the_rest_stays(
    lead: Client, clinic: ClinicMade, name: str, value: str, said: str
) -> None:
    answer = lead.post(PAGE, posted(clinic, **{name: value}))
    page = tight(answer.content.decode())
    assert answer.status_code == 422
    assert f'href="#id_{name}"' in page
    assert said in page
    assert 'value="21"' in page or name == "interval_days"
    assert plan_defaults.plan_defaults(clinic.lead) == PlanDefaults()


def test_whoever_saved_meanwhile_is_named_and_not_overwritten_unseen(
    lead: Client, clinic: ClinicMade
) -> None:
    stale = posted(clinic, percent="5")
    lead.post(PAGE, posted(clinic, percent="8"))
    answer = lead.post(PAGE, stale)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"Not saved: {clinic.lead.name} changed this meanwhile" in page
    assert 'value="5"' in page
    assert plan_defaults.plan_defaults(clinic.lead).percent == "8"
    assert lead.post(PAGE, posted(clinic, percent="8")).status_code == 302
    assert AuditEvent.objects.filter(act="clinic.defaults_set").count() == 1


def test_only_a_lead_sets_them_and_another_clinic_keeps_its_own(clinic: ClinicMade) -> None:
    with pytest.raises(NotAllowed):
        plan_defaults.set_defaults(by=clinic.primary, seen_digest="", defaults=PlanDefaults(percent="5"))
    with pytest.raises(Stale):
        plan_defaults.set_defaults(by=clinic.lead, seen_digest="", defaults=PlanDefaults(percent="5"))
    seen = PlanDefaults().digest
    plan_defaults.set_defaults(by=clinic.lead, seen_digest=seen, defaults=PlanDefaults(percent="5"))
    assert plan_defaults.plan_defaults(make_clinic().lead) == PlanDefaults()


@pytest.mark.parametrize(
    "stored", [{"percent": "0"}, {"method": "typed"}, {"new": 1}, [], "5", {"dispense_days": 29}]
)
def test_what_cannot_be_read_counts_as_nothing_saved(clinic: ClinicMade, stored: Any) -> None:
    row = Clinic.objects.get(pk=clinic.id)
    row.settings = {**row.settings, "plan_defaults": stored}
    row.save(update_fields=["settings"])
    assert plan_defaults.plan_defaults(clinic.lead) == PlanDefaults()


def test_what_a_release_before_saved_is_read_with_the_rest_as_usual() -> None:
    assert PlanDefaults.from_json({"percent": "5"}) == PlanDefaults(percent="5")
    ours = PlanDefaults(percent="7.5", spread="even", instalment_days=7, review_weeks=6)
    assert PlanDefaults.from_json(ours.to_json()) == ours
