"""Writing a letter: choose a template, look at it, keep it, print it; and the clinic's templates."""

from __future__ import annotations

import re

import pytest

from plans.models import Letter
from plans.services import letters
from tests.clients import client_of
from tests.makers import make_patient
from tests.makers_plans import issue_story_plan
from tests.services.review_help import raiser
from tests.web.item_help import text

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TYPED = {"to": "gp", "to_name": "Dr Example", "subject": "The taper", "text": "It goes on.\n\nWith regards"}


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


def address(patient):
    return f"/patients/{patient.pk}/letters/new"


def shown_in(page):
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def test_templates_are_offered_and_one_fills_the_form(client, patient):
    assert "To the GP: the plan" in text(client.get(address(patient)))
    page = text(client.get(address(patient), {"template": "To the GP: the plan"}))
    assert patient.name in page
    assert "[addressee]" in page


def test_a_letter_is_shown_before_it_is_kept_and_kept_as_shown(clinic, client, patient):
    page = text(client.post(address(patient), {**TYPED, "do": "show"}))
    assert "Keep it and print" in page
    assert not Letter.objects.exists()
    response = client.post(address(patient), {**TYPED, "do": "printed", "shown": shown_in(page)})
    row = Letter.objects.get()
    assert response.headers["Location"] == f"/letters/{row.pk}"
    page = text(client.get(f"/letters/{row.pk}"))
    assert '<article class="letter">' in page
    assert "It goes on." in page
    assert "The taper" in text(client_of(clinic.reader).get(f"/patients/{patient.pk}/letters"))


def test_a_letter_changed_after_it_was_shown_is_shown_again(client, patient):
    page = text(client.post(address(patient), {**TYPED, "do": "show"}))
    sent = {**TYPED, "text": "Other words.", "do": "printed", "shown": shown_in(page)}
    response = client.post(address(patient), sent)
    assert response.status_code == 422
    assert "has changed since it was shown" in text(response)
    assert "Other words." in text(response)
    assert not Letter.objects.exists()


def test_what_is_still_to_fill_in_is_named(client, patient):
    typed = {**TYPED, "text": "Takes [dose]."}
    page = text(client.post(address(patient), {**typed, "do": "show"}))
    response = client.post(address(patient), {**typed, "do": "printed", "shown": shown_in(page)})
    assert response.status_code == 422
    assert "Still to fill in: dose" in text(response)


def test_a_message_is_offered_only_to_a_patient_who_can_read_it(clinic, client):
    typed = {**TYPED, "to": "patient", "do": "show"}
    for confirmed, offered in ((True, True), (False, False)):
        patient = make_patient(clinic.primary, confirmed=confirmed)
        issue_story_plan(clinic.primary, patient)
        assert ("Keep it and send a message" in text(client.post(address(patient), typed))) is offered


def test_a_letter_from_an_item_leads_back_to_it(clinic, client, patient):
    item = raiser(clinic, patient)("routine")
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    assert f"letters/new?item={item.pk}" in text(client.get(f"/items/{item.pk}"))
    typed = {**TYPED, "item": str(item.pk)}
    page = text(client.post(address(patient), {**typed, "do": "show"}))
    client.post(address(patient), {**typed, "do": "printed", "shown": shown_in(page)})
    assert Letter.objects.get().item_id == item.pk
    assert "Letter to the GP or another prescriber" in text(client.get(f"/items/{item.pk}"))


@pytest.mark.parametrize("raw", ["rubbish", "7"])
def test_an_item_that_is_none_is_not_there(client, patient, raw):
    assert client.get(address(patient), {"item": raw}).status_code == 404


def test_letters_are_searched_and_an_empty_list_says_so(clinic, client, patient):
    page = f"/patients/{patient.pk}/letters"
    assert "No letters yet" in text(client.get(page))
    client.post(
        address(patient),
        {
            **TYPED,
            "do": "printed",
            "shown": shown_in(text(client.post(address(patient), {**TYPED, "do": "show"}))),
        },
    )
    assert "The taper" in text(client.get(page, {"q": "regards"}))
    assert "No letter with “walrus”" in text(client.get(page, {"q": "walrus"}))


def test_a_lead_changes_the_templates_and_a_refusal_keeps_what_was_typed(clinic):
    lead = client_of(clinic.lead)
    typed = {"name": "Short", "to": "gp", "subject": "{patient}", "text": "Takes {secret}."}
    response = lead.post("/settings/letters", typed)
    assert response.status_code == 422
    assert "There is no field {secret}" in text(response)
    assert "Takes {secret}." in text(response)
    lead.post("/settings/letters", {**typed, "text": "Takes {dose}."})
    assert "Short" in text(lead.get("/settings/letters"))
    assert "Takes {dose}." in text(lead.get("/settings/letters", {"change": "Short"}))
    lead.post("/settings/letters", {"do": "remove|Short"})
    assert "Short" not in {one.name for one in letters.templates(clinic.lead)}
