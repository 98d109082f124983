"""The clinic changes its own facts: strictly read, audited, and nobody is overwritten unseen."""

from __future__ import annotations

import html

import pytest

from plans.models import AuditEvent, Clinic
from plans.services.accounts import clinic_card
from plans.services.clinic_facts import clinic_facts
from tests.clients import client_of
from tests.makers import make_clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_clinic(name="Riverside Clinic")


def typed(clinic, **changes):
    """A whole form: open from Monday to Tuesday alone."""
    return {
        "seen": clinic_facts(clinic.lead).digest,
        "name": "Riverside Clinic",
        "phone": "555-0110",
        "address": "14 Harbour Street",
        "pharmacist_phone": "",
        "paper": "letter",
        "holidays": "2026-12-25\n2026-01-01",
        "crisis_words": "Call 988 at any hour.",
        "out_of_hours_words": "",
        **{f"{day}_{end}": "" for day in ("wed", "thu", "fri", "sat", "sun") for end in ("opens", "closes")},
        "mon_opens": "08:00",
        "mon_closes": "17:30",
        "tue_opens": "09:00",
        "tue_closes": "12:00",
        **changes,
    }


def send(clinic, **changes):
    return client_of(clinic.lead).post("/settings/clinic", typed(clinic, **changes))


@pytest.mark.slow
def test_the_lead_changes_what_patients_are_told_and_the_history_says_so(clinic):
    assert send(clinic).status_code == 302
    card = clinic_card(clinic.lead)
    assert card.hours == {"mon": ["08:00", "17:30"], "tue": ["09:00", "12:00"]}
    assert card.holidays == ("2026-01-01", "2026-12-25")
    assert (card.paper, card.crisis_words) == ("letter", "Call 988 at any hour.")
    event = AuditEvent.objects.get(act="clinic.facts_set")
    assert (event.actor_id, "hours" in event.facts["fields"]) == (clinic.lead.id, True)


@pytest.mark.slow
def test_the_form_begins_with_what_stands_and_saving_it_as_it_is_writes_nothing(clinic):
    send(clinic)
    page = html.unescape(client_of(clinic.lead).get("/settings/clinic").content.decode())
    assert 'value="17:30"' in page
    assert "2026-01-01\n2026-12-25" in page
    assert send(clinic).status_code == 302
    assert AuditEvent.objects.filter(act="clinic.facts_set").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "River\u202eside"),
        ("phone", "call us"),
        ("paper", "a3"),
        ("holidays", "25/12/2026"),
        ("holidays", "2026-02-30"),
        ("mon_opens", "8"),
        ("mon_closes", "25:00"),
        ("mon_closes", "08:00"),
        ("mon_closes", ""),
        ("wed_opens", "09:00"),
        ("crisis_words", "x" * 2001),
    ],
)
def test_what_cannot_be_read_is_refused_beside_its_field_and_nothing_typed_is_lost(clinic, field, value):
    response = send(clinic, **{field: value, "out_of_hours_words": "Ask for the nurse."})
    page = html.unescape(response.content.decode())
    assert response.status_code == 422
    named = "wed_closes" if field == "wed_opens" else field
    assert f'id="id_{named}_error"' in page
    assert value in page
    assert "Ask for the nurse." in page
    assert clinic_card(clinic.lead).out_of_hours_words == ""


@pytest.mark.slow
def test_whoever_saved_meanwhile_is_named_and_not_overwritten_unseen(clinic):
    seen = clinic_facts(clinic.lead).digest
    send(clinic, phone="555-0199")
    response = send(clinic, seen=seen, phone="555-0188")
    page = html.unescape(response.content.decode())
    assert response.status_code == 409
    assert f"{clinic.lead.name} changed this meanwhile" in page
    assert "555-0199" in page
    assert 'value="555-0188"' in page
    assert clinic_card(clinic.lead).phone == "555-0199"
    # The page carries the newer state now: saving again is a decision.
    assert send(clinic, phone="555-0188").status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize("who", ["primary", "staff", "reader"])
def test_only_the_lead_changes_the_clinic(clinic, who):
    client = client_of(getattr(clinic, who))
    assert client.get("/settings/clinic").status_code == 403
    assert client.post("/settings/clinic", typed(clinic)).status_code == 403
    assert "/settings/clinic" not in client.get("/settings").content.decode()
    assert Clinic.objects.get(pk=clinic.id).paper == "a4"
