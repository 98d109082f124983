"""The page that says whose patient it is, and the lead's hand-over."""

from __future__ import annotations

from uuid import uuid4

import pytest

from plans.models import Membership, Patient
from tests.clients import client_of
from tests.makers import ClinicMade, make_member, make_patient

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_record_names_the_owner_and_another_is_chosen_in_two_clicks(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    client = client_of(clinic.staff)
    page = client.get(f"/patients/{patient.pk}").content.decode()
    assert f'href="/patients/{patient.pk}/owner"' in page
    form = client.get(f"/patients/{patient.pk}/owner").content.decode()
    assert f'<option value="{clinic.primary.id}" selected' in form
    assert str(clinic.reader.id) not in form
    said = client.post(f"/patients/{patient.pk}/owner", {"owner": str(clinic.second.id)}, follow=True)
    assert "The owner is saved" in said.content.decode()
    assert clinic.second.name in said.content.decode()
    client.post(f"/patients/{patient.pk}/owner", {"owner": "nobody"})
    assert Patient.objects.get(pk=patient.pk).owner_id is None


@pytest.mark.parametrize("sent", [{}, {"owner": "x"}, {"owner": str(uuid4())}])
def test_what_is_no_member_is_refused_beside_the_field(clinic: ClinicMade, sent: dict[str, str]) -> None:
    patient = make_patient(clinic.primary)
    answer = client_of(clinic.primary).post(f"/patients/{patient.pk}/owner", sent)
    assert answer.status_code == 422
    assert 'href="#id_owner"' in answer.content.decode()
    assert Patient.objects.get(pk=patient.pk).owner_id == clinic.primary.id


@pytest.mark.slow
def test_a_lead_removes_somebody_after_their_patients_were_handed_over(clinic: ClinicMade) -> None:
    leaving = make_member(clinic.id)
    patient = make_patient(leaving)
    lead = client_of(clinic.lead)
    address = f"/settings/people/{leaving.id}"
    refused = lead.post(address, {"do": "end"})
    assert refused.status_code == 422
    assert "They have patients of their own. Hand them over first." in refused.content.decode()
    assert "Hand over 1 patient" in refused.content.decode()
    wrong = lead.post(address, {"do": "hand_over", "to": str(leaving.id)})
    assert wrong.status_code == 422
    assert 'href="#id_to"' in wrong.content.decode()
    said = lead.post(address, {"do": "hand_over", "to": str(clinic.second.id)}, follow=True)
    assert "1 patient was handed over" in said.content.decode()
    assert Patient.objects.get(pk=patient.pk).owner_id == clinic.second.id
    assert lead.post(address, {"do": "end"}).status_code == 302
    assert not Membership.objects.get(user_id=leaving.member_id).is_active
