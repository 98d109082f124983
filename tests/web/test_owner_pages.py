"""The page that says whose patient it is."""

from __future__ import annotations

from uuid import uuid4

import pytest

from plans.models import Patient
from tests.clients import client_of
from tests.makers import ClinicMade, make_patient

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
