"""What keeps a plan from being issued leads to where it is put right."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import Patient
from plans.services.actors import Actor
from tests.clients import client_of
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.web.plan_form_help import form_page, typed

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def link_of_the_refusal(client: Client, patient: Patient) -> str:
    client.get(form_page(patient))
    answer = client.post(form_page(patient), typed(patient, do="issue"))
    assert answer.status_code == 422
    found = re.search(r'id="errors".*?<a href="([^"]+)">', answer.content.decode(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("role", "way"), [("lead", "/settings/rota#h-standing"), ("primary", "#plan-form")])
def test_without_anybody_on_call_the_lead_is_led_to_the_rota(role: str, way: str) -> None:
    clinic = make_clinic(on_call=False)
    actor: Actor = getattr(clinic, role)
    assert link_of_the_refusal(client_of(actor), make_patient(clinic.primary)) == way


def test_without_a_consent_the_record_is_where_to_go(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    Patient.objects.filter(pk=patient.pk).update(consent_version="", consent_on=None, consent_by=None)
    edit = reverse("patient-edit", args=[patient.pk])
    assert link_of_the_refusal(client_of(clinic.primary), patient) == f"{edit}#id_consent_version"
