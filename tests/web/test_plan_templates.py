"""Templates of plans: kept from a plan form without anything of the patient, and where new plans begin."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.models import AuditEvent, Clinic, Patient
from plans.services.plans import templates
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.web.markup import tight
from tests.web.plan_form_help import ODT, as_member, form_page, typed

pytestmark = pytest.mark.django_db
PAGE = "/settings/templates"
NAME = "Ours: 8 % every 3 weeks"


@pytest.fixture
def lead(clinic: ClinicMade) -> Client:
    return as_member(Client(), clinic.lead)


@pytest.fixture
def kept(lead: Client, patient: Patient) -> Client:
    """A lead who kept the plan of a patient as a template."""
    form = typed(
        patient, percent="8", interval="21", products=[ODT], a_morning="0.75", after_words="Call Ann."
    )
    form |= {"reason_pace": "She asked for it", "pause_from_1": "2027-01-04", "pause_days_1": "7"}
    lead.post(form_page(patient), form | {"do": "keep_template", "template_name": f"  {NAME} "})
    return lead


def chosen(page: str, name: str) -> str:
    """The value that a field of the form stands on."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


def test_a_template_holds_how_the_dose_is_lowered_and_nothing_of_the_patient(
    kept: Client, clinic: ClinicMade
) -> None:
    (found,) = templates.templates(clinic.primary)
    assert found.name == NAME
    assert (found.form["percent"], found.form["interval"], found.form["products"]) == (["8"], ["21"], [ODT])
    told = str(found.form)
    for of_the_patient in ("0.75", "Call Ann", "She asked", "2027", "10:00"):
        assert of_the_patient not in told


@pytest.mark.slow
def test_a_new_plan_is_filled_in_with_it_and_keeps_the_dose_and_the_day_that_were_typed(
    kept: Client, clinic: ClinicMade
) -> None:
    other = make_patient(clinic.primary)
    form = typed(other, a_night="2", start="2027-02-01") | {"do": "template", "template_pick": NAME}
    page = tight(kept.post(form_page(other), form).content.decode())
    assert [chosen(page, name) for name in ("percent", "interval", "a_night", "start")] == [
        "8", "21", "2", "2027-02-01",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_template_of_another_drug_brings_its_method_and_leaves_the_products(
    kept: Client, clinic: ClinicMade
) -> None:
    other = make_patient(clinic.primary)
    mine = {"drug_a": "diazepam", "listed": ["diazepam/US"], "products": ["diazepam tablet 2 mg"]}
    form = typed(other, **mine) | {"do": "template", "template_pick": NAME}
    page = tight(kept.post(form_page(other), form).content.decode())
    assert chosen(page, "percent") == "8"
    assert 'value="diazepam tablet 2 mg" checked' in page
    assert ODT not in page


@pytest.mark.slow
def test_new_plans_begin_from_the_template_that_a_lead_chose(kept: Client, clinic: ClinicMade) -> None:
    assert kept.post(PAGE, {"do": f"usual|{NAME}"}).status_code == 302
    doctor = as_member(Client(), clinic.primary)
    page = tight(doctor.get(form_page(make_patient(clinic.primary))).content.decode())
    assert [chosen(page, name) for name in ("percent", "interval", "a_night")] == ["8", "21", ""]
    kept.post(PAGE, {"do": "usual|"})
    page = tight(doctor.get(form_page(make_patient(clinic.primary))).content.decode())
    assert chosen(page, "percent") == "10"


@pytest.mark.slow
def test_a_template_that_was_removed_fills_in_nothing_and_the_history_says_who_did_what(
    kept: Client, clinic: ClinicMade
) -> None:
    assert NAME in kept.get(PAGE).content.decode()
    kept.post(PAGE, {"do": f"remove|{NAME}"})
    assert "There is none yet." in kept.get(PAGE).content.decode()
    assert "removed meanwhile" in kept.post(PAGE, {"do": f"remove|{NAME}"}, follow=True).content.decode()
    other = make_patient(clinic.primary)
    form = typed(other) | {"do": "template", "template_pick": NAME}
    assert chosen(tight(kept.post(form_page(other), form).content.decode()), "percent") == "10"
    acts = list(AuditEvent.objects.filter(act__startswith="clinic.template").values_list("act", flat=True))
    assert sorted(acts) == ["clinic.template_kept", "clinic.template_removed"]


@pytest.mark.slow
def test_a_template_without_a_name_is_refused_and_what_was_typed_stays(
    lead: Client, patient: Patient
) -> None:
    form = typed(patient, percent="7") | {"do": "keep_template", "template_name": " "}
    answer = lead.post(form_page(patient), form)
    assert answer.status_code == 422
    page = tight(answer.content.decode())
    assert "Give the template a name." in page
    assert chosen(page, "percent") == "7"


@pytest.mark.slow
def test_a_fifty_first_template_is_refused_and_one_of_the_same_name_replaces_the_old(
    clinic: ClinicMade,
) -> None:
    for n in range(templates.MOST):
        assert not templates.keep(by=clinic.lead, name=f"T{n}", form={"percent": ["5"]})
    with pytest.raises(Refused) as refusal:
        templates.keep(by=clinic.lead, name="One more", form={"percent": ["5"]})
    assert refusal.value.facts["reason"] == "too_many_templates"
    assert templates.keep(by=clinic.lead, name="T1", form={"percent": ["6"]})
    assert len(templates.templates(clinic.lead)) == templates.MOST


@pytest.mark.slow
def test_only_a_lead_keeps_and_removes_and_another_clinic_sees_none(kept: Client, clinic: ClinicMade) -> None:
    with pytest.raises(NotAllowed):
        templates.keep(by=clinic.primary, name="Mine", form={})
    with pytest.raises(NotAllowed):
        templates.remove(by=clinic.primary, name=NAME)
    stranger = make_clinic()
    assert templates.templates(stranger.lead) == ()
    with pytest.raises(NotFound):
        templates.begin_from(by=stranger.lead, name=NAME)
    assert Clinic.objects.get(pk=clinic.id).settings["plan_templates"].keys() == {NAME}
    doctor = as_member(Client(), clinic.primary)
    page = doctor.get(form_page(make_patient(clinic.primary))).content.decode()
    assert "Keep this as a template" not in page
    assert NAME in page
