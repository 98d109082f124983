"""The plan form and the plan page in a real browser: live result, keyboard, accessibility."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from plans.models import Document, Plan, User
from plans.services import clock
from tests.makers import PASSWORD
from tests.makers_plans import issue_story_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page, actor):
    page.goto(reverse("account_login"))
    page.fill("input[name=login]", User.objects.get(pk=actor.id).email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".status")


def violations(page):
    return [found["id"] for found in Axe().run(page).response["violations"]]


def fill_story(page):
    page.select_option("#f-drug_a", "clonazepam")
    page.fill("#f-a_morning", "0.5")
    page.fill("#f-a_night", "1")
    page.wait_for_selector("#h-st")


def judged_again(page, field, value):
    """A field is changed without moving pointer or focus; ends when the page has had the answer."""
    page.evaluate(
        """([field, value]) => new Promise((done) => {
            document.addEventListener("htmx:afterRequest", done, { once: true });
            const input = document.querySelector(field);
            input.value = value;
            input.dispatchEvent(new Event("change", { bubbles: true }));
        })""",
        [field, value],
    )


def test_the_result_follows_every_change_and_what_is_typed_stays(page, clinic, patient):
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    fill_story(page)
    page.select_option("#f-method", "fixed_amount")
    page.wait_for_selector("#f-amount", state="visible")
    page.fill("#f-amount", "0.25")
    page.wait_for_selector("text=0.25\u00a0mg")
    reason = page.locator("textarea[name^=reason_]").first
    reason.fill("Agreed with the patient")
    reason.blur()
    page.fill("#f-interval", "21")
    page.wait_for_selector("text=21 days")
    assert page.locator("textarea[name^=reason_]").first.input_value() == "Agreed with the patient"
    assert violations(page) == []


def test_a_complaint_about_a_field_goes_when_the_field_is_put_right(page, clinic, patient):
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    fill_story(page)
    page.fill("#f-interval", "often")
    page.get_by_role("button", name="Issue plan").click()
    wrong = page.locator(".field.wrong", has=page.locator("#f-interval"))
    wrong.locator(".problem").wait_for()
    page.fill("#f-interval", "21")
    page.wait_for_selector("text=21 days")
    assert wrong.count() == 0
    assert page.locator("#f-interval").get_attribute("aria-invalid") is None


def test_a_plan_is_issued_by_keyboard_and_mouse_after_its_reasons_are_given(page, clinic, patient):
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    fill_story(page)
    page.click("text=Issue plan")
    page.wait_for_selector("#errors")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert violations(page) == []
    for box in page.locator("textarea[name^=reason_]").all():
        box.fill("Agreed with the patient")
    page.click("text=Issue plan")
    page.wait_for_selector("text=Version 1 is issued")
    assert Plan.objects.get(patient=patient).state == "active"


def test_a_refused_dose_is_put_right_by_the_button_beside_it(page, clinic, patient):
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    fill_story(page)
    for product in page.locator("input[name=products]").all():
        product.set_checked(product.get_attribute("value") == "clonazepam tablet 0.5 mg")
    page.fill("#f-a_morning", "0.125")
    page.wait_for_selector("#refusal")
    page.click("text=Allow quarters of the 0.5\u00a0mg tablet")
    page.wait_for_selector("#h-st")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_plan_page_breaks_no_rule_of_accessibility(make_page, clinic, patient, width, dark):
    plan = issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))
    page = make_page(width=width, dark=dark)
    sign_in(page, clinic.primary)
    for address in (
        reverse("plan", args=[plan.pk]),
        reverse("plan-revise", args=[plan.pk]) + "?act=step_back",
        reverse("plan-calendar", args=[plan.pk]),
    ):
        page.goto(address)
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_the_calendar_becomes_a_download_without_a_reload(page, clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan", args=[plan.pk]))
    page.wait_for_selector("text=Waiting for a worker")
    assert page.is_visible("text=Print the calendar from this page instead")
    paper = Document.objects.get(plan=plan)
    Document.objects.filter(pk=paper.pk).update(state="ready", pages=10)
    page.wait_for_selector(f'a[href="{reverse("document", args=[paper.pk])}"]')


def test_a_hold_shows_what_moves_before_it_is_done(page, clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-revise", args=[plan.pk]) + "?act=hold")
    page.fill("#r-days", "21")
    day = clock.today(patient.zone) + timedelta(days=14 + 21)
    button = page.locator("button.main")
    button.filter(has_text=f"Hold until {day.day}").wait_for()
    page.fill("#r-note", "Asked for contact")
    button.click()
    page.wait_for_selector("text=Version 2 is in force")


def test_a_press_on_a_button_counts_though_its_part_of_the_page_is_new_before_it_is_let_go(
    page, clinic, patient
):
    plan = issue_story_plan(clinic.primary, patient)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-revise", args=[plan.pk]) + "?act=hold")
    page.fill("#r-note", "Asked for contact")
    page.locator("button.main").hover()
    page.mouse.down()
    judged_again(page, "#r-days", "21")
    page.mouse.up()
    page.wait_for_selector("text=Version 2 is in force")


def test_what_came_while_a_button_was_pressed_is_shown_when_the_press_ends_elsewhere(page, clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-revise", args=[plan.pk]) + "?act=hold")
    page.locator("button.main").hover()
    page.mouse.down()
    judged_again(page, "#r-days", "21")
    page.mouse.move(1, 1)
    page.mouse.up()
    day = clock.today(patient.zone) + timedelta(days=14 + 21)
    page.locator("button.main").filter(has_text=f"Hold until {day.day}").wait_for()


def test_the_button_keeps_the_focus_when_its_part_of_the_page_is_new(page, clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-revise", args=[plan.pk]) + "?act=hold")
    page.fill("#r-note", "Asked for contact")
    page.locator("button.main").focus()
    judged_again(page, "#r-days", "21")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Version 2 is in force")


def test_the_form_works_without_javascript(make_page, clinic, patient):
    page = make_page(javascript=False)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    page.select_option("#f-drug_a", "clonazepam")
    page.fill("#f-a_morning", "0.5")
    page.fill("#f-a_night", "1")
    page.click("noscript button")
    page.wait_for_selector("#h-st")
