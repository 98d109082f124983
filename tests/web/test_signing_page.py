"""The page of limits within which no reason is asked, and what the plan form shows of them."""

from __future__ import annotations

import pytest
from django.test import Client

from plans.domain.taper.second_signature import ProposalState, Trigger
from plans.models import Patient
from plans.services import own_limits
from plans.wording.second_signature import ENDED, TRIGGERS
from tests.makers import ClinicMade
from tests.web.markup import tight
from tests.web.plan_form_help import as_member, preview_page, typed

pytestmark = pytest.mark.django_db
PAGE = "/settings/signing"


@pytest.fixture
def lead(clinic: ClinicMade) -> Client:
    return as_member(Client(), clinic.lead)


def posted(clinic: ClinicMade, **figures: str) -> dict[str, str]:
    return {"do": "sign", "seen": own_limits.own_limits(clinic.lead).digest, "pace": "", "tail": ""} | figures


@pytest.mark.slow
def test_a_lead_signs_and_the_page_says_who_and_when(lead: Client, clinic: ClinicMade) -> None:
    assert "Signed by" not in lead.get(PAGE).content.decode()
    page = tight(lead.post(PAGE, posted(clinic, pace="25"), follow=True).content.decode())
    assert "The limits are signed with your name" in page
    assert f"Signed by {clinic.lead.name} on" in page
    assert 'value="25" selected' in page
    assert "Nothing was changed" in lead.post(PAGE, posted(clinic, pace="25"), follow=True).content.decode()
    assert "The limits were withdrawn" in lead.post(PAGE, posted(clinic), follow=True).content.decode()


def test_a_figure_that_is_not_offered_is_refused_beside_its_field(lead: Client, clinic: ClinicMade) -> None:
    answer = lead.post(PAGE, posted(clinic, pace="40"))
    assert answer.status_code == 422
    assert "Nothing was saved yet" in answer.content.decode()
    assert not own_limits.own_limits(clinic.lead).any


def test_the_second_of_two_leads_sees_who_signed_and_keeps_what_was_chosen(
    lead: Client, clinic: ClinicMade
) -> None:
    late = posted(clinic, pace="22")
    lead.post(PAGE, posted(clinic, pace="25"))
    answer = lead.post(PAGE, late)
    page = tight(answer.content.decode())
    assert answer.status_code == 409
    assert f"Not saved: {clinic.lead.name} changed this meanwhile" in page
    assert 'value="22" selected' in page


@pytest.mark.slow
def test_the_plan_form_shows_a_finding_within_the_limits_and_asks_for_no_reason(
    lead: Client, clinic: ClinicMade, patient: Patient
) -> None:
    form = typed(patient, a_morning="4", a_night="4", percent="15", interval="28", max_pieces="16")
    before = lead.post(preview_page(patient), form).content.decode()
    assert 'name="reason_pace"' in before
    lead.post(PAGE, posted(clinic, pace="25"))
    after = tight(lead.post(preview_page(patient), form).content.decode())
    assert "Within the limits of your clinic" in after
    assert 'name="reason_pace"' not in after


def test_everything_that_can_need_two_and_every_end_of_it_has_words() -> None:
    assert set(TRIGGERS) == set(Trigger)
    assert set(ENDED) == set(ProposalState)
