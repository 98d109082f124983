"""The calendar of the rota in a real browser: by keyboard, on a phone, and by its rules of accessibility."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from plans.services import clock, leave, shifts
from tests.makers import ClinicMade
from tests.web.browsing import expect, focused, press_and_follow, sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_lead_fills_a_gap_by_keyboard(make_page: Any, clinic: ClinicMade, width: int) -> None:
    day = clock.today("America/New_York") + timedelta(days=3)
    leave.add(by=clinic.lead, user_id=clinic.primary.member_id, first_day=day, last_day=day)
    page = make_page(width=width, height=844)
    sign_in(page, clinic.lead)
    page.goto(reverse("rota"))
    expect(page.get_by_role("heading", name="1 gap in the next 14 days")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.get_by_role("link", name="Add shifts", exact=True).focus()
    press_and_follow(page, "Enter")
    page.get_by_label("Who", exact=True).select_option(label=clinic.lead.name)
    page.get_by_label("From", exact=True).fill(day.isoformat())
    page.get_by_label("Through", exact=True).fill((day - timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Add to the rota").focus()
    press_and_follow(page, "Enter")
    focused(page, "errors")
    expect(page.get_by_role("link", name="Through: This is before the first day.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Through", exact=True).fill(day.isoformat())
    page.get_by_role("button", name="Add to the rota").focus()
    press_and_follow(page, "Enter")
    expect(page.get_by_text(f"1 shift of {clinic.lead.name} is on the rota")).to_be_visible()
    expect(page.get_by_text("gap in the next 14 days")).to_have_count(0)
    page.get_by_role("link", name="Month", exact=True).focus()
    press_and_follow(page, "Enter")
    expect(page.locator("td.today")).to_have_count(1)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert shifts.ahead(clinic.lead).rows
