"""A morning of ten calls in a real browser: counted in page loads, by keyboard, at the width of a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plans.models import Call, CheckIn, Patient
from plans.services import calls, clock
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import CALM, on
from tests.makers_plans import issue_story_plan
from tests.web.browsing import expect, follow, press_and_follow, sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_LOADS = 30
"""Page loads for ten calls; a check-in of twenty pages alone took two hundred."""


def to_call(clinic: ClinicMade, count: int) -> None:
    """So many patients with plans, whose calls were agreed an hour ago for half an hour ago."""
    with on(clock.now() - timedelta(hours=1)):
        for number in range(count):
            patient = make_patient(clinic.primary, name=f"Patient Number{number}")
            issue_story_plan(clinic.primary, patient)
            calls.record(
                by=clinic.staff,
                patient_id=patient.pk,
                result="agreed",
                again_at=clock.now() + timedelta(minutes=30),
            )


def counted(page: Any) -> list[str]:
    """Every page that is loaded from now on."""
    loads: list[str] = []
    page.on("load", lambda: loads.append(page.url))
    return loads


def answer_everything(page: Any) -> None:
    """Choose a calm answer to every question, by scripts: what is counted are pages, not clicks. Then wait until all of
    it is saved."""
    page.wait_for_selector("#phone-sheet[data-htmx-powered]")
    with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
        page.evaluate(
            """(calm) => {
                const form = document.getElementById("phone-sheet");
                for (const name of new Set(Array.from(form.elements, (one) => one.name))) {
                    const fields = Array.from(form.elements).filter((one) => one.name === name);
                    const radio = fields.filter((one) => one.type === "radio");
                    if (radio.length) (radio.find((one) => one.value === calm[name]) || radio[0]).checked = true;
                    else if (fields[0].matches("select")) fields[0].selectedIndex = 1;
                }
                form.querySelector("[type=radio]").dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            CALM,
        )
    expect(page.get_by_text("Every question is answered.")).to_be_visible()


def test_ten_calls_of_a_morning_take_few_pages(page: Any, clinic: ClinicMade) -> None:
    to_call(clinic, 10)
    sign_in(page, clinic.staff)
    loads = counted(page)
    page.goto("/calls")
    expect(page.locator("tbody tr:not(.group)")).to_have_count(10)
    follow(page, page.get_by_role("button", name="Call the next"))
    for number in range(10):
        if number % 5 == 4:
            page.get_by_label("No answer").check()
            follow(page, page.get_by_role("button", name="Record, and call the next"))
        else:
            follow(page, page.get_by_role("link", name="Reached: ask the check-in"))
            answer_everything(page)
            follow(page, page.get_by_role("button", name="Finish, and call the next"))
    expect(page.get_by_text("Nobody to call now")).to_be_visible()
    print(f"ten calls: {len(loads)} page loads")
    assert len(loads) < MOST_LOADS
    assert CheckIn.objects.filter(state="submitted", entered_by=clinic.staff.member_id).count() == 8
    results = list(Call.objects.exclude(result="agreed").values_list("result", flat=True))
    assert (results.count("reached"), results.count("no_answer")) == (8, 2)


def test_the_list_and_a_call_are_worked_by_keyboard(page: Any, clinic: ClinicMade) -> None:
    to_call(clinic, 2)
    sign_in(page, clinic.staff)
    page.goto("/calls")
    page.keyboard.press("j")
    press_and_follow(page, "c")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Call Patient Number")
    page.get_by_label("No answer").focus()
    page.keyboard.press("Space")
    page.get_by_label("Note").focus()
    page.keyboard.type("Rang out.")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert Call.objects.get(result="no_answer").note == "Rang out."
    page.goto("/calls")
    press_and_follow(page, "n")
    expect(page.get_by_text("You are calling, until")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_a_call_breaks_a_rule_of_accessibility_or_is_too_wide(
    make_page: Any, clinic: ClinicMade, width: int
) -> None:
    to_call(clinic, 3)
    page = make_page(width=width)
    sign_in(page, clinic.staff)
    patient = Patient.objects.order_by("created_at")[0]
    page.goto("/calls")
    for address in ("/calls", f"/calls/{patient.pk}", f"/patients/{patient.pk}/checkin"):
        page.goto(address)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    follow_up = page.get_by_label("Yes").nth(2)
    follow_up.check()
    expect(page.get_by_text("Stay on the line. Read out:")).to_be_visible()
    assert violations(page) == []


def test_what_is_chosen_is_saved_at_once_and_the_caret_stays(page: Any, clinic: ClinicMade) -> None:
    to_call(clinic, 1)
    sign_in(page, clinic.staff)
    page.goto(f"/patients/{Patient.objects.get().pk}/checkin")
    page.locator("#s_thoughts-1").check()
    expect(page.locator("#s_plan-0")).to_be_visible()
    page.locator("#f-note").fill("My sister comes to st")
    expect(page.locator(".bottom")).to_contain_text("Saved")
    page.locator("#f-note").press_sequentially("ay.")
    assert page.locator("#f-note").input_value() == "My sister comes to stay."
    page.wait_for_function("() => document.activeElement.id === 'f-note'")
    page.locator("#s_thoughts-0").check()
    expect(page.locator("#s_plan-0")).to_have_count(0)
    page.reload()
    expect(page.locator("#s_thoughts-0")).to_be_checked()
    expect(page.locator("#f-note")).to_have_value("My sister comes to stay.")


def test_a_choice_that_did_not_arrive_is_back_when_the_line_is(make_page: Any, clinic: ClinicMade) -> None:
    to_call(clinic, 1)
    page = make_page(unheard=True)
    sign_in(page, clinic.staff)
    page.goto(f"/patients/{Patient.objects.get().pk}/checkin")
    page.context.set_offline(True)
    page.locator("#s_fit-0").check()
    expect(page.locator("#unheard")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#s_fit-0")).to_be_checked()
    expect(page.locator(".bottom")).to_contain_text("Saved")
    assert CheckIn.objects.get().answers == {"s_fit": "no"}
