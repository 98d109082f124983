"""Staying at a dose in a real browser: the form, the review date and the patient's page break no rule at any width."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from plans.services import clock
from plans.services.plans import revise
from tests.makers_plans import issue_story_plan, plan_row
from tests.web.browsing import sign_in, violations
from tests.web.patient_story import token_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_of_a_dose_that_stays_break_no_rule_of_accessibility(make_page, clinic, patient, width):
    today = clock.today(patient.zone)
    plan = issue_story_plan(clinic.primary, patient, start=today - timedelta(days=20))
    page = make_page(width=width)
    sign_in(page, clinic.primary)
    looked_at = [reverse("plan-change", args=[plan.pk]) + "?act=stop_here"]
    look(page, looked_at)
    revise.revise(
        by=clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan_row(plan.pk).lock,
        act="stop_here",
        params={"review_on": (today + timedelta(days=84)).isoformat()},
        note="Agreed.",
    )
    look(page, [reverse("plan", args=[plan.pk]), reverse("plan-review-date", args=[plan.pk]), "/"])
    page.goto(f"/p/{token_for(patient, plan)}")
    page.fill("input[name=fact]", str(patient.born.year))
    page.locator("main button").first.click()
    page.wait_for_selector("#h-stays")
    look(page, ["/p/"])


def look(page, addresses):
    for address in addresses:
        page.goto(address)
        if os.environ.get("SHOTS"):
            name = address.strip("/").split("/")[-1].split("?")[0][:12] or "caseload"
            width = page.viewport_size["width"]
            page.screenshot(path=str(Path(os.environ["SHOTS"]) / f"{name}-{width}.png"), full_page=True)
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
