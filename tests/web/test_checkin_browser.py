"""The check-in on a phone-size screen in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from plans.models import CheckIn, ReviewItem
from plans.services import clock
from tests.makers_checkins import START, Asked, asked, on
from tests.web.browsing import expect, follow, press_and_follow, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THANKS = "Thank you. All your answers are saved."


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The first check-in is open, by the clinic's clock; the machine's is left alone, as browsers live by it."""
    with on(START):
        made = asked(country="US")
    ahead = made.occasion.due_at - clock.real_now()
    monkeypatch.setattr(clock, "offset", lambda: ahead)
    return made


def breaches(page: Any) -> list[str]:
    return violations(page, RULES)


def tap_the_first(page: Any) -> None:
    """Choose the first answer of every question on the page."""
    for group in page.locator("fieldset").all():
        group.locator("label").first.click()
    for choice in page.locator("select").all():
        choice.select_option(index=1)


def go_on(page: Any) -> None:
    """Send the page, and wait until the next one stands."""
    follow(page, page.locator("button.btn.main"))


def finish(page: Any) -> int:
    """Answer every page calmly by tapping; how many pages there were."""
    for turn in range(40):
        if page.locator("input[name=page]").count() == 0:
            return turn
        tap_the_first(page)
        go_on(page)
    raise AssertionError("the form has no end")


def sees(page: Any, heading: str) -> None:
    """Wait for a heading."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_the_calm_case_without_javascript_reads_well_to_every_reader(
    story: Asked, make_page: Callable[..., Any], dark: bool
) -> None:
    page = make_page(width=390, height=844, dark=dark)
    page.goto(f"/c/{story.token}")
    assert page.url.endswith("/c/")
    assert breaches(page) == []
    go_on(page)
    expect(page.locator(".errors")).to_be_focused()
    assert breaches(page) == []
    plain = make_page(width=390, height=844, dark=dark, javascript=False)
    plain.goto(f"/c/{story.token}")
    # The last answer to "compared with last week" that a first tap chooses is "much better": nothing is flagged.
    assert finish(plain) == 20
    sees(plain, THANKS)
    assert CheckIn.objects.get().state == "submitted"
    assert not ReviewItem.objects.exists()
    page.goto("/c/")
    assert breaches(page) == []


def test_the_crisis_by_keyboard_alone(story: Asked, make_page: Callable[..., Any]) -> None:
    page = make_page(width=390, height=844)
    page.goto(f"/c/{story.token}")
    for code in ("s_fit-0", "s_seeing-0"):
        page.locator(f"#{code}").focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Next").focus()
    press_and_follow(page, "Enter")
    page.wait_for_url("**/c/?page=safety_b")
    page.locator("#s_thoughts-1").focus()
    page.keyboard.press("Space")
    press_and_follow(page, "Enter")
    sees(page, "You are not alone")
    assert page.get_by_role("link", name="Call 988").get_attribute("href") == "tel:988"
    expect(page.get_by_text("by 11\u00a0am")).to_be_visible()
    assert breaches(page) == []
    item = ReviewItem.objects.get()
    assert item.severity == "urgent"


def test_the_closed_link_offers_help_and_a_new_check_in(
    story: Asked, make_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = story.occasion.closes_at + timedelta(minutes=1) - clock.real_now()
    monkeypatch.setattr(clock, "offset", lambda: ahead)
    page = make_page(width=390, height=844)
    page.goto(f"/c/{story.token}")
    expect(page.get_by_role("link", name="Call 988")).to_be_visible()
    assert breaches(page) == []
    follow(page, page.get_by_role("link", name="Start a check-in now"))
    finish(page)
    sees(page, THANKS)
    assert CheckIn.objects.get().late


def test_nothing_runs_over_the_side_of_a_small_phone(story: Asked, make_page: Callable[..., Any]) -> None:
    page = make_page(width=320, height=640)
    page.goto(f"/c/{story.token}")
    for _turn in range(22):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
        if page.locator("input[name=page]").count() == 0:
            break
        tap_the_first(page)
        go_on(page)
