"""The check-in by keys alone, over a line that breaks, past its closing, and left: in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plans.domain.checkins.forms import Ask
from plans.models import CheckIn, Flag, Occasion, ReviewItem
from plans.services import clock, reminders
from plans.services.checkins import sheets
from tests.domain.checkins.effort import effort_of
from tests.makers_checkins import CALM, START, Asked, answer_all, asked, on, opened
from tests.web.test_checkin_browser import breaches, finish

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
    answer_all(sheets.for_link(story.link))
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
                    return self.press("Enter")
            elif at["tag"] == "SELECT":
                self.press(CALM.get(at["name"], "0"))
            elif at["type"] == "submit" and at["tag"] == "BUTTON":
                return self.press("Enter")
        raise AssertionError("the button was not reached")


def test_a_whole_check_in_by_keys_alone_takes_as_many_presses_as_the_docs_say(
    weekly: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{weekly.token}")
    keys, views = Keys(page), 0
    while page.locator("input[name=page]").count():
        views += 1
        code = page.locator("input[name=page]").input_value()
        keys.answer_page()
        page.wait_for_function(
            "code => !document.querySelector('input[name=page]')"
            " || document.querySelector('input[name=page]').value !== code",
            arg=code,
        )
    assert page.get_by_role("heading", name="Thank you. All your answers are saved.").is_visible()
    sheet = CheckIn.objects.get(occasion=weekly.occasion)
    assert {sheet.answers["overall"], sheet.answers["contact"]} == {"same", "no"}
    told = effort_of(Ask.from_json(sheet.form, sheet.form_version), sheet.answers)
    assert (views, keys.pressed) == (told.pages, told.keys)
    assert not ReviewItem.objects.exists()


def test_a_changed_answer_whose_save_never_arrived_is_put_back_and_then_acts(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    finish_first = ("safety_a", "safety_b")
    for code in finish_first:
        assert page.locator("input[name=page]").input_value() == code
        for group in page.locator("fieldset").all():
            group.locator("label").first.click()
        page.locator("button.btn.main").click()
    page.get_by_role("link", name="Back").click()
    assert page.locator("#s_thoughts-0").is_checked()
    # The line breaks while the page is under way: the browser itself does not know that it is offline.
    page.route("**/c/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("label[for=s_thoughts-1]").click()
    page.locator("button.btn.main").click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/c/")
    page.go_back()
    page.get_by_text("We put back what you chose before").wait_for()
    assert page.locator("#s_thoughts-1").is_checked()
    page.locator("button.btn.main").click()
    page.get_by_role("heading", name="You are not alone").wait_for()
    assert ReviewItem.objects.get().severity == "urgent"


def test_the_back_button_after_help_leads_to_help_and_then_to_the_question(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    page.locator("button.btn.main").click()
    page.locator(".errors").wait_for()
    for code in ("s_fit-0", "s_seeing-1"):
        page.locator(f"label[for={code}]").click()
    page.locator("button.btn.main").click()
    page.get_by_role("heading", name="Call 911 now").wait_for()
    page.get_by_role("link", name="Go on with the questions").click()
    page.wait_for_url("**/c/?page=safety_b")
    page.go_back()
    page.get_by_role("heading", name="Call 911 now").wait_for()
    page.go_back()
    assert page.locator("#s_seeing-1").is_checked()
    page.go_forward()
    page.get_by_role("heading", name="Call 911 now").wait_for()
    page.reload()
    assert page.get_by_role("heading", name="Call 911 now").is_visible()
    assert CheckIn.objects.get().revision == 1


def test_an_answer_that_arrived_is_not_put_back_over_a_later_one(
    story: Asked, make_page: Callable[..., Any]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    for group in page.locator("fieldset").all():
        group.locator("label").first.click()
    page.locator("button.btn.main").click()
    page.wait_for_url("**/c/?page=safety_b")
    other = make_page(**PHONE)
    other.goto(f"/c/{story.token}")
    other.goto("/c/?page=safety_a")
    other.locator("label[for=s_fit-2]").click()
    other.locator("button.btn.main").click()
    other.get_by_role("heading", name="You are not alone").wait_for()
    page.goto("/c/?page=safety_a")
    assert page.locator("#s_fit-2").is_checked()
    assert not page.get_by_text("We put back what you chose before").is_visible()


def test_a_safety_answer_after_the_closing_shows_help_and_is_kept_late(
    story: Asked, make_page: Callable[..., Any], move: Callable[[Any], None]
) -> None:
    page = make_page(**PHONE)
    page.goto(f"/c/{story.token}")
    move(story.occasion.closes_at)
    reminders.tick(clock.now())
    for code in ("s_fit-0", "s_seeing-1"):
        page.locator(f"label[for={code}]").click()
    page.locator("button.btn.main").click()
    page.get_by_role("heading", name="Call 911 now").wait_for()
    assert page.get_by_text("This check-in had closed. We kept your answer all the same.").is_visible()
    assert breaches(page) == []
    sheet = CheckIn.objects.get()
    assert (sheet.late, sheet.occasion_id) == (True, story.occasion.pk)
    assert ReviewItem.objects.get(source="checkin").severity == "urgent"
    page.get_by_role("link", name="Go on with the questions").click()
    assert page.get_by_text("You can still finish it").is_visible()
    finish_calmly(page)
    assert CheckIn.objects.get().state == "submitted"


def finish_calmly(page: Any) -> None:
    finish(page)
    page.get_by_role("heading", name="Thank you. All your answers are saved.").wait_for()


def test_a_form_left_after_a_withheld_answer_is_looked_at_and_told(
    story: Asked, make_page: Callable[..., Any], move: Callable[[Any], None]
) -> None:
    page = make_page(javascript=False, **PHONE)
    page.goto(f"/c/{story.token}")
    page.locator("label[for=s_fit-0]").click()
    page.locator("label[for=s_seeing-2]").click()
    page.locator("button.btn.main").click()
    page.get_by_role("link", name="Stop for now").click()
    assert page.get_by_text("What you answered is saved.").is_visible()
    assert page.get_by_role("link", name="Call 988").is_visible()
    page.close()
    move(story.occasion.closes_at)
    reminders.tick(clock.now())
    assert CheckIn.objects.get().state == "abandoned"
    assert {flag.facts["kind"] for flag in Flag.objects.filter(rule="H10")} == {"", "abandoned"}
    again = make_page(**PHONE)
    again.goto(f"/c/{story.token}")
    assert again.get_by_role("heading", name="This check-in closed on").is_visible()
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
