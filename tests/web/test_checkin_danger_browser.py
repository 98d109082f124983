"""Pages of advice on a small phone in a real browser: readable, whole, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plans.services import clock
from tests.makers_checkins import START, Asked, asked, on
from tests.web.browsing import expect, follow
from tests.web.test_checkin_browser import breaches, go_on, sees, tap_the_first

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["en", "es"])
def story(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The first check-in is open, by the clinic's clock."""
    with on(START):
        made = asked(country="US", language=request.param)
    ahead = made.occasion.due_at - clock.real_now()
    monkeypatch.setattr(clock, "offset", lambda: ahead)
    return made


def to_page(page: Any, code: str) -> None:
    """Answer by the first tap until a page of questions stands."""
    for _turn in range(30):
        if page.locator("input[name=page]").get_attribute("value") == code:
            return
        tap_the_first(page)
        go_on(page)
    raise AssertionError(f"never came to {code}")


def go_on_after_advice(story: Asked, page: Any) -> None:
    """Leave the page of advice for the next question."""
    name = {"en": "Go on with the questions", "es": "Seguir con las preguntas"}[story.patient.language]
    follow(page, page.get_by_role("link", name=name))


def fits(page: Any, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert breaches(page) == []


def test_mixing_on_the_smallest_phone_without_javascript(story: Asked, make_page: Callable[..., Any]) -> None:
    page = make_page(width=320, height=640, javascript=False)
    page.goto(f"/c/{story.token}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    to_page(page, "substances")
    tap_the_first(page)
    for code in ("opioid", "kratom", "other"):
        page.locator(f"label[for={code}-1]").click()
    go_on(page)
    english = story.patient.language == "en"
    sees(page, "This mix can stop your breathing" if english else "Esta mezcla puede parar su respiración")
    expect(page.get_by_role("link", name="911").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    go_on_after_advice(story, page)
    assert page.locator("input[name=page]").get_attribute("value") == "more"


@pytest.mark.parametrize("code", ["doses-3", "doses-2", "day", "safety_d"])
def test_every_page_of_advice_fits_and_reads_well_to_every_reader(
    story: Asked, make_page: Callable[..., Any], code: str
) -> None:
    page = make_page(width=320, height=640)
    page.goto(f"/c/{story.token}")
    fits(page, 320)
    where, _, answer = code.partition("-")
    to_page(page, where)
    tap_the_first(page)
    for choice in {"doses": [f"dose_taken-{answer}"], "day": ["sx_fell-1"], "safety_d": ["s_threat-1"]}[
        where
    ]:
        page.locator(f"label[for={choice}]").click()
    go_on(page)
    expect(page.locator("h1")).to_have_count(1)
    fits(page, 320)


def test_the_page_of_mixing_and_the_receipt_read_well_to_every_reader(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(width=320, height=640)
    page.goto(f"/c/{story.token}")
    to_page(page, "substances")
    tap_the_first(page)
    for code in ("opioid", "kratom", "other"):
        page.locator(f"label[for={code}-1]").click()
    go_on(page)
    fits(page, 320)
    go_on_after_advice(story, page)
    while page.locator("input[name=page]").count():
        tap_the_first(page)
        go_on(page)
    expect(page.locator("[data-all-arrived]")).to_be_visible()
    fits(page, 320)
