"""The lead's advice on page 1: general and unsigned until signed, refused if not printable, never overwritten."""

from __future__ import annotations

import pytest

from plans.documents.kinds import draw, read_back
from plans.models import AdviceSignature, AuditEvent, Document
from plans.services import advice, drawing
from tests.clients import client_of
from tests.documents.plans import of_kind
from tests.documents.reading import text_of
from tests.makers import make_clinic, make_member, make_patient
from tests.makers_plans import issue_story_plan
from tests.present import present
from tests.web.patient_story import words

pytestmark = pytest.mark.django_db

OWN = {
    "seen": "0",
    "missed": "Take it within {four} hours, else leave it out.",
    "worse": "Stay on this dose & wait.".replace(" & ", " and "),
    "emergency": "a seizure\nslow breathing",
}


@pytest.fixture
def clinic():
    return make_clinic(name="Harbour Clinic")


def send(actor, language="en", **typed):
    return client_of(actor).post(f"/settings/advice/{language}", {**OWN, **typed})


def calendar(clinic):
    """The calendar a worker would draw now, as facts and as its text."""
    plan = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    row = Document.objects.get(plan=plan)
    facts = drawing.facts_of(row.version_id, kind=row.kind, variant=row.variant)
    return facts, draw(of_kind(facts, "calendar"))


@pytest.mark.slow
def test_the_document_says_that_nobody_signed_the_general_text_until_the_lead_signs_another(clinic):
    facts, pdf = calendar(clinic)
    assert "Advice on this page: general text." in text_of(pdf)
    assert read_back(pdf, of_kind(facts, "calendar")) == ()
    assert send(clinic.lead).status_code == 302
    facts, pdf = calendar(clinic)
    said = text_of(pdf)
    assert "Take it within {four} hours, else leave it out." in said
    assert f"number 1, signed by {clinic.lead.name}" in said
    assert "Never take two doses together." in said
    assert read_back(pdf, of_kind(facts, "calendar")) == ()


@pytest.mark.slow
def test_signing_is_in_the_history_and_offers_to_draw_all_documents_again(clinic):
    send(clinic.lead)
    shown = client_of(clinic.lead)
    shown.post("/settings/advice/en", {**OWN, "seen": "1", "worse": "Call us."})
    page = shown.get("/settings").content.decode()
    assert "Signed as number 2" in page
    assert 'href="/documents">Draw all documents again' in page
    assert [event.facts["number"] for event in AuditEvent.objects.filter(act="clinic.advice_signed")] == [
        1,
        2,
    ]
    assert present(advice.of_clinic(clinic.reader)["en"]).texts.worse == "Call us."
    assert advice.of_clinic(clinic.reader)["es"] is None


@pytest.mark.slow
def test_a_change_of_what_documents_say_of_the_clinic_offers_it_too(clinic):
    from tests.web.test_clinic_facts import typed

    lead = client_of(clinic.lead)
    lead.post("/settings/clinic", typed(clinic, name="Harbour Clinic", address="14 Harbour Street"))
    assert 'href="/documents">Draw all documents again' in lead.get("/settings").content.decode()
    facts, _ = calendar(clinic)
    assert facts.clinic_address == "14 Harbour Street"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"missed": ""}, "If a dose is missed:"),
        ({"missed": "x" * 301}, "If a dose is missed:"),
        ({"emergency": "\n".join("a sign" for _ in range(7))}, "Emergency:"),
        ({"missed": "山田"}, "characters that the printed fonts do not have"),
        ({"worse": "Take .5 mg more."}, "Doses and times are written out on paper"),
        (
            {"missed": "word " * 59, "worse": "word " * 59, "emergency": "long sign of it " * 5},
            "does not fit on page 1",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_printed_is_refused_before_a_patient_waits_for_it(clinic, typed, said):
    answer = send(clinic.lead, **typed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert not AdviceSignature.objects.exists()


@pytest.mark.slow
def test_two_leads_do_not_overwrite_each_other(clinic):
    send(clinic.lead)
    answer = send(make_member(clinic.id, clinic.lead.role), worse="Call us.")
    assert answer.status_code == 409
    assert "Stay on this dose and wait." in words(answer)
    assert "Call us." in answer.content.decode()
    assert AdviceSignature.objects.count() == 1


@pytest.mark.slow
def test_a_clinician_may_not_sign_and_an_unknown_language_is_not_found(clinic):
    assert send(clinic.primary).status_code == 403
    assert send(clinic.lead, language="tlh").status_code == 404
