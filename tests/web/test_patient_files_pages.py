"""The pages of patients' files: made and saved, looked into, read, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from plans.domain.patient_file.archive import MOST_BYTES
from plans.domain.patient_file.signature import PartnerKey
from plans.models import Patient, PatientFile
from plans.services import patient_files
from tests.clients import client_of
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(db: None) -> ClinicMade:
    return make_clinic(name="Lakeside Clinic", zone="America/Chicago")


def sent(client: Any, content: bytes) -> Any:
    return client.post("/patient-files", {"file": SimpleUploadedFile("x.zip", content)}, follow=True)


@pytest.mark.slow
def test_a_file_is_saved_and_its_fingerprint_stands_on_the_page_afterwards(
    clinic: ClinicMade, settings: Any
) -> None:
    settings.PARTNER_KEYS = [PartnerKey("Hillside", b"h" * 40)]
    patient = make_patient(clinic.primary)
    here = client_of(clinic.primary)
    address = f"/patients/{patient.pk}/file"
    assert f'href="{address}"' in here.get(f"/patients/{patient.pk}/move").content.decode()
    assert '<option value="Hillside"' in here.get(address).content.decode()
    answer = here.post(address, {"partner": "Hillside"})
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].endswith('-patient.zip"')
    assert patient.name not in answer["Content-Disposition"]
    (made,) = patient_files.files_made(clinic.primary, patient.pk)
    page = here.get(address).content.decode()
    assert made.fingerprint in page
    assert "Hillside" in page
    refused = here.post(address, {"partner": "Nowhere"})
    assert refused.status_code == 422


@pytest.mark.slow
def test_a_file_is_looked_into_and_read_with_the_fingerprint(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    made = patient_files.make(by=clinic.primary, patient_id=patient.pk)
    there = client_of(other.primary)
    page = sent(there, made.content).content.decode()
    for words in (patient.name, "unknown. No key", "One is being followed", "issued the plan"):
        assert words in page
    assert made.fingerprint not in page
    address = f"/patient-files/{PatientFile.objects.get().pk}"
    said = {"do": "enter", "record_no": "LK-1", "zone": "America/Denver"}
    refused = there.post(address, {**said, "fingerprint": "0000"})
    assert refused.status_code == 422
    assert 'href="#id_fingerprint"' in refused.content.decode()
    assert 'value="America/Denver" selected' in refused.content.decode()
    done = there.post(address, {**said, "fingerprint": made.fingerprint}, follow=True).content.decode()
    assert f"{patient.name} is now a patient here, and yours" in done
    kept = client_of(other.reader).get(address).content.decode()
    assert "History at the clinic before" in kept
    assert 'value="enter"' not in kept
    again = sent(there, made.content)
    assert again.status_code == 422
    assert f'href="/patients/{Patient.objects.get(clinic_id=other.id).pk}"' in again.content.decode()


@pytest.mark.slow
def test_what_is_no_file_is_refused_beside_the_field(other: ClinicMade) -> None:
    there = client_of(other.primary)
    for content, words in (
        (b"", "This is not a patient’s file"),
        (b"x,y\n1,2\n", "This is not a patient’s file"),
        (b"P" * (MOST_BYTES + 1), "larger than patients’ files can be"),
    ):
        answer = sent(there, content)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert 'href="#id_file"' in answer.content.decode()
    assert there.post("/patient-files", {}).status_code == 422
    assert not PatientFile.objects.exists()


@pytest.mark.slow
def test_a_file_that_is_not_wanted_is_deleted(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    made = patient_files.make(by=clinic.primary, patient_id=patient.pk)
    there = client_of(other.primary)
    sent(there, made.content)
    address = f"/patient-files/{PatientFile.objects.get().pk}"
    assert f'href="{address}"' in there.get("/patient-files").content.decode()
    assert client_of(other.reader).post(address, {"do": "discard"}).status_code == 403
    said = there.post(address, {"do": "discard"}, follow=True).content.decode()
    assert "The file was deleted" in said
    assert not PatientFile.objects.exists()


@pytest.mark.slow
def test_somebody_of_the_same_name_is_asked_about(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    twin = make_patient(other.primary, name=patient.name, born=patient.born)
    made = patient_files.make(by=clinic.primary, patient_id=patient.pk)
    there = client_of(other.primary)
    assert twin.record_no in sent(there, made.content).content.decode()
    address = f"/patient-files/{PatientFile.objects.get().pk}"
    said = {"do": "enter", "record_no": "LK-1", "zone": "America/Denver", "fingerprint": made.fingerprint}
    refused = there.post(address, said)
    assert refused.status_code == 422
    assert 'href="#id_looked"' in refused.content.decode()
    assert there.post(address, {**said, "looked": "on"}).status_code == 302
