"""What is done on an item's page: calls, notes, reassigning, escalating, resolving, and stale forms."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from plans.services import clock, review
from tests.clients import client_of
from tests.makers import make_clinic
from tests.services.review_help import raiser
from tests.web.item_help import act, again, lock_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


@pytest.mark.slow
def test_ending_an_urgent_item_without_a_note_is_refused_beside_the_field(client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    response = act(client, item, "resolve", **{"end-outcome": "reached_safe", "end-note": ""})
    page = text(response)
    assert response.status_code == 422
    assert 'id="id_end-note_error"' in page
    assert 'href="#id_end-note"' in page
    assert re.search(r'value="reached_safe"\s+selected', page)
    assert again(item).state == "claimed"


@pytest.mark.slow
def test_ending_it_with_both_says_how_it_ended(clinic, client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    typed = {"end-outcome": "reached_safe", "end-note": "Spoke with her.", "end-called": "reached"}
    act(client, item, "resolve", **typed)
    page = text(client.get(f"/items/{item.pk}"))
    assert f"Resolved by {clinic.primary.name}" in page
    assert "Spoke with her." in page
    assert "End this item" not in page


@pytest.mark.slow
def test_an_item_is_ended_and_the_next_one_claimed_with_one_press(clinic, client, patient):
    first, second = (raiser(clinic, patient)("high", key=key) for key in ("one", "two"))
    client.post(f"/items/{first.pk}/claim", {"seen_lock": "1"})
    sent = {"end-outcome": "nothing_to_do", "end-note": "", "do": "next"}
    response = act(client, first, "resolve", **sent)
    assert response.headers["Location"] == f"/items/{second.pk}"
    assert (again(first).state, again(second).state) == ("resolved", "claimed")
    assert "The next item is yours." in text(client.get(f"/items/{second.pk}"))
    last = act(client, second, "resolve", **sent)
    assert last.headers["Location"] == "/queue"
    assert "All open items are assigned." in text(client.get("/queue"))


@pytest.mark.slow
def test_a_stale_form_says_who_did_what_and_keeps_every_word(clinic, client, item):
    page = text(client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"}, follow=True))
    seen = lock_in(page)
    review.add_note(by=clinic.staff, item_id=item.pk, seen_lock=2, note="Her sister rang.")
    words = "Half a page of careful words."
    typed = {"seen_lock": seen, "end-outcome": "reached_safe", "end-note": words, "end-called": "reached"}
    response = client.post(f"/items/{item.pk}/resolve", typed)
    page = text(response)
    assert response.status_code == 409
    assert f"{clinic.staff.name} changed this item" in page
    assert "Half a page of careful words." in page
    assert "Her sister rang." in page
    assert again(item).state == "claimed"
    assert client.post(f"/items/{item.pk}/resolve", {**typed, "seen_lock": lock_in(page)}).status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize("lock", ["", "0", "x", "-1", "999", "１"])
def test_a_number_that_was_never_shown_is_stale(client, item, lock):
    response = client.post(f"/items/{item.pk}/note", {"seen_lock": lock, "note-note": "Hello."})
    assert response.status_code == 409
    assert "Hello." in text(response)


def test_a_value_sent_twice_is_refused(client, item):
    response = client.post(f"/items/{item.pk}/note", {"seen_lock": ["1", "2"], "note-note": "Hello."})
    assert response.status_code == 400


@pytest.mark.slow
def test_a_call_is_recorded_by_staff_as_well(clinic, client, item):
    staff = client_of(clinic.staff)
    sent = {"call-callee": "patient", "call-outcome": "no_answer", "call-note": "Rang twice."}
    assert act(staff, item, "call", **sent).status_code == 302
    page = text(client.get(f"/items/{item.pk}"))
    assert "Called the patient: No answer" in page
    assert "Rang twice." in page


@pytest.mark.slow
def test_a_call_without_an_outcome_is_refused_with_its_form_open(client, item):
    response = act(
        client, item, "call", **{"call-callee": "patient", "call-outcome": "", "call-note": "Rang."}
    )
    page = text(response)
    assert response.status_code == 422
    assert 'id="id_call-outcome_error"' in page
    assert "<details open>" in page


@pytest.mark.slow
def test_hidden_marks_in_a_note_are_refused_and_shown_again(client, item):
    response = act(client, item, "note", **{"note-note": "a\u202eb"})
    assert response.status_code == 422
    assert "changes the direction of writing" in text(response)


@pytest.mark.slow
def test_an_item_is_reassigned_to_a_colleague(clinic, client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    sent = {"pass-to": str(clinic.second.id), "pass-note": "You know her."}
    assert act(client, item, "pass", **sent).status_code == 302
    assert again(item).holder_id == clinic.second.id
    theirs = text(client_of(clinic.second).get(f"/items/{item.pk}"))
    assert "I have seen it and claim it" in theirs


@pytest.mark.slow
def test_somebody_of_another_clinic_cannot_be_chosen(client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    response = act(client, item, "pass", **{"pass-to": str(make_clinic().primary.id), "pass-note": ""})
    assert response.status_code == 422
    assert again(item).state == "claimed"


@pytest.mark.slow
def test_escalating_says_who_is_alerted(clinic, client, item):
    act(client, item, "escalate", **{"escalate-note": "Cannot leave my room."})
    page = text(client.get(f"/items/{item.pk}"))
    assert f"Alert sent to {clinic.second.name}" in page


@pytest.mark.slow
def test_an_urgent_item_offers_no_snooze(client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    assert "Put it aside" not in text(client.get(f"/items/{item.pk}"))
    until = (clock.today("America/New_York") + timedelta(days=2)).isoformat()
    assert act(client, item, "snooze", **{"snooze-until": until, "snooze-note": ""}).status_code == 422
