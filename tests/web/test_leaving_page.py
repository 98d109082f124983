"""The page on which a leaving member's work is handed over."""

from __future__ import annotations

import pytest
from django.urls import reverse

from plans.models import Membership, Patient
from plans.services.review import acts
from tests.clients import client_of
from tests.makers import ClinicMade, make_member, make_patient
from tests.services.review_help import raiser

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_ending_a_membership_leads_to_what_is_left_and_then_ends_it(clinic: ClinicMade) -> None:
    leaving = make_member(clinic.id)
    first, second = make_patient(leaving), make_patient(leaving)
    acts.claim(by=leaving, item_id=raiser(clinic, first)().pk)
    lead = client_of(clinic.lead)
    member, leave = (reverse(name, args=[leaving.id]) for name in ("member", "member-leave"))
    assert f'href="{leave}"' in lead.get(member).content.decode()
    assert lead.post(member, {"do": "end"}).headers["Location"] == leave
    page = lead.get(leave).content.decode()
    assert first.name in page
    assert "Patients are handed over first." in page
    refused = lead.post(leave, {"do": "end"})
    assert refused.status_code == 422
    assert "They have patients of their own" in refused.content.decode()
    to = {"to": str(clinic.second.id)}
    nothing = lead.post(leave, {"do": "owned", "which": "ticked", **to})
    assert nothing.status_code == 422
    assert "Tick what is handed over" in nothing.content.decode()
    lead.post(leave, {"do": "owned", "which": "ticked", "ticked": [str(first.pk)], **to})
    assert Patient.objects.get(pk=first.pk).owner_id == clinic.second.id
    assert Patient.objects.get(pk=second.pk).owner_id == leaving.id
    assert lead.post(leave, {"do": "owned", "which": "all", "to": str(leaving.id)}).status_code == 422
    said = lead.post(leave, {"do": "owned", "which": "all", **to}, follow=True).content.decode()
    assert "1 was handed over" in said
    assert "Review items: 1" in said
    assert lead.post(leave, {"do": "end"}).status_code == 302
    assert not Membership.objects.get(user_id=leaving.member_id).is_active


@pytest.mark.slow
def test_nothing_is_handed_over_by_a_press_of_no_button(clinic: ClinicMade) -> None:
    address = reverse("member-leave", args=[clinic.second.id])
    assert client_of(clinic.lead).post(address, {"do": "explode"}).status_code == 422
