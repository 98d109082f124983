"""Asking for a second signature from the pages of a plan, and the page on which it is given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from plans.domain.taper.second_signature import Trigger
from plans.models import Patient, Plan, PlanVersion, Proposal, ReviewItem
from plans.services import clock
from plans.services.plans import proposals, states
from tests.clients import client_of
from tests.makers import ClinicMade, make_patient
from tests.makers_plans import issue_story_plan, plan_row
from tests.makers_proposals import want_two
from tests.web.markup import tight
from tests.web.plan_form_help import form_page, preview_page, typed
from tests.web.test_plan_form import answered
from tests.web.test_plan_pages import shown_in

pytestmark = pytest.mark.django_db
ONE = timedelta(days=1)


@pytest.fixture
def two(clinic: ClinicMade) -> ClinicMade:
    """A clinic that wants two signatures for patients who take opioids."""
    want_two(clinic, Trigger.OPIOIDS)
    return clinic


@pytest.fixture
def patient(two: ClinicMade) -> Patient:
    return make_patient(two.primary, substances=("opioids",))


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    """The running plan of a patient who takes opioids since it was issued."""
    who = make_patient(clinic.primary)
    made = issue_story_plan(clinic.primary, who, start=clock.today(who.zone) - 20 * ONE)
    Patient.objects.filter(pk=who.pk).update(substances=["opioids"])
    want_two(clinic, Trigger.OPIOIDS)
    return plan_row(made.pk)


@pytest.fixture
def author(clinic: ClinicMade) -> Client:
    return client_of(clinic.primary)


@pytest.fixture
def signer(clinic: ClinicMade) -> Client:
    return client_of(clinic.second)


def said(answer: Any) -> str:
    """The page that was answered, in one line."""
    return tight(answer.content.decode()).replace("\u00a0", " ")


def asked_in_change(author: Client, plan: Plan) -> tuple[str, Any]:
    """The address of the proposal and the page after asking for a slower pace from the page of changes."""
    address = reverse("plan-change", args=[plan.pk])
    form = {
        "act": "slow_down",
        "slow_days": "21",
        "begins": "today",
        "note": "Agreed on the phone",
        "lock": plan_row(plan.pk).lock,
    }
    seen = author.post(address, form)
    assert 'value="ask"' in said(seen)
    assert "Your clinic wants a second signature for this: opioids on the record" in said(seen)
    done = author.post(address, {**form, "shown": shown_in(seen), "do": "ask"}, follow=True)
    return done.redirect_chain[-1][0], done


def press(who: Client, address: str, do: str, **more: Any) -> Any:
    return who.post(address, {"do": do, **more}, follow=True)


def sign(who: Client, address: str) -> Any:
    """Press the button on the page as it stands."""
    return press(who, address, "sign", shown=shown_in(who.get(address)))


@pytest.mark.slow
def test_a_plan_that_needs_two_is_asked_for_signed_by_another_and_issued(
    author: Client, signer: Client, two: ClinicMade, patient: Patient
) -> None:
    form = typed(patient)
    seen = said(author.post(preview_page(patient), form))
    assert "Ask for a second signature" in seen
    assert "Issue plan" not in seen
    posted = answered(author, patient)
    done = author.post(form_page(patient), posted | {"do": "ask"}, follow=True)
    address = done.redirect_chain[-1][0]
    page = said(done)
    assert "A second signature is asked for." in page
    assert "Withdraw it" in page
    assert "Sign and issue it" not in page
    assert not PlanVersion.objects.exists()
    # the form of the draft leads here while it waits
    assert author.get(form_page(patient)).headers["Location"] == address
    theirs = said(signer.get(address))
    assert "What will be issued" in theirs
    assert f"{two.primary.name}," in theirs
    issued = said(sign(signer, address))
    assert "Signed. It is in force." in issued
    assert f"{two.primary.name}, second signature {two.second.name}" in issued
    assert PlanVersion.objects.count() == 1


@pytest.mark.slow
def test_a_change_that_needs_two_is_asked_for_and_signed(
    author: Client, signer: Client, clinic: ClinicMade, plan: Plan
) -> None:
    address, page = asked_in_change(author, plan)
    assert "Slowed down: a cut every 21 days." in said(page)
    waits = said(author.get(reverse("plan", args=[plan.pk])))
    assert "waits for a second signature" in waits
    item = ReviewItem.objects.get(source_key=f"signature:{plan.pk}")
    queue = said(signer.get(reverse("item", args=[item.pk])))
    assert f"A plan of {clinic.primary.name} waits for a second signature" in queue
    assert f'href="{address}"' in queue
    theirs = said(signer.get(address))
    assert "Agreed on the phone" in theirs
    assert "The coming steps" in theirs
    done = said(sign(signer, address))
    assert f"{clinic.primary.name}, second signature {clinic.second.name}" in done
    assert "Signed by" in said(author.get(address))


@pytest.mark.slow
def test_a_change_is_signed_on_a_later_day_from_the_day_it_was_asked_for(
    author: Client, signer: Client, plan: Plan
) -> None:
    address, _ = asked_in_change(author, plan)
    row = Proposal.objects.get(plan=plan)
    assert (row.form["begins"], row.form["from_day"]) == (
        ["other"],
        [clock.today(plan.patient.zone).isoformat()],
    )
    Proposal.objects.filter(pk=row.pk).update(asked_on=row.asked_on - ONE, from_day=row.from_day - ONE)
    page = said(signer.get(address))
    assert "Its first day has passed unsigned, and other doses were taken." in page
    assert "Sign and issue it" not in page


@pytest.mark.slow
def test_a_reason_is_asked_for_what_is_not_signed_and_what_was_typed_comes_back(
    author: Client, signer: Client, clinic: ClinicMade, plan: Plan
) -> None:
    address, _ = asked_in_change(author, plan)
    refused = press(signer, address, "decline", reason="")
    assert refused.status_code == 422
    assert "Write why you do not sign: its author reads it." in said(refused)
    assert "Not signed. Nothing was issued." in said(press(signer, address, "decline", reason="Wait a week."))
    page = said(author.get(address))
    assert f"{clinic.second.name} did not sign it" in page
    assert "Wait a week." in page
    again = f"{reverse('plan-change', args=[plan.pk])}?proposal={Proposal.objects.get(plan=plan).pk}"
    assert f'href="{again}"' in page
    form = said(author.get(again))
    assert 'value="slow_down" checked' in form
    assert "Agreed on the phone" in form


@pytest.mark.slow
def test_who_asked_withdraws_and_goes_on_from_what_was_typed(author: Client, plan: Plan) -> None:
    address, _ = asked_in_change(author, plan)
    done = press(author, address, "withdraw")
    assert "Withdrawn. What you typed is still here." in said(done)
    assert "Agreed on the phone" in said(done)


@pytest.mark.slow
def test_somebody_else_changed_the_plan_meanwhile_who_what_and_what_to_do(
    author: Client, signer: Client, clinic: ClinicMade, plan: Plan
) -> None:
    from plans.services.plans import revise

    address, _ = asked_in_change(author, plan)
    revise.revise(
        by=clinic.lead,
        plan_id=plan.pk,
        seen_lock=plan.lock,
        act="hold",
        params={"days": 7, "from": "tomorrow"},
        note="She asked for it.",
    )
    page = said(signer.get(address))
    assert f"{clinic.lead.name} changed this plan after it was asked for. Decline it" in page
    assert "She asked for it." in page
    assert "See the difference" in page
    assert "Sign and issue it" not in page


@pytest.mark.slow
def test_the_second_of_two_signers_is_told_on_the_page(
    author: Client, signer: Client, clinic: ClinicMade, plan: Plan
) -> None:
    address, _ = asked_in_change(author, plan)
    late, shown = client_of(clinic.lead), shown_in(signer.get(address))
    press(signer, address, "sign", shown=shown)
    refused = press(late, address, "sign", shown=shown)
    assert refused.status_code == 422
    assert f"{clinic.second.name} signed this before you. Nothing was done twice" in said(refused)


@pytest.mark.slow
def test_a_plan_that_ended_meanwhile_leaves_nothing_to_sign(
    author: Client, signer: Client, clinic: ClinicMade, plan: Plan
) -> None:
    address, _ = asked_in_change(author, plan)
    shown = shown_in(signer.get(address))
    states.stop(by=clinic.lead, plan_id=plan.pk, seen_lock=plan.lock, note="Moved away.")
    refused = press(signer, address, "sign", shown=shown)
    assert "there is nothing left to sign" in said(refused)
    assert f"by {clinic.lead.name}: nothing is left to sign" in said(signer.get(address))


@pytest.mark.slow
def test_the_button_that_issues_at_once_is_refused_where_two_are_wanted_meanwhile(
    author: Client, clinic: ClinicMade, patient: Patient
) -> None:
    posted = answered(author, patient)
    page = said(author.post(form_page(patient), posted | {"do": "issue"}))
    assert "This needs a second signature in your clinic." in page
    assert 'value="ask"' in page
    want_two(clinic)
    page = said(author.post(form_page(patient), posted | {"do": "ask"}))
    assert "This needs no second signature any more." in page
    assert 'value="issue"' in page


@pytest.mark.slow
def test_a_lead_chooses_what_needs_two_on_the_page_of_settings(clinic: ClinicMade) -> None:
    lead = client_of(clinic.lead)
    page = said(
        lead.post("/settings/signing", {"do": "second", "triggers": ["rise", "pregnancy"]}, follow=True)
    )
    assert "Saved: this needs a second signature from now on" in page
    assert page.count(" checked") == 2
    stale = lead.post("/settings/signing", {"do": "second", "triggers": ["crossover"]})
    assert stale.status_code == 409
    assert f"Not saved: {clinic.lead.name} changed this meanwhile" in said(stale)
    refused = lead.post("/settings/signing", {"do": "second", "triggers": ["everything"]})
    assert refused.status_code == 422


@pytest.mark.slow
def test_a_row_of_waits_leads_to_nothing_for_who_may_only_look(
    author: Client, clinic: ClinicMade, plan: Plan
) -> None:
    address, _ = asked_in_change(author, plan)
    page = said(client_of(clinic.reader).get(reverse("plan", args=[plan.pk])))
    assert "waits for a second signature" in page
    assert address not in page
    assert proposals.waits_for(clinic.reader, plan.patient_id)[0].issue is False


@pytest.mark.slow
def test_a_change_chosen_on_an_item_that_two_must_sign_says_where_it_is_asked_for(
    author: Client, clinic: ClinicMade, plan: Plan
) -> None:
    from django.db import transaction

    from plans.services import review

    with transaction.atomic():
        item = review.open_item(
            clinic_id=clinic.id, patient=plan.patient, plan=plan, source="plan", source_key="plan:1",
            priority="high", facts={}, now=clock.now(),
        )  # fmt: skip
    review.claim(by=clinic.primary, item_id=item.pk)
    page = author.post(
        reverse("item-preview", args=[item.pk]),
        {"act-act": "slow_down", "act-days": "28", "act-start": "today"},
    )
    assert "This needs a second signature in your clinic. The button" in said(page)
