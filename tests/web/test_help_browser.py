"""Help, and the pages that open without a patient, on a phone in a real browser: to be read, switched and tapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plans.services import clock, links
from plans.services.links import LinkPurpose
from tests.makers_checkins import START, Asked, asked, on
from tests.web.browsing import expect, follow, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A Spanish patient's first check-in is open, by the clinic's clock; the machine's is left alone."""
    with on(START):
        made = asked(language="es")
    ahead = made.occasion.due_at - clock.real_now()
    monkeypatch.setattr(clock, "offset", lambda: ahead)
    return made


def addresses(story: Asked) -> list[str]:
    plan = links.token_of(links.lasting(purpose=LinkPurpose.PLAN, patient=story.patient, plan=story.plan))
    document = links.token_of(
        links.lasting(
            purpose=LinkPurpose.DOCUMENT,
            patient=story.patient,
            plan=story.plan,
            version=story.plan.active_version,
        )
    )
    unknown = "A" * 43
    return [
        "/help/US/es",
        "/help/GB/en",
        "/help/any/es",
        "/c/",
        f"/c/{unknown}",
        f"/p/{plan}",
        f"/q/{document}",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390])
def test_pages_without_a_patient_read_well_to_every_reader_and_run_over_no_side(
    story: Asked, make_page: Callable[..., Any], width: int
) -> None:
    page = make_page(width=width, height=844, javascript=width == 320)
    for address in addresses(story):
        page.goto(address)
        expect(page.locator("nav.languages a")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        small = page.locator("nav.languages a").bounding_box()
        assert small["height"] >= 44, address
        if width == 320:
            assert violations(page, RULES) == [], address


@pytest.mark.slow
def test_from_a_spanish_check_in_help_is_spanish_on_an_english_phone_and_english_at_a_tap(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(width=390, height=844, javascript=False)
    page.goto(f"/c/{story.token}")
    follow(page, page.get_by_role("link", name="Pedir ayuda ahora"))
    expect(page.get_by_role("link", name="Llamar al 988 oprima 2 para español")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    follow(page, page.get_by_role("link", name="English"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="Talk to someone now")).to_be_visible()
    follow(page, page.get_by_role("link", name="Back to the questions"))
    expect(page.locator("html")).to_have_attribute("lang", "es")
