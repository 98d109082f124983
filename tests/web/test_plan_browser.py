"""The plan form and the plan page in a real browser: live result, keyboard, accessibility."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from plans.models import Document, Plan
from plans.services import clock
from tests.makers_plans import issue_story_plan
from tests.web.browsing import expect, focused, follow, sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill_story(page):
    page.select_option("#f-drug_a", "clonazepam")
    page.fill("#f-a_morning", "0.5")
    page.fill("#f-a_night", "1")
    page.locator("#result td", has_text="1.5\u00a0mg").first.wait_for()


def test_the_result_follows_every_change_and_what_is_typed_stays(page, clinic, patient):
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    fill_story(page)
    page.select_option("#f-method", "fixed_amount")
    page.wait_for_selector("#f-amount", state="visible")
    page.fill("#f-amount", "0.25")
    page.locator("#result :text('0.25\u00a0mg'):visible").first.wait_for()
    reason = page.locator("textarea[name^=reason_]").first
    reason.fill("Agreed with the patient")
    reason.blur()
    page.fill("#f-interval", "21")
    page.locator("#result :text('21 days'):visible").first.wait_for()
    expect(page.locator("textarea[name^=reason_]").first).to_have_value("Agreed with the patient")
    assert violations(page) == []


def test_a_complaint_about_a_field_goes_when_the_field_is_put_right(page, clinic, patient):
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    fill_story(page)
    page.fill("#f-interval", "often")
    follow(page, page.get_by_role("button", name="Issue plan"))
    wrong = page.locator(".field.wrong", has=page.locator("#f-interval"))
    wrong.locator(".problem").wait_for()
    page.fill("#f-interval", "21")
    page.locator("#result :text('21 days'):visible").first.wait_for()
    expect(wrong).to_have_count(0)
    assert page.locator("#f-interval").get_attribute("aria-invalid") is None


def test_a_plan_is_issued_by_keyboard_and_mouse_after_its_reasons_are_given(page, clinic, patient):
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    fill_story(page)
    follow(page, page.locator("text=Issue plan"))
    focused(page, "errors")
    assert violations(page) == []
    for box in page.locator("textarea[name^=reason_]").all():
        box.fill("Agreed with the patient")
    follow(page, page.locator("text=Issue plan"))
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
    follow(page, page.locator("text=Allow quarters of the clonazePAM 0.5\u00a0mg tablet"))
    page.wait_for_selector("#h-st")


@pytest.mark.parametrize("width", [1280, 390])
def test_pauses_and_the_end_are_typed_by_keyboard_and_redraw_the_result(make_page, clinic, patient, width):
    page = make_page(width=width)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    fill_story(page)
    for opened, field in (("#pauses", "#f-pause_from_1"), ("#plan-end", "#f-end_last")):
        page.locator(f"{opened} > summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator(field)).to_be_focused()
    page.fill("#f-end_longest", "30")
    page.fill("#f-pause_from_1", (clock.today(patient.zone) + timedelta(days=14)).isoformat())
    page.fill("#f-pause_days_1", "21")
    page.fill("#f-lengthen", "3")
    page.locator("#result :text('17 days'):visible").first.wait_for()
    expect(page.locator("#f-pause_days_1")).to_have_value("21")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_plan_page_breaks_no_rule_of_accessibility(make_page, clinic, patient, width, dark):
    plan = issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))
    page = make_page(width=width, dark=dark)
    sign_in(page, clinic.primary)
    for address in (
        reverse("plan", args=[plan.pk]),
        reverse("plan-change", args=[plan.pk]) + "?act=step_back",
        reverse("plan-calendar", args=[plan.pk]),
    ):
        page.goto(address)
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_the_calendar_becomes_a_download_without_a_reload(page, clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan", args=[plan.pk]))
    page.wait_for_selector("text=No worker at the moment")
    expect(page.get_by_text("Print the calendar from this page instead")).to_be_visible()
    document = Document.objects.get(plan=plan)
    Document.objects.filter(pk=document.pk).update(state="ready", pages=10)
    page.wait_for_selector(f'a[href="{reverse("document", args=[document.pk])}"]')


def test_a_hold_shows_what_will_change_before_it_is_done(page, clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-change", args=[plan.pk]) + "?act=hold")
    page.fill("#r-days", "21")
    day = clock.today(patient.zone) + timedelta(days=14 + 21)
    page.fill("#r-note", "Asked for contact")
    follow(page, page.locator("button.main", has_text=re.compile(rf"next change {day.day}\D")))
    page.wait_for_selector("text=Version 2 is in force")


def test_the_form_works_without_javascript(make_page, clinic, patient):
    page = make_page(javascript=False)
    sign_in(page, clinic.primary)
    page.goto(reverse("plan-new", args=[patient.pk]))
    page.select_option("#f-drug_a", "clonazepam")
    page.fill("#f-a_morning", "0.5")
    page.fill("#f-a_night", "1")
    follow(page, page.locator("noscript button"))
    page.wait_for_selector("#h-st")
