"""What an item says is about to happen, taking over, waiting, and ends that fit, on its page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from plans.models import ReviewItem
from plans.services import clock, review
from tests.clients import client_of
from tests.makers_plans import issue_story_plan
from tests.services.review_help import raiser
from tests.web.item_help import act, again, raise_urgent, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


def squeezed(page):
    return re.sub(r"\s+", " ", page.replace("\u00a0", " "))


@pytest.mark.slow
def test_an_item_says_first_what_is_about_to_happen(clinic, client, patient):
    issue_story_plan(clinic.primary, patient)
    item = raiser(clinic, patient)("routine", key="mine")
    page = squeezed(text(client.get(f"/items/{item.pk}")))
    assert "What is about to happen" in page
    assert re.search(r"mg from \w+", page)
    assert patient.pharmacy in page
    assert "by the plan; no other dose is on record" in page


@pytest.mark.slow
def test_what_was_last_agreed_is_the_latest_note(clinic, client, patient):
    first = raiser(clinic, patient)("routine", key="first")
    review.claim(by=clinic.second, item_id=first.pk)
    review.resolve(
        by=clinic.second, item_id=first.pk, seen_lock=2, outcome="nothing_to_do", note="Rings on Friday."
    )
    item = raiser(clinic, patient)("routine", key="second")
    page = squeezed(text(client.get(f"/items/{item.pk}")))
    assert re.search(rf"Rings on Friday\. <span[^>]*>{clinic.second.name}", page)


@pytest.mark.slow
def test_a_patient_without_a_plan_has_none_ahead(clinic, client, patient):
    item = raiser(clinic, patient)("routine", key="mine")
    assert "No plan is followed" in text(client.get(f"/items/{item.pk}"))


@pytest.mark.slow
def test_a_lead_takes_over_on_the_page(clinic, patient):
    item = raise_urgent(clinic, patient)
    review.claim(by=clinic.primary, item_id=item.pk)
    lead = client_of(clinic.lead)
    assert f"Take over from {clinic.primary.name}" in squeezed(text(lead.get(f"/items/{item.pk}")))
    refused = act(lead, item, "take-over", **{"take-note": ""})
    assert refused.status_code == 422
    assert 'id="id_take-note_error"' in text(refused)
    act(lead, item, "take-over", **{"take-note": "He is in theatre."})
    page = text(client_of(clinic.primary).get(f"/items/{item.pk}"))
    assert f"Taken over from {clinic.primary.name}" in page
    assert "He is in theatre." in page


@pytest.mark.slow
def test_a_clinician_is_not_offered_what_they_may_not_take_over(clinic, patient):
    item = raise_urgent(clinic, patient)
    review.claim(by=clinic.primary, item_id=item.pk)
    assert "Take over" not in text(client_of(clinic.second).get(f"/items/{item.pk}"))


@pytest.mark.slow
def test_an_item_waits_for_the_pharmacy_and_the_queue_says_so(clinic, client, patient):
    item = raiser(clinic, patient)("high", key="mine")
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    until = (clock.today("America/New_York") + timedelta(days=2)).isoformat()
    refused = act(client, item, "wait", **{"wait-waits_for": "", "wait-until": until, "wait-note": "x"})
    assert refused.status_code == 422
    act(
        client, item, "wait", **{"wait-waits_for": "pharmacy", "wait-until": until, "wait-note": "Strengths."}
    )
    assert again(item).state == "waiting"
    assert "Waiting for the pharmacy" in text(client.get("/queue"))
    assert "Waits for the pharmacy until" in text(client.get(f"/items/{item.pk}"))


@pytest.mark.slow
def test_what_needs_a_call_says_so_beside_the_field_and_keeps_the_note(clinic, client, patient):
    item = raise_urgent(clinic, patient)
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    typed = {"end-outcome": "reached_safe", "end-note": "Half a page.", "end-no_call": ""}
    response = act(client, item, "resolve", **typed)
    page = text(response)
    assert response.status_code == 422
    assert 'id="id_end-no_call_error"' in page
    assert "Half a page." in page
    assert again(item).state == "claimed"


@pytest.mark.slow
def test_a_call_that_was_just_made_is_recorded_with_the_end(clinic, client, patient):
    item = raise_urgent(clinic, patient)
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    typed = {"end-outcome": "reached_safe", "end-note": "Spoke.", "end-called": "reached"}
    assert act(client, item, "resolve", **typed).status_code == 302
    assert list(item.events.order_by("at", "id").values_list("kind", flat=True))[-2:] == [
        "called",
        "resolved",
    ]
    page = squeezed(text(client.get(f"/items/{item.pk}")))
    assert "Called the patient: Reached" in page


@pytest.mark.slow
def test_a_refused_end_records_no_call(clinic, client, patient):
    item = raise_urgent(clinic, patient)
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    typed = {"end-outcome": "reached_safe", "end-note": "Spoke.", "end-called": "no_answer"}
    assert act(client, item, "resolve", **typed).status_code == 422
    assert not item.events.filter(kind="called").exists()


@pytest.mark.slow
def test_to_whom_somebody_was_referred_stands_in_the_history(clinic, client, patient):
    item = raiser(clinic, patient)("high", key="mine")
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    typed = {"end-outcome": "reached_referred", "end-referred_to": "Memory clinic, Dr Example"}
    act(client, item, "resolve", **typed)
    assert "Referred to: Memory clinic, Dr Example" in text(client.get(f"/items/{item.pk}"))


@pytest.mark.slow
def test_a_routine_item_is_preset_to_no_action_and_ends_with_one_press(clinic, client, patient):
    item = raiser(clinic, patient)("routine", key="mine")
    page = text(client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"}, follow=True))
    assert re.search(r'value="nothing_to_do"\s+selected', page)
    assert act(client, item, "resolve", **{"end-outcome": "nothing_to_do"}).status_code == 302
    assert ReviewItem.objects.get(pk=item.pk).state == "resolved"
