"""A form that is refused because of who sends it: nothing is saved, and what was typed is shown back."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from plans.models import Membership, Patient
from plans.services import clock
from plans.web import not_saved
from plans.web.gate import CLINIC_KEY
from tests.clients import client_of
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.services.review_help import raiser

pytestmark = pytest.mark.django_db

TYPED = 'She said: "no <more> than 2 at night".\r\nSecond line.'
NOTE = {"note": TYPED, "seen_lock": "0", "csrfmiddlewaretoken": "x" * 64}
PATIENT = {
    "name": "Typed Testcase", "born": "1980-02-03", "notes": TYPED, "seen_version": "7", "password": "a long secret 12",
}  # fmt: skip


def shown_back(answer: Any) -> dict[str, str]:
    """The fields that stand on a page to be copied, by name."""
    page = answer.content.decode()
    found = re.findall(
        r'<textarea[^>]* readonly[^>]* data-typed="([^"]*)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL
    )
    return {unescape(name): unescape(text) for name, text in found}


def token_in(page: Any) -> str:
    """The token in the forms of a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert found is not None
    return found[1]


def nothing_lost(answer: Any, status: int) -> bool:
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Nothing was saved" in answer.content.decode()
    return shown_back(answer) == {"note": TYPED}


def end_membership(clinic: ClinicMade) -> None:
    Membership.objects.filter(clinic_id=clinic.id, user_id=clinic.primary.member_id).update(is_active=False)


@pytest.fixture
def note(clinic: ClinicMade) -> str:
    """Where a note on an item is sent."""
    return reverse("item-note", args=[raiser(clinic, make_patient(clinic.primary))().pk])


def test_whose_membership_ended_has_what_was_typed_and_is_told_why(clinic: ClinicMade, note: str) -> None:
    theirs = client_of(clinic.primary)
    end_membership(clinic)
    answer = theirs.post(note, NOTE)
    assert nothing_lost(answer, 403)
    assert f'href="{reverse("choose-clinic")}"' in answer.content.decode()


def test_of_a_long_form_every_field_is_shown_and_no_secret_and_nothing_of_the_machinery(
    clinic: ClinicMade,
) -> None:
    theirs = client_of(clinic.primary)
    end_membership(clinic)
    answer = theirs.post(reverse("patient-new"), {**PATIENT, "empty": " ", "times": ["morning", "night"]})
    assert shown_back(answer) == {
        "name": "Typed Testcase", "born": "1980-02-03", "notes": TYPED, "times": "morning\nnight",
    }  # fmt: skip
    assert "long secret" not in answer.content.decode()


@pytest.mark.slow
def test_a_part_of_a_page_that_sends_a_form_is_replaced_by_what_was_typed(
    clinic: ClinicMade, note: str
) -> None:
    theirs = client_of(clinic.primary)
    end_membership(clinic)
    answer = theirs.post(note, NOTE, headers={"HX-Request": "true"})
    # htmx shows only what is said to have gone well.
    assert nothing_lost(answer, 200)
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("body", "innerHTML")


@pytest.mark.slow
def test_who_changed_clinics_in_another_window_has_what_was_typed(clinic: ClinicMade, note: str) -> None:
    other = make_clinic()
    Membership.objects.create(
        clinic_id=other.id, user_id=clinic.primary.member_id, role="clinician", created_at=clock.now()
    )
    theirs = client_of(clinic.primary)
    assert theirs.post(reverse("choose-clinic"), {"clinic": str(other.id)}).status_code == 302
    assert nothing_lost(theirs.post(note, NOTE), 404)


@pytest.mark.slow
def test_a_form_of_one_clinic_is_not_saved_into_the_clinic_chosen_since(clinic: ClinicMade) -> None:
    other = make_clinic()
    Membership.objects.create(
        clinic_id=other.id, user_id=clinic.primary.member_id, role="clinician", created_at=clock.now()
    )
    theirs = client_of(clinic.primary, enforce_csrf_checks=True)
    form = {"csrfmiddlewaretoken": token_in(theirs.get(reverse("patient-new")))}
    theirs.post(reverse("choose-clinic"), {**form, "clinic": str(other.id)})
    answer = theirs.post(reverse("patient-new"), {**PATIENT, **form})
    assert answer.status_code == 403
    assert shown_back(answer)["name"] == PATIENT["name"]
    assert not Patient.objects.filter(clinic_id=other.id).exists()


@pytest.mark.slow
def test_whose_role_was_changed_has_what_was_typed(clinic: ClinicMade, note: str) -> None:
    theirs = client_of(clinic.primary)
    Membership.objects.filter(clinic_id=clinic.id, user_id=clinic.primary.member_id).update(role="reader")
    assert shown_back(theirs.post(note, NOTE)) == {"note": TYPED}


def test_who_was_signed_out_has_what_was_typed_and_is_led_back(clinic: ClinicMade, note: str) -> None:
    back = "http://testserver/items/1"
    answer = Client().post(note, NOTE, headers={"Referer": back, "Origin": "http://testserver"})
    assert nothing_lost(answer, 403)
    assert f'href="{reverse("account_login")}?next=%2Fitems%2F1"' in answer.content.decode()


@pytest.mark.slow
def test_who_did_nothing_for_a_while_has_what_was_typed(clinic: ClinicMade, note: str) -> None:
    theirs = client_of(clinic.primary)
    assert theirs.get("/").status_code == 200
    with time_machine.travel(clock.real_now() + timedelta(minutes=16)):
        answer = theirs.post(note, NOTE)
    assert nothing_lost(answer, 403)
    assert "because nothing happened for a while" in answer.content.decode()


@pytest.mark.slow
def test_a_form_from_before_a_new_sign_in_is_shown_back(clinic: ClinicMade, note: str) -> None:
    theirs = client_of(clinic.primary, enforce_csrf_checks=True)
    answer = theirs.post(note, NOTE, headers={"Origin": "http://testserver"})
    assert nothing_lost(answer, 403)


@pytest.mark.slow
@pytest.mark.parametrize("origin", ["https://elsewhere.example.org", "null"])
def test_what_another_site_sends_is_not_shown(clinic: ClinicMade, note: str, origin: str) -> None:
    theirs = client_of(clinic.primary, enforce_csrf_checks=True)
    for client in (theirs, Client(), Client(enforce_csrf_checks=True)):
        assert TYPED[:8] not in unescape(client.post(note, NOTE, headers={"Origin": origin}).content.decode())


@pytest.mark.slow
def test_where_nothing_was_typed_there_is_nothing_to_copy(clinic: ClinicMade, note: str) -> None:
    theirs = client_of(clinic.primary)
    end_membership(clinic)
    assert theirs.post(note, {"seen_lock": "0"}).headers["Location"] == reverse("choose-clinic")
    assert theirs.get("/queue").headers["Location"] == reverse("choose-clinic")
    assert CLINIC_KEY in theirs.session


def test_every_hidden_field_is_known_as_the_machinerys() -> None:
    templates = Path(__file__).resolve().parents[2] / "templates"
    hidden = re.compile(r'<input type="hidden" name="([a-z_]+)"')
    names = {
        name
        for path in templates.rglob("*.html")
        if "patient" not in path.parts
        for name in hidden.findall(path.read_text())
    }
    assert names
    assert names - not_saved.MACHINERY == set()
