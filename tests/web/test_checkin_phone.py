"""More of the check-in on a phone-size screen: a scanner, a lost connection, two taps at once, Spanish, leaving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plans.models import CheckIn, CheckInRevision
from plans.services import clock
from tests.makers_checkins import START, Asked, asked, on
from tests.web.browsing import expect, follow
from tests.web.test_checkin_browser import THANKS, breaches, finish, go_on, sees, tap_the_first

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Asked]:
    """Opens the first check-in of a patient, by the clinic's clock; the machine's is left alone."""

    def make(**changes: Any) -> Asked:
        with on(START):
            made = asked(country="US", **changes)
        ahead = made.occasion.due_at - clock.real_now()
        monkeypatch.setattr(clock, "offset", lambda: ahead)
        return made

    return make


def test_a_scanner_that_opens_renders_and_submits_empty_forms_answers_nothing(
    begin: Callable[..., Asked], make_page: Callable[..., Any]
) -> None:
    story = begin()
    for _visit in range(2):
        page = make_page(width=390, height=844)
        page.goto(f"/c/{story.token}")
        with page.expect_navigation():
            page.evaluate("document.querySelector('form').submit()")
        page.locator(".errors").wait_for()
    assert not CheckIn.objects.exists()


def test_answers_given_without_a_connection_are_back_when_the_page_is(
    begin: Callable[..., Asked], make_page: Callable[..., Any]
) -> None:
    story = begin()
    page = make_page(width=390, height=844)
    page.goto(f"/c/{story.token}")
    page.context.set_offline(True)
    page.locator("label[for=s_fit-0]").click()
    page.locator("label[for=s_seeing-0]").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("You are not online")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_text("We put back what you chose before")).to_be_visible()
    assert page.locator("#s_seeing-0").is_checked()
    assert breaches(page) == []
    go_on(page)
    page.wait_for_url("**/c/?page=safety_b")
    finish(page)
    kept = "Object.keys(sessionStorage).filter(key => key.startsWith('taperplan:')).length"
    assert page.evaluate(kept) == 0


def test_a_phone_that_keeps_nothing_says_all_the_same_that_there_is_no_connection(
    begin: Callable[..., Asked], make_page: Callable[..., Any]
) -> None:
    story = begin()
    page = make_page(width=390, height=844)
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('refused'); } })"
    )
    page.goto(f"/c/{story.token}")
    tap_the_first(page)
    page.context.set_offline(True)
    page.locator("button.btn.main").click()
    expect(page.get_by_text("You are not online")).to_be_visible()
    page.context.set_offline(False)
    go_on(page)
    page.wait_for_url("**/c/?page=safety_b")


def test_two_taps_on_send_are_one_answer_and_the_same_receipt(
    begin: Callable[..., Asked], make_page: Callable[..., Any]
) -> None:
    story = begin()
    page = make_page(width=390, height=844)
    page.goto(f"/c/{story.token}")
    page.locator("label[for=s_fit-0]").click()
    page.locator("label[for=s_seeing-0]").click()
    page.locator("button.btn.main").dblclick()
    page.wait_for_url("**/c/?page=safety_b")
    page.wait_for_load_state()
    assert CheckInRevision.objects.count() == 1
    finish(page)
    page.go_back()
    go_on(page)
    sees(page, THANKS)
    assert CheckIn.objects.count() == 1


def widest(page: Any) -> int:
    """Answer every page calmly; how wide the widest was."""
    found = 0
    for _turn in range(40):
        found = max(found, page.evaluate("document.documentElement.scrollWidth"))
        if page.locator("input[name=page]").count() == 0:
            return found
        for group in page.locator("fieldset").all():
            # The longest answer, in the weight of a chosen one.
            group.locator("label").last.click()
            group.locator("label").first.click()
        for choice in page.locator("select").all():
            choice.select_option(index=1)
        found = max(found, page.evaluate("document.documentElement.scrollWidth"))
        go_on(page)
    raise AssertionError("the form has no end")


def test_spanish_from_the_first_page_to_the_receipt(
    begin: Callable[..., Asked], make_page: Callable[..., Any]
) -> None:
    story = begin(language="es")
    page = make_page(width=320, height=640)
    page.goto(f"/c/{story.token}")
    assert page.locator("html").get_attribute("lang") == "es"
    expect(page.get_by_text("En los últimos 7 días:")).to_be_visible()
    assert breaches(page) == []
    assert widest(page) <= 320
    sees(page, "Gracias")
    assert breaches(page) == []


def test_a_form_left_half_way_goes_on_where_it_was(
    begin: Callable[..., Asked], make_page: Callable[..., Any]
) -> None:
    story = begin()
    page = make_page(width=390, height=844)
    page.goto(f"/c/{story.token}")
    page.locator("label[for=s_fit-0]").click()
    page.locator("label[for=s_seeing-0]").click()
    follow(page, page.get_by_role("button", name="Next"))
    page.wait_for_url("**/c/?page=safety_b")
    other = make_page(width=390, height=844)
    other.goto(f"/c/{story.token}")
    assert other.locator("input[name=page]").input_value() == "safety_b"
