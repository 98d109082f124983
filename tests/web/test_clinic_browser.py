"""The clinic's pages in a real browser: keyboard, focus, preview of a change, width of a phone, accessibility."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from plans.domain.checkins.clinic_questionnaires import Answer
from plans.domain.checkins.flagging import FlagFinding, FlagPriority
from plans.domain.checkins.lanes import LaneSet
from plans.domain.letters import LetterText, LetterTo, LetterWay
from plans.domain.taper.second_signature import Trigger
from plans.models import Patient, ReviewItem
from plans.services import clock, figures_counting, imports, letters, moving, review
from plans.services.checkins import clinic_questionnaires, sessions
from plans.services.checkins.flag_store import keep
from plans.services.plans import templates
from tests.makers import make_clinic, make_patient
from tests.makers_checkins import a_question, answer_all
from tests.makers_plans import issue_story_plan, plan_row
from tests.makers_proposals import ask_to_change, want_two
from tests.present import present
from tests.web.access_table import expected
from tests.web.access_world import file_from_elsewhere, on_the_rota, routes
from tests.web.browsing import expect, focused, follow, press_and_follow, sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plan(clinic, patient):
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


@pytest.fixture
def item(clinic, patient, plan):
    with transaction.atomic():
        flags = keep(
            (FlagFinding("U3", 1, FlagPriority.URGENT, kind="plan"),), patient=patient, now=clock.now()
        )
        return review.open_item(
            clinic_id=clinic.id, patient=patient, plan=plan, source="checkin", source_key="checkin:1",
            priority="urgent", facts={}, flags=flags, now=clock.now(),
        )  # fmt: skip


def too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


# So many tests share the pages, so that none takes long.
_PARTS = 4
# Not pages: a part of one, a file, answers for machines, and what a lead who is signed in does not see.
NO_PAGES = {
    "document-state", "queue-fresh", "documents-run", "healthz", "readyz", "account_signup", "account_inactive",
    "account_reset_password_from_key", "printed", "patient-file-document", "figures-csv",
}  # fmt: skip


def addresses(clinic, patient, plan, item):
    """Where the lead may look, by the access matrix: a page that is added is examined without being listed here."""
    key = clinic_questionnaires.add(by=clinic.lead, item=a_question(answer=Answer.AMOUNT))
    done = answer_all(sessions.by_phone(clinic.staff, patient.pk))
    file = imports.upload(by=clinic.lead, raw=b"name,record number\nOlive Import,R-901\n")
    templates.keep(by=clinic.lead, name="Ours: 8 % every 3 weeks", form={"percent": ["8"]})
    figures_counting.tick(clock.now())
    elsewhere = make_clinic()
    move = moving.offer(
        by=elsewhere.primary,
        patient_id=make_patient(elsewhere.primary).pk,
        to_id=clinic.id,
        note="Moves house.",
    )
    want_two(clinic, Trigger.OPIOIDS)
    Patient.objects.filter(pk=patient.pk).update(substances=["opioids"])
    proposal = ask_to_change(clinic.primary, plan)
    written = LetterText(LetterTo.GP, "Dr Example", "About the taper", "It goes on.")
    letter = letters.keep(
        by=clinic.primary, patient_id=patient.pk, letter=written, shown=written.digest, way=LetterWay.PRINTED
    )
    shift, _leave, service = on_the_rota(clinic)
    keys = {
        "letter_id": letter, "file_id": file_from_elsewhere(clinic), "move_id": move, "import_id": file,
        "patient_id": patient.pk, "plan_id": plan.pk, "item_id": item.pk,
        "question_id": key, "user_id": clinic.second.id, "checkin_id": done.checkin_id, "language": "en",
        "country": "us", "name": "diazepam", "proposal_id": proposal, "shift_id": shift, "hours_id": service,
    }  # fmt: skip
    pages = [one for one in routes() if one.name not in NO_PAGES and expected(one, "GET")["lead"] == "200"]
    found = [reverse(one.name, kwargs={name: keys[name] for name in one.arguments}) for one in pages]
    more = [f"/patients/{patient.pk}/letters/new?template=Referral", "/queue?tick=answers"]
    more += ["/?show=draft", "/queue?tab=closed", f"/patients/{patient.pk}/checkins?part=missed"]
    return [*found, *more, *(f"/plans/{plan.pk}?lines={lanes.value}" for lanes in LaneSet)]


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
@pytest.mark.parametrize("part", range(_PARTS))
def test_every_page_is_accessible_and_never_wider_than_the_screen(
    make_page, clinic, patient, plan, item, width, dark, part
):
    page = make_page(width=width, height=844, dark=dark)
    page.goto("/accounts/login/")
    found = {"/accounts/login/": violations(page)}
    sign_in(page, clinic.lead)
    review.claim(by=clinic.lead, item_id=item.pk)
    every = addresses(clinic, patient, plan, item)
    assert len(every) > 40
    for address in every[part::_PARTS]:
        answer = page.goto(address)
        assert answer.status == 200, address
        found[address] = violations(page)
        assert too_wide(page) <= 0, address
    assert {address: broken for address, broken in found.items() if broken} == {}


def test_the_lanes_are_chosen_without_a_reload_and_the_choice_is_in_the_address(page, clinic, plan):
    sign_in(page, clinic.primary)
    page.goto(f"/plans/{plan.pk}")
    page.evaluate("window.notReloaded = true")
    page.get_by_role("link", name="Relative level").click()
    page.wait_for_url("**lines=level")
    page.wait_for_selector("text=An illustration, not a measured value")
    focused(page, "lines-level")
    page.locator("a:visible", has_text="Last 12 weeks").click()
    page.wait_for_url("**window=recent&lines=level")
    expect(page.locator("a:visible[aria-current]", has_text="Last 12 weeks")).to_have_count(1)
    assert page.evaluate("window.notReloaded") is True
    page.go_back()
    page.wait_for_url("**?lines=level")
    page.wait_for_selector(".figures")
    expect(page.locator("a:visible[aria-current]", has_text="Whole plan")).to_have_count(1)


def test_on_a_phone_the_picture_begins_with_the_last_weeks_and_today_in_sight(make_page, clinic, plan):
    page = make_page(width=390, height=844)
    sign_in(page, clinic.primary)
    page.goto(f"/plans/{plan.pk}")
    shown = page.locator(".plot:visible")
    assert shown.count() == 1
    today, frame = shown.locator(".todaybox").bounding_box(), shown.bounding_box()
    assert frame["x"] <= today["x"] <= frame["x"] + frame["width"]


def test_the_list_of_keys_opens_and_closes_by_key(page, clinic):
    sign_in(page, clinic.primary)
    page.goto("/queue")
    page.keyboard.press("?")
    page.get_by_text("claim the next one due").first.wait_for()
    expect(page.locator("details.keyhelp")).to_have_attribute("open", "")
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert page.locator("details.keyhelp").get_attribute("open") is None


def test_the_queue_is_walked_and_an_item_claimed_without_a_mouse(page, clinic, item):
    sign_in(page, clinic.primary)
    page.goto("/queue")
    page.keyboard.press("j")
    press_and_follow(page, "Enter")
    page.wait_for_url(f"**/items/{item.pk}")
    press_and_follow(page, "c")
    page.wait_for_selector("text=Yours until")
    page.keyboard.press("/")
    page.keyboard.type("Quill")
    press_and_follow(page, "Enter")
    page.wait_for_selector("text=Patients matching")


def test_keys_can_be_switched_off(page, clinic, item):
    sign_in(page, clinic.primary)
    page.goto("/settings")
    page.uncheck("#single-keys input")
    page.goto(f"/items/{item.pk}")
    page.evaluate("addEventListener('click', () => { window.clicked = true; }, true)")
    page.keyboard.press("c")
    # A key clicks at once or never.
    assert page.evaluate("window.clicked") is None
    assert ReviewItem.objects.get(pk=item.pk).holder_id is None


def test_a_refused_form_gives_its_summary_the_focus_and_leads_to_the_field(page, clinic):
    sign_in(page, clinic.primary)
    page.goto("/patients/new")
    follow(page, page.locator("text=Add the patient"))
    focused(page, "errors")
    page.click(".errors a >> nth=0")
    focused(page, "id_name")


def test_the_button_follows_what_is_chosen_and_holds_the_plan(page, clinic, plan, item):
    review.claim(by=clinic.primary, item_id=item.pk)
    sign_in(page, clinic.primary)
    page.goto(f"/items/{item.pk}")
    page.wait_for_selector("text=Hold through")
    page.check("label:has-text('Slow down') input")
    page.fill("#id_act-days", "28")
    page.wait_for_selector("button:has-text('Slow down to a step every 28 days')")
    page.check("label:has-text('Hold') input")
    page.fill("#id_act-days", "14")
    page.fill("#id_act-act_note", "Agreed by phone.")
    # The next cut of a plan that began 20 days ago is 8 days away.
    day = clock.today(plan.patient.zone) + timedelta(days=8 + 14)
    follow(page, page.locator("button", has_text=re.compile(rf"next change {day.day}\D")))
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
    follow(page, page.locator("text=Show what will change"))
    follow(page, page.locator("button:has-text('Slow down to a step every 28 days')"))
    page.wait_for_selector("text=Version 2 issued")
    assert present(plan_row(plan.pk).active_version).number == 2


def test_a_note_begun_in_one_form_survives_sending_another(page, clinic, item):
    review.claim(by=clinic.primary, item_id=item.pk)
    sign_in(page, clinic.primary)
    page.goto(f"/items/{item.pk}")
    page.fill("#id_end-note", "Begun and not finished")
    page.click("summary:has-text('Log a call')")
    page.select_option("#id_call-callee", "patient")
    page.select_option("#id_call-outcome", "no_answer")
    follow(page, page.locator("text=Record the call"))
    page.wait_for_selector("text=Call recorded")
    assert page.input_value("#id_end-note") == "Begun and not finished"


def test_on_a_phone_the_words_of_the_queues_filter_stand_beside_their_fields(make_page, clinic, item):
    page = make_page(width=390, height=844)
    sign_in(page, clinic.lead)
    page.goto("/queue")
    for name in ("who", "reason"):
        word, field = (page.locator(one).bounding_box() for one in (f"label[for={name}]", f"#{name}"))
        assert field["y"] <= word["y"] + word["height"] / 2 <= field["y"] + field["height"], name
