"""The page for the patient to look at, in a real browser: on a phone, on paper, and chosen by keyboard."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from plans.models import Patient
from plans.services.plans import drafts
from tests.makers import ClinicMade, make_patient
from tests.makers_plans import issue_story_plan
from tests.web.browsing import expect, follow, sign_in, violations
from tests.web.plan_form_help import diazepam

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def drafted(clinic: ClinicMade, patient: Patient, **changes: Any) -> None:
    form = diazepam(patient, **changes)
    kept = {name: value if isinstance(value, list) else [value] for name, value in form.items()}
    drafts.save(by=clinic.primary, patient_id=patient.pk, form=kept, seen_lock=None)


# Three ways: tablets, tablets and then a liquid, a liquid.
THREE = {
    "drug_a": "alprazolam", "a_morning": "1", "a_midday": "1", "a_night": "1", "products": [], "listed": [],
}  # fmt: skip


def picture(page: Any, name: str) -> None:
    """A picture to look at, where asked for."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_never_wider_than_the_screen(
    make_page: Any, clinic: ClinicMade, width: int, language: str
) -> None:
    patient = make_patient(clinic.primary, language=language)
    drafted(clinic, patient, **THREE)
    page = make_page(width=width, height=844)
    sign_in(page, clinic.primary)
    page.goto(f"/patients/{patient.pk}/plan/options")
    expect(page.locator(".option")).to_have_count(3)
    picture(page, f"options-{language}-{width}")
    assert violations(page) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def test_it_prints_on_one_or_two_sheets(make_page: Any, clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    drafted(clinic, patient, **THREE)
    page = make_page(width=1280, height=844)
    sign_in(page, clinic.primary)
    page.goto(f"/patients/{patient.pk}/plan/options")
    for size in ("A4", "Letter"):
        paper = page.pdf(format=size)
        if folder := os.environ.get("PICTURES"):
            (Path(folder) / f"options-{size}.pdf").write_bytes(paper)
        pages = PdfReader(io.BytesIO(paper)).pages
        assert len(pages) <= 2
        text = " ".join(one.extract_text() for one in pages)
        assert "To get from the pharmacy" in text
        assert "We choose this one" not in text


def test_one_is_chosen_by_keyboard_and_the_form_goes_on_with_it(page: Any, clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    drafted(clinic, patient, after_words="Call us on Monday.")
    sign_in(page, clinic.primary)
    page.goto(f"/patients/{patient.pk}/plan/new")
    follow(page, page.get_by_role("button", name="Choose with the patient"))
    button = page.get_by_role("button", name=re.compile("A liquid all the way"))
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#preparation-liquid")).to_be_checked()
    expect(page.locator("#f-after_words")).to_have_value("Call us on Monday.")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_pattern_is_found_and_filled_in_without_scripts(
    make_page: Any, clinic: ClinicMade, width: int
) -> None:
    issue_story_plan(clinic.primary, make_patient(clinic.primary, name="Wilma Pattern"))
    patient = make_patient(clinic.primary)
    page = make_page(width=width, height=844, javascript=False)
    sign_in(page, clinic.primary)
    page.goto(f"/patients/{patient.pk}/plan/new")
    page.click("#pattern > summary")
    page.fill("#f-pattern-q", "Wilma")
    follow(page, page.get_by_role("button", name="Find plans"))
    expect(page.locator("#pattern")).to_contain_text("Wilma Pattern")
    picture(page, f"pattern-{width}")
    follow(page, page.get_by_role("button", name="Fill in this pattern"))
    expect(page.locator("#f-drug_a")).to_have_value("clonazepam")
    expect(page.locator("#f-a_morning")).to_have_value("")
