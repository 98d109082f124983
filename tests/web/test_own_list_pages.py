"""The page that asks why, and what it shows of the patient: the name."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import Patient
from plans.services import clock, own_list
from tests.clients import client_of
from tests.makers import ClinicMade, make_member, make_patient
from tests.web.access_world import routes

pytestmark = pytest.mark.django_db

# Keys that name no patient, or stand beside one that does.
OF_NO_PATIENT = {
    "user_id", "question_id", "import_id", "channel_id", "invitation_id", "shift_id", "leave_id", "kept_id",
    "visit_id", "dispensing_id", "hours_id",
}  # fmt: skip
# Lists show as much of these: messages, offers between clinics, files from elsewhere.
SHOWN_IN_LISTS = {"work_id", "move_id", "file_id"}


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    """A patient of the second clinician in a clinic that asks why."""
    own_list.set_asks_why(by=clinic.lead, on=True)
    made = make_patient(clinic.second, name="Named Testcase", crisis_plan="Canarycrisis")
    Patient.objects.filter(pk=made.pk).update(created_at=clock.now() - timedelta(days=30))
    return made


@pytest.fixture
def outsider(clinic: ClinicMade) -> Client:
    """A browser of somebody who has nothing to do with the patient."""
    return client_of(make_member(clinic.id))


def test_a_record_outside_ones_list_asks_why_and_then_opens(patient: Patient, outsider: Client) -> None:
    address, why = reverse("patient", args=[patient.pk]), reverse("record-why", args=[patient.pk])
    asked = outsider.get(address)
    assert asked.headers["Location"] == f"{why}?next={quote(address, safe='')}"
    page = outsider.get(asked.headers["Location"]).content.decode()
    assert "Named Testcase is not on your own list" in page
    for hidden in (patient.record_no, patient.email, patient.phone, "Canarycrisis", "1979"):
        assert hidden not in page
    empty = outsider.post(why, {"reason": " ", "next": address})
    assert empty.status_code == 422
    assert outsider.get(address).status_code == 302
    done = outsider.post(why, {"reason": "The pharmacy called", "next": address})
    assert done.headers["Location"] == address
    assert outsider.get(address).status_code == 200


@pytest.mark.slow
def test_a_form_sent_to_such_a_record_changes_nothing_and_is_kept(patient: Patient, outsider: Client) -> None:
    address = reverse("patient-edit", args=[patient.pk])
    sent = outsider.post(address, {"name": "Changed Testcase", "notes": "typed words"})
    assert sent.headers["Location"].startswith(reverse("record-why", args=[patient.pk]))
    assert Patient.objects.get(pk=patient.pk).name == "Named Testcase"
    outsider.post(reverse("record-why", args=[patient.pk]), {"reason": "Cover", "next": address})
    page = outsider.get(address).content.decode()
    assert "Changed Testcase" in page
    assert "typed words" in page


@pytest.mark.parametrize(
    "onward", ["https://elsewhere.example.org/", "//elsewhere.example.org", "javascript:1"]
)
def test_it_leads_to_no_other_site(patient: Patient, outsider: Client, onward: str) -> None:
    why = reverse("record-why", args=[patient.pk])
    done = outsider.post(why, {"reason": "Cover", "next": onward})
    assert done.headers["Location"] == reverse("patient", args=[patient.pk])


@pytest.mark.slow
def test_the_lead_reads_the_reasons_and_switches_the_question(
    clinic: ClinicMade, patient: Patient, outsider: Client
) -> None:
    lead, address = client_of(clinic.lead), reverse("openings")
    assert "No record was opened outside" in lead.get(address).content.decode()
    outsider.post(reverse("record-why", args=[patient.pk]), {"reason": "The pharmacy called"})
    assert "The pharmacy called" in lead.get(address).content.decode()
    found = lead.post("/find", {"q": "zzz", "where": "openings"}, follow=True)
    assert "No record matches this" in found.content.decode()
    lead.post(address, {"do": "off"})
    assert client_of(make_member(clinic.id)).get(reverse("patient", args=[patient.pk])).status_code == 200


def test_every_page_about_one_patient_is_behind_the_question() -> None:
    named = {
        name
        for route in routes()
        if getattr(route.view, "gate", ("",))[0] == "staff"
        for name in route.arguments
        if name.endswith("_id")
    }
    assert named == set(own_list.NAMED_BY) | OF_NO_PATIENT | SHOWN_IN_LISTS
