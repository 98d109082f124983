"""The clinic's pages in a real browser: keyboard, focus, preview of a change, width of a phone, accessibility."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction

from plans.domain.checkins.flagging import Finding, Severity
from plans.domain.checkins.own_items import Answer
from plans.models import ReviewItem, User
from plans.services import clock, review
from plans.services.checkins import own_items
from plans.services.checkins.raising import keep
from tests.makers import PASSWORD
from tests.makers_checkins import a_question
from tests.makers_plans import issue_story_plan, plan_row

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plan(clinic, patient):
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


@pytest.fixture
def item(clinic, patient, plan):
    with transaction.atomic():
        flags = keep((Finding("U3", 1, Severity.URGENT, kind="plan"),), patient=patient, now=clock.now())
        return review.raise_item(
            clinic_id=clinic.id, patient=patient, plan=plan, source="checkin", source_key="checkin:1",
            severity="urgent", facts={}, flags=flags, now=clock.now(),
        )  # fmt: skip


def sign_in(page, actor):
    page.goto("/accounts/login/")
    page.fill("input[name=login]", User.objects.get(pk=actor.id).email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".status")


def violations(page):
    return [(v["id"], v["nodes"][0]["html"][:120]) for v in Axe().run(page).response["violations"]]


def too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_every_page_is_accessible_and_never_wider_than_the_screen(
    make_page, clinic, patient, item, width, dark
):
    page = make_page(width=width, height=844, dark=dark)
    page.goto("/accounts/login/")
    found = {"/accounts/login/": violations(page)}
    sign_in(page, clinic.lead)
    review.claim(by=clinic.lead, item_id=item.pk)
    key = own_items.add(by=clinic.lead, item=a_question(answer=Answer.AMOUNT))
    addresses = [
        "/", "/?q=nobody", "/queue", f"/items/{item.pk}", "/patients/new", f"/patients/{patient.pk}",
        f"/patients/{patient.pk}/edit", f"/patients/{patient.pk}/care", f"/patients/{patient.pk}/trail", "/settings",
        "/settings/questions", "/settings/questions/new", f"/settings/questions/{key}",
        f"/settings/questions/{key}/change", f"/patients/{patient.pk}/thresholds",
    ]  # fmt: skip
    for address in addresses:
        page.goto(address)
        found[address] = violations(page)
        assert too_wide(page) <= 0, address
    assert {address: broken for address, broken in found.items() if broken} == {}


def test_the_queue_is_walked_and_an_item_taken_without_a_mouse(page, clinic, item):
    sign_in(page, clinic.primary)
    page.goto("/queue")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/items/{item.pk}")
    page.keyboard.press("c")
    page.wait_for_selector("text=Yours until")
    page.keyboard.press("/")
    page.keyboard.type("Quill")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Patients matching")


def test_keys_can_be_switched_off(page, clinic, item):
    sign_in(page, clinic.primary)
    page.goto("/settings")
    page.uncheck("#single-keys input")
    page.goto(f"/items/{item.pk}")
    page.keyboard.press("c")
    page.wait_for_timeout(200)
    assert ReviewItem.objects.get(pk=item.pk).holder_id is None


def test_a_refused_form_gives_its_summary_the_focus_and_leads_to_the_field(page, clinic):
    sign_in(page, clinic.primary)
    page.goto("/patients/new")
    page.click("text=Add the patient")
    page.wait_for_selector(".errors")
    assert page.evaluate("document.activeElement.id") == "errors"
    page.click(".errors a >> nth=0")
    assert page.evaluate("document.activeElement.id") == "id_name"


def test_the_button_follows_what_is_chosen_and_holds_the_plan(page, clinic, plan, item):
    review.claim(by=clinic.primary, item_id=item.pk)
    sign_in(page, clinic.primary)
    page.goto(f"/items/{item.pk}")
    page.wait_for_selector("text=Hold until")
    page.check("label:has-text('Slow down') input")
    page.fill("#id_act-days", "28")
    page.wait_for_selector("button:has-text('Slow down to a step every 28 days')")
    page.check("label:has-text('Hold') input")
    page.fill("#id_act-days", "14")
    page.fill("#id_act-act_note", "Agreed by phone.")
    page.click("button:has-text('Hold until')")
    page.wait_for_selector("text=Version 2 issued")
    assert plan_row(plan.pk).state == "held"


def test_without_scripts_a_change_is_shown_and_made_all_the_same(make_page, clinic, plan, item):
    review.claim(by=clinic.primary, item_id=item.pk)
    page = make_page(javascript=False)
    sign_in(page, clinic.primary)
    page.goto(f"/items/{item.pk}")
    page.check("label:has-text('Slow down') input")
    page.fill("#id_act-days", "28")
    page.fill("#id_act-act_note", "Agreed by phone.")
    page.click("text=Show what moves")
    page.click("button:has-text('Slow down to a step every 28 days')")
    page.wait_for_selector("text=Version 2 issued")
    assert plan_row(plan.pk).active_version.number == 2


def test_a_note_begun_in_one_form_survives_sending_another(page, clinic, item):
    review.claim(by=clinic.primary, item_id=item.pk)
    sign_in(page, clinic.primary)
    page.goto(f"/items/{item.pk}")
    page.fill("#id_end-note", "Begun and not finished")
    page.click("summary:has-text('Log a call')")
    page.select_option("#id_call-callee", "patient")
    page.select_option("#id_call-outcome", "no_answer")
    page.click("text=Write the call down")
    page.wait_for_selector("text=Call written down")
    assert page.input_value("#id_end-note") == "Begun and not finished"
