"""The pages of moves between clinics: offered, accepted, declined, taken back, and what stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plans.domain.moving import OFFER_STANDS
from plans.models import Patient, PatientMove, ReviewItem
from plans.services import moving
from tests.clients import client_of
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(db: None) -> ClinicMade:
    return make_clinic(name="Lakeside Clinic", zone="America/Chicago")


@pytest.mark.slow
def test_a_patient_is_offered_and_taken_over_in_a_few_clicks(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    here, there = client_of(clinic.primary), client_of(other.primary)
    assert f'href="/patients/{patient.pk}/move"' in here.get(f"/patients/{patient.pk}").content.decode()
    form = here.get(f"/patients/{patient.pk}/move").content.decode()
    assert f'<option value="{other.id}">Lakeside Clinic</option>' in form
    assert str(clinic.id) not in form
    said = here.post(
        f"/patients/{patient.pk}/move", {"clinic": str(other.id), "note": "Moves house."}, follow=True
    ).content.decode()
    assert "Offered to Lakeside Clinic" in said
    key = PatientMove.objects.get(patient=patient).pk
    assert f'href="/moves/{key}"' in there.get("/moves").content.decode()
    item = ReviewItem.objects.get(clinic_id=other.id)
    assert f'href="/moves/{key}"' in there.get(f"/items/{item.pk}").content.decode()
    offer = there.get(f"/moves/{key}").content.decode()
    for word in (patient.name, "clonazePAM", "Moves house.", f'value="{patient.record_no}"'):
        assert word in offer
    assert 'value="America/Chicago" selected' in offer
    for word in (patient.email, patient.phone, "0.5 mg"):
        assert word not in offer
    taken = there.post(
        f"/moves/{key}",
        {"do": "accept", "record_no": patient.record_no, "zone": "America/Chicago"},
        follow=True,
    ).content.decode()
    assert f"{patient.name} is now a patient here, and yours" in taken
    assert there.get(f"/patients/{patient.pk}/history").status_code == 200
    assert here.get(f"/patients/{patient.pk}").status_code == 404


@pytest.mark.slow
def test_the_clinic_that_gave_a_patient_away_opens_its_record(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    key = moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=other.id)
    moving.accept(by=other.primary, move_id=key, record_no="LK-1", zone="America/Chicago")
    here = client_of(clinic.reader)
    assert "Moved" in here.get("/moves").content.decode()
    record = here.get(f"/moves/{key}").content.decode()
    assert "took the patient over for Lakeside Clinic" in record
    assert "issued the plan" in record
    assert "LK-1" not in record
    file = here.post(f"/moves/{key}", {"do": "export"})
    assert file["Content-Disposition"].endswith('-kept.json"')
    assert patient.name in file.content.decode()
    assert client_of(other.primary).post(f"/moves/{key}", {"do": "export"}).status_code == 404


@pytest.mark.slow
def test_a_number_that_is_taken_is_asked_for_and_what_was_typed_stays(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    make_patient(other.primary, record_no=patient.record_no)
    key = moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=other.id)
    there = client_of(other.primary)
    assert (
        f"Record number {patient.record_no} is somebody else’s here"
        in there.get(f"/moves/{key}").content.decode()
    )
    answer = there.post(
        f"/moves/{key}", {"do": "accept", "record_no": patient.record_no, "zone": "America/Denver"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'href="#id_record_no"' in page
    assert 'value="America/Denver" selected' in page


@pytest.mark.slow
def test_declining_needs_a_reason_which_the_other_clinic_reads(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    key = moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=other.id)
    there = client_of(other.primary)
    refused = there.post(f"/moves/{key}", {"do": "decline", "reason": " "})
    assert refused.status_code == 422
    assert 'href="#id_reason"' in refused.content.decode()
    said = there.post(f"/moves/{key}", {"do": "decline", "reason": "No room."}, follow=True).content.decode()
    assert "The offer was declined" in said
    assert there.get(f"/moves/{key}").status_code == 404
    assert "No room." in client_of(clinic.reader).get(f"/moves/{key}").content.decode()


@pytest.mark.slow
def test_an_offer_is_taken_back_by_whoever_plans(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    key = moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=other.id)
    assert client_of(clinic.staff).post(f"/moves/{key}", {"do": "take_back"}).status_code == 403
    here = client_of(clinic.second)
    assert f'href="/moves/{key}"' in here.get(f"/patients/{patient.pk}/move").content.decode()
    said = here.post(f"/moves/{key}", {"do": "take_back"}, follow=True).content.decode()
    assert "The offer was taken back" in said
    assert Patient.objects.get(pk=patient.pk).clinic_id == clinic.id
    again = here.post(f"/moves/{key}", {"do": "take_back"}, follow=True).content.decode()
    assert "This offer has ended meanwhile" in again


@pytest.mark.slow
def test_what_is_no_clinic_is_refused_beside_the_field(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    for sent in ("", "x", str(clinic.id)):
        answer = client_of(clinic.primary).post(
            f"/patients/{patient.pk}/move", {"clinic": sent, "note": "Typed words"}
        )
        assert answer.status_code == 422
        assert 'href="#id_clinic"' in answer.content.decode()
        assert "Typed words" in answer.content.decode()
    assert not PatientMove.objects.exists()


@pytest.mark.slow
def test_a_second_offer_and_one_whose_time_is_over_are_refused_in_words(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        key = moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=other.id)
        answer = client_of(clinic.primary).post(f"/patients/{patient.pk}/move", {"clinic": str(other.id)})
        assert "is offered to Lakeside Clinic already" in answer.content.decode()
    with on(START + OFFER_STANDS + timedelta(minutes=1)):
        late = client_of(other.primary).post(
            f"/moves/{key}", {"do": "accept", "record_no": "LK-1", "zone": "America/Chicago"}
        )
        assert late.status_code == 422
        assert "This offer has ended meanwhile" in late.content.decode()
