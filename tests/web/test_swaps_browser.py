"""Parts of a page that are replaced, and forms being sent: no press, tick, typed word or focus is lost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from plans.services import clock, review
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present
from tests.web.browsing import expect, focused, follow, give_name_and_password, meet_a_broken_line, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plan(clinic, patient):
    return issue_story_plan(clinic.primary, patient)


def open_hold(page, clinic, plan):
    """The page on which a hold is looked at, its note written."""
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-change", args=[plan.pk]) + "?act=hold")
    page.fill("#r-note", "Asked for contact")
    return page.locator("button.main")


def hold_button(page, plan, days):
    """The button that holds the story's plan, begun today, for so many days."""
    day = clock.today(plan.patient.zone) + timedelta(days=14 + days)
    return page.locator("button.main", has_text=re.compile(rf"next change {day.day}\D"))


def open_form(page, clinic, patient):
    """The form of a new plan with the story's doses, looked at."""
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    page.select_option("#f-drug_a", "clonazepam")
    page.fill("#f-a_morning", "0.5")
    page.fill("#f-a_night", "1")
    page.locator("#result td", has_text="1.5\u00a0mg").first.wait_for()


def looked_at(page, field, value, event="change"):
    """Change a field without moving pointer or focus; return when the page has the answer."""
    with page.expect_response(lambda answer: "hx-request" in answer.request.headers) as looked:
        page.evaluate(
            """([field, value, event]) => {
                const input = document.querySelector(field);
                input.value = value;
                input.dispatchEvent(new Event(event, { bubbles: true }));
            }""",
            [field, value, event],
        )
    looked.value.finished()
    # Longer than it takes to show an answer that nothing holds back.
    page.evaluate("new Promise((done) => setTimeout(done, 200))")


def in_force(page, plan, number):
    """Wait until a version is in force."""
    page.wait_for_selector(f"text=Version {number} is in force")
    assert present(plan_row(plan.pk).active_version).number == number


class Looks:
    """What a page asks for by itself at an address, held back until it is let go."""

    def __init__(self, page, address):
        self.page, self.held, self.open = page, [], False
        page.route(address, self._hold)

    def _hold(self, route):
        if "hx-request" in route.request.headers and not self.open:
            self.held.append(route)
        else:
            route.continue_()

    def wait(self):
        """Until one is held."""
        while not self.held:
            # Lets the browser's events in, of which the request is one.
            self.page.evaluate("new Promise((done) => requestAnimationFrame(done))")

    def let_go(self):
        """All that are held, and whatever comes later."""
        self.open = True
        for route in self.held:
            route.continue_()


def test_a_press_counts_though_its_part_of_the_page_is_new_before_it_is_let_go(page, clinic, plan):
    button = open_hold(page, clinic, plan)
    button.hover()
    page.mouse.down()
    looked_at(page, "#r-days", "14")
    with page.expect_navigation():
        page.mouse.up()
    in_force(page, plan, 2)


def test_the_space_bar_counts_as_well(page, clinic, plan):
    open_hold(page, clinic, plan).focus()
    page.keyboard.down(" ")
    looked_at(page, "#r-days", "14")
    with page.expect_navigation():
        page.keyboard.up(" ")
    in_force(page, plan, 2)


def test_a_tap_counts_as_well(make_page, clinic, plan):
    page = make_page(width=390, height=844, has_touch=True)
    button = open_hold(page, clinic, plan)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    finger = page.context.new_cdp_session(page)
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    looked_at(page, "#r-days", "14")
    with page.expect_navigation():
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    in_force(page, plan, 2)


def test_what_came_while_a_button_was_pressed_is_shown_when_the_press_ends_elsewhere(page, clinic, plan):
    button = open_hold(page, clinic, plan)
    button.hover()
    page.mouse.down()
    looked_at(page, "#r-days", "21")
    expect(hold_button(page, plan, 14)).to_be_visible()
    page.mouse.move(1, 1)
    page.mouse.up()
    expect(hold_button(page, plan, 21)).to_be_visible()


def test_a_menu_on_the_button_holds_nothing_up(page, clinic, plan):
    button = open_hold(page, clinic, plan)
    button.hover()
    page.mouse.down(button="right")
    looked_at(page, "#r-days", "21")
    expect(hold_button(page, plan, 21)).to_be_visible()


def test_the_button_keeps_the_focus_when_its_part_of_the_page_is_new(page, clinic, plan):
    button = open_hold(page, clinic, plan)
    button.focus()
    looked_at(page, "#r-days", "21")
    expect(hold_button(page, plan, 21)).to_be_visible()
    focused(page, "change-go")


@pytest.mark.parametrize("way", ["plan", "item"])
def test_a_button_does_what_it_named_or_the_page_shows_what_would_be_done(page, clinic, plan, item, way):
    if way == "plan":
        button, days = open_hold(page, clinic, plan), "#r-days"
    else:
        review.claim(by=clinic.primary, item_id=item.pk)
        sign_in(page, clinic.primary)
        page.goto(f"/items/{item.pk}")
        page.fill("#id_act-act_note", "Asked for contact")
        button, days = page.locator("#act-go"), "#id_act-days"
    looks = Looks(page, "**/change**" if way == "plan" else "**/preview")
    page.fill(days, "21")
    looks.wait()
    # The look has not come: the button still names the hold for 14 days.
    follow(page, button)
    expect(page.get_by_text("The fields no longer match what the button said")).to_be_visible()
    assert present(plan_row(plan.pk).active_version).number == 1
    follow(page, hold_button(page, plan, 21))
    page.wait_for_selector("text=Version 2 is")
    assert present(plan_row(plan.pk).active_version).number == 2


def test_an_answer_to_what_stood_there_before_undoes_nothing_that_was_typed_since(page, clinic, patient):
    open_form(page, clinic, patient)
    looks = Looks(page, "**/plan/preview")
    page.select_option("#f-method", "fixed_amount")
    looks.wait()
    page.fill("#f-interval", "21")
    looks.let_go()
    page.wait_for_selector("#f-amount", state="visible")
    expect(page.locator("#f-interval")).to_have_value("21")
    page.fill("#f-amount", "0.25")
    page.locator("#result th", has_text="21 days").first.wait_for()


def test_words_under_way_keep_their_place_where_a_browser_cannot_move_a_field(make_page, clinic, patient):
    page = make_page()
    page.add_init_script("delete Element.prototype.moveBefore")
    open_form(page, clinic, patient)
    reason = page.locator("textarea[name^=reason_]").first
    reason.focus()
    page.keyboard.type("Agreed with ")
    key = reason.get_attribute("id")
    looked_at(page, "#f-percent", "11", "input")
    focused(page, key)
    page.keyboard.type("the patient")
    expect(page.locator(f"#{key}")).to_have_value("Agreed with the patient")


def test_a_fold_that_was_opened_stays_open(page, clinic, patient):
    open_form(page, clinic, patient)
    page.locator("#notes-read summary").click()
    looked_at(page, "#f-interval", "21", "input")
    page.locator("#result th", has_text="21 days").first.wait_for()
    expect(page.locator("#notes-read")).to_have_attribute("open", "")


def test_a_tick_does_not_pass_to_another_product_that_takes_its_place(page, clinic, patient):
    open_form(page, clinic, patient)
    page.locator("#products-own summary").click()
    page.fill("#own-strength-1", "0.3")
    confirm = page.locator("#to-sign input[name=confirmed]")
    page.locator("#to-sign label", has_text="0.3\u00a0mg").click()
    expect(confirm).to_be_checked()
    looked_at(page, "#own-strength-1", "0.4", "input")
    expect(page.locator("#to-sign label", has_text="0.4\u00a0mg")).to_be_visible()
    expect(confirm).not_to_be_checked()


def test_a_list_that_is_open_is_not_closed_by_what_comes(page, clinic, patient):
    open_form(page, clinic, patient)
    page.locator("#products select").first.click()
    page.evaluate(
        """() => new Promise((done) => {
            const look = () => document.querySelector("#products select:open") ? done() : setTimeout(look, 20);
            look();
        })"""
    )
    page.evaluate("document.getElementById('products').dataset.before = '1'")
    looked_at(page, "#f-country", "GB", "input")
    assert page.evaluate("document.querySelector('#products select:open') !== null")
    page.keyboard.press("Escape")
    page.locator("#products:not([data-before])").wait_for()


@pytest.mark.parametrize("fault", ["no line", "a fault of the server"])
def test_a_preview_that_gets_no_answer_is_reported_and_asked_for_again(make_page, clinic, plan, fault):
    page = make_page(unheard=True)
    open_hold(page, clinic, plan)
    title = page.title()
    said = {"status": 500, "content_type": "text/html", "body": "<title>Broken</title><p>Broken</p>"}
    broken = (lambda route: route.abort()) if fault == "no line" else (lambda route: route.fulfill(**said))
    page.route("**/change**", broken)
    page.fill("#r-days", "21")
    expect(page.get_by_text("This page may be out of date")).to_be_visible()
    expect(hold_button(page, plan, 14)).to_be_visible()
    expect(page).to_have_title(title)
    page.unroute("**/change**")
    page.get_by_role("button", name="Ask again").click()
    expect(hold_button(page, plan, 21)).to_be_visible()
    expect(page.get_by_text("This page may be out of date")).to_be_hidden()
    expect(page.locator("#r-note")).to_have_value("Asked for contact")


def test_who_was_signed_out_elsewhere_signs_in_and_finds_the_page_and_the_words_again(page, clinic, plan):
    open_hold(page, clinic, plan)
    Session.objects.all().delete()
    with page.expect_navigation():
        page.fill("#r-days", "21")
    page.wait_for_url("**/accounts/login/?next=%2Fplans%2F*%2Fchange%3Fact%3Dhold")
    give_name_and_password(page, clinic.primary)
    page.wait_for_url("**/change?act=hold")
    expect(page.locator("#r-note")).to_have_value("Asked for contact")


@pytest.mark.parametrize("way", ["the key that stops it", "coming back to it"])
def test_a_form_whose_answer_never_came_can_be_sent_again(page, clinic, plan, way):
    button = open_hold(page, clinic, plan)
    named = button.inner_text()
    # As when the page is stopped: nothing comes, and this one stays.
    page.route("**/change**", lambda route: route.fulfill(status=204))
    button.click()
    expect(button).to_have_text("Changing…")
    if way == "coming back to it":
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    else:
        page.keyboard.press("Escape")
    expect(button).to_have_text(named)
    page.unroute("**/change**")
    follow(page, button)
    in_force(page, plan, 2)


def test_a_note_whose_form_met_a_broken_line_is_still_there_and_goes_when_it_has_arrived(page, clinic, item):
    sign_in(page, clinic.primary)
    page.goto(f"/items/{item.pk}")
    page.click("summary:has-text('Write a note')")
    page.fill("#id_note-note", "She called back at noon")
    meet_a_broken_line(page, page.locator("text=Add the note"), "**/note")
    page.go_back()
    expect(page.locator("#id_note-note")).to_have_value("She called back at noon")
    follow(page, page.locator("text=Add the note"))
    page.wait_for_selector("text=Note added")
    expect(page.locator("#id_note-note")).to_have_value("")
    kept = "Object.keys(sessionStorage).filter((key) => key.startsWith('kept:')).length"
    assert page.evaluate(kept) == 0
