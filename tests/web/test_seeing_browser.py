"""Seeing a plan in a real browser: days and spans by mouse and keys, one line of header, one page of paper."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from plans.services import clock
from tests.makers_care import record
from tests.makers_plans import THREE, issue_plan, issue_story_plan, story_request
from tests.web.browsing import expect, follow, press_and_follow, sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plan(clinic, patient):
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


def day_of(plan, ago):
    return clock.today(plan.patient.zone) - timedelta(days=ago)


def place_of(page, day):
    """Where a day stands in the picture, in pixels of the page."""
    return page.evaluate(
        """day => {
            const svg = [...document.querySelectorAll("#picture .plot svg")].find((one) => one.getClientRects().length);
            const at = (iso) => Date.parse(iso + "T00:00:00Z") / 86400000;
            const { first, last, left, right } = svg.dataset, box = svg.getBoundingClientRect();
            const width = (right - left) / (at(last) - at(first));
            const x = +left + (at(day) - at(first) + 0.5) * width;
            return { x: box.x + x * box.width / svg.viewBox.baseVal.width, y: box.y + box.height * 0.3 };
        }""",
        day.isoformat(),
    )


def long(day):
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def test_a_click_on_a_day_shows_it_under_the_picture(page, clinic, plan):
    record(clinic.primary, plan, "night clonazepam 1", from_day=day_of(plan, 5))
    sign_in(page, clinic.primary)
    page.goto(f"/plans/{plan.pk}")
    where = place_of(page, day_of(plan, 3))
    page.mouse.click(where["x"], where["y"])
    expect(page.locator("#day h2")).to_have_text(long(day_of(plan, 3)))
    expect(page.locator("#day")).to_contain_text("clonazePAM\u00a01\u00a0mg. The plan said")
    expect(page.locator("#picture .plot:visible .cursor")).to_have_count(1)
    page.locator("#day [data-to-day]", has_text="The day before").click()
    expect(page.locator("#day h2")).to_have_text(long(day_of(plan, 4)))
    assert page.url.endswith(f"/plans/{plan.pk}")
    assert violations(page) == []


def test_arrow_keys_go_from_day_to_day_and_shift_chooses_a_span(page, clinic, plan):
    sign_in(page, clinic.primary)
    page.goto(f"/plans/{plan.pk}")
    page.locator("#picture .plot:visible").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#day h2")).to_have_text(long(day_of(plan, 1)))
    expect(page.locator("#day-said")).to_have_text(long(day_of(plan, 1)))
    for _ in range(2):
        page.keyboard.press("Shift+PageUp")
    expect(page.locator("#picture .plot:visible .chosen")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**from={day_of(plan, 15)}&to={day_of(plan, 1)}**")
    drawn = page.locator("#picture .plot:visible svg")
    expect(drawn).to_have_attribute("data-first", day_of(plan, 15).isoformat())
    page.go_back()
    page.wait_for_url(f"**/plans/{plan.pk}")


def test_a_span_is_dragged_over_the_picture(page, clinic, plan):
    sign_in(page, clinic.primary)
    page.goto(f"/plans/{plan.pk}")
    first, last = place_of(page, day_of(plan, 14)), place_of(page, day_of(plan, -7))
    page.mouse.move(first["x"], first["y"])
    page.mouse.down()
    page.mouse.move(last["x"], last["y"], steps=5)
    page.mouse.up()
    page.wait_for_url(f"**from={day_of(plan, 14)}&to={day_of(plan, -7)}**")
    expect(page.locator("#day h2")).to_have_count(0)
    page.locator("a:visible", has_text="Whole plan").click()
    page.wait_for_url("**window=whole**")


def test_without_scripts_a_day_is_a_page_and_a_span_is_sent_by_its_form(make_page, clinic, plan):
    page = make_page(javascript=False)
    sign_in(page, clinic.primary)
    page.goto(f"/plans/{plan.pk}")
    page.fill("#on", day_of(plan, 2).isoformat())
    follow(page, page.get_by_role("button", name="Show the day"))
    expect(page.locator("#day h2")).to_have_text(long(day_of(plan, 2)))
    follow(page, page.get_by_role("link", name="The day after"))
    expect(page.locator("#day h2")).to_have_text(long(day_of(plan, 1)))
    page.goto(f"/plans/{plan.pk}")
    page.get_by_text("Another span").click()
    page.fill("#span-from", day_of(plan, 20).isoformat())
    page.fill("#span-to", day_of(plan, 0).isoformat())
    follow(page, page.locator("#span-form button"))
    expect(page.locator("#picture svg")).to_have_attribute("data-first", day_of(plan, 20).isoformat())


def test_the_header_of_a_plan_is_one_line_at_1280(make_page, clinic, plan):
    page = make_page(width=1280, height=800)
    sign_in(page, clinic.primary)
    page.goto(f"/plans/{plan.pk}")
    buttons = page.locator(".title .btn").all()
    assert len(buttons) >= 6
    assert len({round(button.bounding_box()["y"]) for button in buttons}) == 1
    assert page.locator(".title").bounding_box()["height"] < 60
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Takes a different dose").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("story", [{}, THREE])
def test_a_visit_is_printed_on_one_page(page, clinic, patient, story, paper):
    start = clock.today(patient.zone) - timedelta(days=1)
    plan = issue_plan(clinic.primary, patient, story_request(start, story) if story else story_request(start))
    sign_in(page, clinic.primary)
    for query in ("", "?for=patient"):
        page.goto(f"/plans/{plan.pk}/visit{query}")
        pages = PdfReader(io.BytesIO(page.pdf(format=paper))).pages
        assert len(pages) == 1, query
    assert violations(page) == []


def test_the_summary_is_one_key_away(page, clinic, plan):
    sign_in(page, clinic.primary)
    page.goto(f"/plans/{plan.pk}")
    press_and_follow(page, "v")
    page.wait_for_url(f"**/plans/{plan.pk}/visit")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_pages_of_days_and_visits_break_no_rule_and_fit_the_screen(make_page, clinic, plan, width, dark):
    page = make_page(width=width, height=844, dark=dark)
    sign_in(page, clinic.primary)
    for address in ("", "/day", "/visit", "/visit?for=patient"):
        page.goto(f"/plans/{plan.pk}{address}")
        assert violations(page) == [], address
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, address
