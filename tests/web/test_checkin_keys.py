"""The check-in by keys alone, over a line that breaks, past its closing, and left: in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plans.domain.checkins.spec import QuestionnaireSpec
from plans.models import CheckIn, Flag, Occasion, ReviewItem
from plans.services import clock, reminders
from plans.services.checkins import sessions
from tests.domain.checkins.effort import effort_of
from tests.makers_checkins import CALM, START, Asked, answer_all, asked, on, opened
from tests.web.browsing import expect, follow, meet_a_broken_line, press_and_follow
from tests.web.test_checkin_browser import THANKS, breaches, finish, go_on, sees, tap_the_first

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}

# What has the focus: its kind, its name, and which of the answers of its question it is.
FOCUSED = """() => {
  const one = document.activeElement;
  const all = one.name ? Array.from(document.getElementsByName(one.name)) : [];
  return {tag: one.tagName, type: one.type || "", name: one.name || "", values: all.map(each => each.value),
          last: !one.form || Array.from(one.form.elements).filter(each => each.type !== "hidden").slice(-2)
            .some(each => each.name === one.name && each.type === "radio")};
}"""


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Moves the clinic's clock; the machine's is left alone, as browsers live by it."""

    def to(moment: Any) -> None:
        ahead = moment - clock.real_now()
        monkeypatch.setattr(clock, "offset", lambda: ahead)

    return to


@pytest.fixture
def story(move: Callable[[Any], None]) -> Asked:
    with on(START):
        made = asked(country="US")
    move(made.occasion.due_at)
    return made


@pytest.fixture
def weekly(story: Asked, move: Callable[[Any], None]) -> Asked:
    """The second check-in, a week after the first one."""
    answer_all(sessions.for_link(story.link))
    occasion = Occasion.objects.filter(plan=story.plan, purpose="weekly").order_by("due_at")[0]
    move(occasion.due_at)
    reminders.tick(clock.now())
    return opened(story.clinic, Occasion.objects.get(pk=occasion.pk))


class Keys:
    """A keyboard that counts its presses."""

    def __init__(self, page: Any) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def send(self) -> None:
        """Press Enter, and wait until the next page stands."""
        press_and_follow(self.page, "Enter")
        self.pressed += 1

    def answer_page(self) -> None:
        """Tab to each question, choose the calm answer, and send the page; no pointer, no script of ours."""
        for _turn in range(40):
            self.press("Tab")
            at = self.page.evaluate(FOCUSED)
            if at["type"] == "radio":
                values = at["values"]
                place = values.index(CALM.get(at["name"], values[0]))
                for key in ["ArrowDown"] * place or ["Space"]:
                    self.press(key)
                if at["last"]:
                    return self.send()
            elif at["tag"] == "SELECT":
                self.press(CALM.get(at["name"], "0"))
            elif at["type"] == "submit" and at["tag"] == "BUTTON":
                return self.send()
        raise AssertionError("the button was not reached")


def test_a_whole_check_in_by_keys_alone_takes_as_many_presses_as_the_docs_say(
    weekly: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{weekly.token}")
    keys, views = Keys(page), 0
    while page.locator("input[name=page]").count():
        views += 1
        keys.answer_page()
    sees(page, THANKS)
    checkin = CheckIn.objects.get(occasion=weekly.occasion)
    assert {checkin.answers["overall"], checkin.answers["contact"]} == {"same", "no"}
    told = effort_of(QuestionnaireSpec.from_json(checkin.form, checkin.form_version), checkin.answers)
    assert (views, keys.pressed) == (told.pages, told.keys)
    assert not ReviewItem.objects.exists()


def test_a_changed_answer_whose_save_never_arrived_is_put_back_and_then_acts(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    for code in ("safety_a", "safety_b"):
        assert page.locator("input[name=page]").input_value() == code
        tap_the_first(page)
        go_on(page)
    follow(page, page.get_by_role("link", name="Back"))
    assert page.locator("#s_thoughts-0").is_checked()
    # The line breaks while the page is under way: the browser itself does not know that it is offline.
    page.locator("label[for=s_thoughts-1]").click()
    meet_a_broken_line(page, page.locator("button.btn.main"), "**/c/")
    page.go_back()
    page.get_by_text("We put back what you chose before").wait_for()
    assert page.locator("#s_thoughts-1").is_checked()
    go_on(page)
    sees(page, "You are not alone")
    assert ReviewItem.objects.get().severity == "urgent"


def test_answers_whose_save_never_arrived_are_still_there_after_a_look_at_the_page_before(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    for _page in range(2):
        tap_the_first(page)
        go_on(page)
    asked = page.locator("input[name=page]").input_value()
    tap_the_first(page)
    meet_a_broken_line(page, page.locator("button.btn.main"), "**/c/")
    with page.expect_navigation():
        page.evaluate("history.go(-2)")
    expect(page.locator("#s_thoughts-0")).to_be_checked()
    go_on(page)
    assert page.locator("input[name=page]").input_value() == asked
    page.get_by_text("We put back what you chose before").wait_for()


def test_the_back_button_after_help_leads_to_help_and_then_to_the_question(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    go_on(page)
    page.locator(".errors").wait_for()
    for code in ("s_fit-0", "s_seeing-1"):
        page.locator(f"label[for={code}]").click()
    go_on(page)
    sees(page, "Call 911 now")
    follow(page, page.get_by_role("link", name="Go on with the questions"))
    page.wait_for_url("**/c/?page=safety_b")
    page.go_back()
    sees(page, "Call 911 now")
    page.go_back()
    expect(page.locator("#s_seeing-1")).to_be_checked()
    page.go_forward()
    sees(page, "Call 911 now")
    page.reload()
    sees(page, "Call 911 now")
    assert CheckIn.objects.get().revision == 1


def test_an_answer_that_arrived_is_not_put_back_over_a_later_one(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    tap_the_first(page)
    go_on(page)
    page.wait_for_url("**/c/?page=safety_b")
    other = make_page(**PHONE)
    other.goto(f"/c/{story.token}")
    other.goto("/c/?page=safety_a")
    other.get_by_role("link", name="Answer this again").click()
    for code in ("s_fit-2", "s_seeing-1"):
        other.locator(f"label[for={code}]").click()
    go_on(other)
    sees(other, "You are not alone")
    page.goto("/c/?page=safety_a&anew=1")
    for code in ("s_fit-0", "s_fit-2", "s_seeing-0"):
        expect(page.locator(f"#{code}")).not_to_be_checked()
    expect(page.get_by_text("We put back what you chose before")).to_be_hidden()


def test_a_safety_answer_after_the_closing_shows_help_and_is_kept_late(
    story: Asked, make_page: Callable[..., Any], move: Callable[[Any], None]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    move(story.occasion.closes_at)
    reminders.tick(clock.now())
    for code in ("s_fit-0", "s_seeing-1"):
        page.locator(f"label[for={code}]").click()
    go_on(page)
    sees(page, "Call 911 now")
    expect(page.get_by_text("This check-in had closed. We kept your answer all the same.")).to_be_visible()
    assert breaches(page) == []
    checkin = CheckIn.objects.get()
    assert (checkin.late, checkin.occasion_id) == (True, story.occasion.pk)
    assert ReviewItem.objects.get(source="checkin").severity == "urgent"
    follow(page, page.get_by_role("link", name="Go on with the questions"))
    expect(page.get_by_text("You can still finish it")).to_be_visible()
    finish(page)
    sees(page, THANKS)
    assert CheckIn.objects.get().state == "submitted"


def test_a_form_left_after_a_withheld_answer_is_evaluated_and_flagged(
    story: Asked, make_page: Callable[..., Any], move: Callable[[Any], None]
) -> None:
    page = make_page(javascript=False, **PHONE)
    page.goto(f"/c/{story.token}")
    page.locator("label[for=s_fit-0]").click()
    page.locator("label[for=s_seeing-2]").click()
    go_on(page)
    follow(page, page.get_by_role("link", name="Stop for now"))
    expect(page.get_by_text("What you answered is saved.")).to_be_visible()
    expect(page.get_by_role("link", name="Call 988")).to_be_visible()
    page.close()
    move(story.occasion.closes_at)
    reminders.tick(clock.now())
    assert CheckIn.objects.get().state == "abandoned"
    assert {flag.facts["kind"] for flag in Flag.objects.filter(rule="H10")} == {"", "abandoned"}
    again = make_page(**PHONE)
    again.goto(f"/c/{story.token}")
    sees(again, "This check-in closed on")
    assert breaches(again) == []


def test_pages_that_know_nobody_read_well_to_every_reader_on_a_small_phone(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(width=320, height=640)
    for address in ("/c/", "/c/" + "A" * 43, "/help/any", "/help/us", "/q/" + "B" * 22):
        page.goto(address)
        assert breaches(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        assert page.locator("a[href^='tel:']").count() >= 2, address
