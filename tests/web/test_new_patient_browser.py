"""Adding a patient in a real browser: lists are searched by typing, and without scripts everything is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from plans.models import Patient, Plan
from tests.makers import ClinicMade
from tests.web.browsing import expect, follow, sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def picture(page: Any, name: str) -> None:
    """A picture to look at, where asked for."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def fill_what_is_asked_first(page: Any) -> None:
    page.fill("#id_name", "Wren Testcase")
    page.fill("#id_record_no", "TP-700")
    page.fill("#id_born", "1980-05-17")
    page.check("#id_contact_how_1")
    page.fill("#id_phone", "555-0142")
    page.select_option("#id_drug", "lorazepam")


def unfold(page: Any) -> None:
    page.get_by_text("Ask the rest now").click()


@pytest.mark.parametrize("width", [1280, 390])
def test_lists_are_searched_by_typing_and_what_is_ticked_stays_in_sight(
    make_page: Any, clinic: ClinicMade, width: int
) -> None:
    page = make_page(width=width, height=844)
    sign_in(page, clinic.primary)
    page.goto("/patients/new")
    picture(page, f"new-patient-{width}")
    assert violations(page) == []
    unfold(page)
    conditions = page.locator("#id_conditions label:visible")
    expect(conditions).to_have_count(16)
    page.check("#id_conditions_0")
    page.get_by_label("Find in the list: Conditions").fill("apnoea")
    expect(conditions).to_have_count(2)
    expect(conditions.last).to_have_text("sleep apnoea")
    picture(page, f"new-patient-open-{width}")
    assert violations(page) == []
    assert page.evaluate(WIDE) <= 0
    page.get_by_label("Find in the list: Conditions").fill("")
    expect(conditions).to_have_count(16)


def test_a_patient_is_added_with_six_answers_and_the_rest_is_asked_on_the_way_to_the_plan(
    page: Any, clinic: ClinicMade
) -> None:
    sign_in(page, clinic.primary)
    page.goto("/patients/new")
    fill_what_is_asked_first(page)
    follow(page, page.get_by_role("button", name="Add the patient"))
    expect(page.locator("#still-to-ask")).to_contain_text("Still to ask: reason for the medicine")
    picture(page, "patient-still-to-ask")
    follow(page, page.get_by_role("link", name="Go on with the draft"))
    expect(page.locator("#f-drug_a")).to_have_value("lorazepam")
    picture(page, "plan-still-to-ask")
    follow(page, page.get_by_role("link", name="Enter what was answered"))
    page.uncheck("#id_to_ask_2")
    page.select_option("#id_indication", "insomnia")
    follow(page, page.get_by_role("button", name="Save the record"))
    expect(page.locator("#still-to-ask")).to_contain_text("Still to ask: how long taken, substances")


def test_without_scripts_every_list_is_whole_and_a_patient_is_added(
    make_page: Any, clinic: ClinicMade
) -> None:
    page = make_page(javascript=False)
    sign_in(page, clinic.primary)
    page.goto("/patients/new")
    fill_what_is_asked_first(page)
    unfold(page)
    expect(page.locator("#id_conditions label:visible")).to_have_count(16)
    expect(page.locator("input[data-filter]:visible")).to_have_count(0)
    page.fill("#id_zone", "Los Angeles")
    follow(page, page.get_by_role("button", name="Add the patient"))
    patient = Patient.objects.get(record_no="TP-700")
    assert patient.zone == "America/Los_Angeles"
    assert Plan.objects.get(patient=patient).draft["drug_a"] == ["lorazepam"]
