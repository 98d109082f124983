"""Helpers for browser tests: signing in, going to the next page, and waiting for what is shown.

Nothing here reads a page that may still be the previous one: following a link ends when the next page is loaded, and
what is not there yet is waited for.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.fixtures.browser import PATIENCE_MS
from tests.makers import PASSWORD

expect.set_options(timeout=PATIENCE_MS)

__all__ = [
    "expect", "focused", "follow", "give_name_and_password", "meet_a_broken_line", "press_and_follow", "sign_in",
    "violations",
]  # fmt: skip


def follow(page: Any, what: Any) -> None:
    """Press something that leads to another page, and wait until that page and its scripts are loaded."""
    with page.expect_navigation():
        what.click()


def meet_a_broken_line(page: Any, what: Any, address: str) -> None:
    """Press something that sends a form to an address, and break the connection on the way."""
    page.route(address, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    with page.expect_event("requestfailed"):
        what.click(no_wait_after=True)
    page.wait_for_function("() => location.protocol === 'chrome-error:'")
    page.unroute(address)


def press_and_follow(page: Any, key: str) -> None:
    """Press a key that leads to another page, and wait until that page and its scripts are loaded."""
    with page.expect_navigation():
        page.keyboard.press(key)


def focused(page: Any, key: str) -> None:
    """Wait until the element with this id has the focus."""
    expect(page.locator(f"#{key}")).to_be_focused()


def sign_in(page: Any, actor: Any) -> None:
    """Sign in."""
    page.goto("/accounts/login/")
    give_name_and_password(page, actor)
    page.wait_for_selector(".status")


def give_name_and_password(page: Any, actor: Any) -> None:
    """Fill in the sign-in that stands on the page, and send it by the keyboard."""
    from plans.models import User

    page.fill("input[name=login]", User.objects.get(pk=actor.id).email)
    page.fill("input[name=password]", PASSWORD)
    page.focus("input[name=password]")
    press_and_follow(page, "Enter")


def violations(page: Any, rules: list[str] | None = None) -> list[str]:
    """The rules of accessibility that a page breaks, each with the first place."""
    found = Axe().run(page, options={"runOnly": rules} if rules else None)
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found.response["violations"]]
