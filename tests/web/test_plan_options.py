"""Whole plans to choose from with the patient: in the patient's words, and what is chosen goes into the draft."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from plans.domain.syringes import SYRINGES
from plans.models import AuditEvent, Patient, Plan
from plans.services.plans import drafts
from tests.makers import ClinicMade, make_patient
from tests.web.plan_form_help import DIAZEPAM, as_member, diazepam, form_page, preview_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client: Client, clinic: ClinicMade) -> Client:
    return as_member(client, clinic.primary)


def options_page(patient: Patient) -> str:
    return f"/patients/{patient.pk}/plan/options"


def words_of(page: str) -> str:
    """The words of a page on one line."""
    plain = html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ")
    return re.sub(r"\s+", " ", plain)


def turned(signed_in: Client, patient: Patient, **changes: Any) -> Any:
    """The page that the form's button leads to, without JavaScript."""
    form = diazepam(patient, **changes) | {"do": "together"}
    return signed_in.post(form_page(patient), form, follow=True)


@pytest.mark.slow
def test_each_way_is_shown_whole_in_the_patients_words(signed_in: Client, patient: Patient) -> None:
    page = turned(signed_in, patient).content.decode()
    shown = words_of(page)
    assert "Ways to lower your diazepam" in shown
    assert "Each way begins at diazepam 10 mg a day" in shown
    first, second = re.findall(r"<section class=.option.*?</section>", page, re.DOTALL)
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == [
        "1. Tablets or capsules only",
        "2. A liquid all the way",
    ]
    for way in (first, second):
        assert "<svg" in way
        assert re.findall(r"<dt>(.*?)</dt>", way) == [
            "Last dose", "How long it takes", "Longest time at one dose", "Largest step down",
            "Most to take in a day", "Changes between tablets and liquid", "To get from the pharmacy, in all",
        ]  # fmt: skip
    assert "diazepam 1 mg" in words_of(first)
    assert "2 mg tablets: " in words_of(first)
    assert "1 mg/mL solution: " in words_of(second)
    assert "an oral syringe We choose" in words_of(second)
    assert "syringe" not in words_of(first)
    drawn = words_of(turned(signed_in, patient, syringes=["1", "2"]).content.decode())
    assert re.findall(r"an oral syringe of ([\d.]+) mL", drawn) == [SYRINGES[n].holds.text for n in (1, 2)]


@pytest.mark.slow
def test_nothing_of_the_clinic_and_of_nobody_else_is_on_it(
    signed_in: Client, patient: Patient, clinic: ClinicMade
) -> None:
    other = make_patient(clinic.primary, name="Other Somebody")
    reasons = {"reason_pace": "She asked for it", "percent": "30", "after_words": "Call Ann."}
    page = turned(signed_in, patient, **reasons).content.decode()
    for hidden in (
        "She asked",
        "Call Ann",
        "reason",
        "diazePAM",
        "guideline",
        other.name,
        "queue",
        patient.record_no,
    ):
        assert hidden not in page


@pytest.mark.slow
def test_it_is_in_the_patients_language(signed_in: Client, clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary, language="es")
    page = turned(signed_in, patient).content.decode()
    assert '<html lang="es"' in page
    assert "Formas de reducir su dosis de diazepam" in words_of(page)
    assert "siga tomando su medicamento como ahora" in words_of(page)
    assert "Back to the form" in page
    english = set(words_of(page).split()) & {"tablets", "Largest", "dose", "weeks", "days", "from"}
    assert english == set()


def test_what_is_chosen_is_in_the_form_and_nothing_that_was_typed_is_lost(
    signed_in: Client, patient: Patient, clinic: ClinicMade
) -> None:
    typed_too = {"after_words": "Call us on Monday.", "reason_pace": "Agreed"}
    page = turned(signed_in, patient, **typed_too).content.decode()
    lock = re.search(r'name="lock" value="(\d+)"', page)
    assert lock is not None
    before = drafts.load(clinic.primary, patient_id=patient.pk)
    assert before is not None
    answer = signed_in.post(options_page(patient), {"lock": lock[1], "preparation": "liquid"}, follow=True)
    after = drafts.load(clinic.primary, patient_id=patient.pk)
    assert after is not None
    assert {**after.form, "preparation": []} == {**before.form, "preparation": []}
    assert after.form["preparation"] == ["liquid"]
    form = answer.content.decode()
    assert "The form goes on with the way you chose together" in form
    assert re.search(r'name="preparation" value="liquid" checked', form)
    assert "Call us on Monday." in form
    event = AuditEvent.objects.get(act="plan.option_chosen")
    assert (event.patient_id, event.facts) == (patient.pk, {"preparation": "liquid"})


@pytest.mark.slow
def test_looking_changes_nothing(signed_in: Client, patient: Patient) -> None:
    turned(signed_in, patient)
    before = Plan.objects.get(patient=patient)
    signed_in.get(options_page(patient))
    after = Plan.objects.get(patient=patient)
    assert (after.draft, after.lock, after.draft_at) == (before.draft, before.lock, before.draft_at)
    assert not AuditEvent.objects.filter(act="plan.option_chosen").exists()


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"a_night": ""}, {"products": DIAZEPAM[:3]}])
def test_without_a_choice_the_form_says_why_and_keeps_everything(
    signed_in: Client, patient: Patient, changes: dict[str, Any]
) -> None:
    answer = turned(signed_in, patient, after_words="Call us on Monday.", **changes)
    assert answer.redirect_chain[-1] == (form_page(patient), 302)
    page = answer.content.decode()
    assert "There are no ways to choose from" in page
    assert "Call us on Monday." in page


def test_without_a_draft_there_is_nothing_to_choose_from(signed_in: Client, patient: Patient) -> None:
    for answer in (
        signed_in.get(options_page(patient)),
        signed_in.post(options_page(patient), {"preparation": "liquid"}),
    ):
        assert answer.status_code == 302
    assert not Plan.objects.filter(patient=patient).exists()


@pytest.mark.slow
@pytest.mark.parametrize("sent", [{}, {"preparation": "mixed"}, {"preparation": ["liquid", "tablets"]}])
def test_a_way_that_is_not_shown_is_refused(
    signed_in: Client, patient: Patient, sent: dict[str, Any]
) -> None:
    turned(signed_in, patient)
    answer = signed_in.post(options_page(patient), sent)
    assert answer.status_code == 422
    assert "Choose one of the ways." in answer.content.decode()


@pytest.mark.slow
def test_a_draft_that_somebody_else_changed_meanwhile_stays_theirs(
    signed_in: Client, patient: Patient, clinic: ClinicMade
) -> None:
    page = turned(signed_in, patient).content.decode()
    lock = re.search(r'name="lock" value="(\d+)"', page)
    assert lock is not None
    theirs = as_member(Client(), clinic.second)
    theirs.post(preview_page(patient), diazepam(patient, percent="8") | {"lock": lock[1]})
    answer = signed_in.post(options_page(patient), {"lock": lock[1], "preparation": "liquid"}, follow=True)
    assert "Nothing was chosen" in answer.content.decode()
    assert clinic.second.name in answer.content.decode()
    draft = drafts.load(clinic.primary, patient_id=patient.pk)
    assert draft is not None
    assert (draft.form["percent"], draft.form.get("preparation")) == (["8"], None)
