"""The patient's plan pages: today's doses, the next change, the calendar as a page and as a PDF."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from plans.dispatch import documents as drawing
from plans.documents.kinds import draw
from plans.documents.readback.pdf import read_pages
from plans.models import Document, Plan
from plans.services import drawing as document_facts
from plans.services.plans import states
from plans.services.plans.queries import schedule_of
from tests.documents.plans import of_kind
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_plan, issue_story_plan, story_request
from tests.present import present
from tests.web.ledger import rows
from tests.web.markup import tight
from tests.web.patient_story import FIRST_DAY, MONDAY, Story, give, hold, plain, token_for, words

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_plan_page_says_what_to_take_today_and_when_it_changes(known: Client) -> None:
    said = words(known.get("/p/"))
    assert "Hello Quill" in said
    assert "Monday 23 November" in said
    assert "Morning 0.5 mg" in said
    assert "Night 1 mg" in said
    assert "Monday 7 December" in said
    assert "That is 14 days away." in said
    assert "Never stop all at once" in said


@pytest.mark.slow
def test_a_plan_on_its_first_dose_does_not_speak_of_progress(known: Client) -> None:
    said = words(known.get("/p/"))
    assert "You are at clonazepam 1.5 mg, where your plan begins." in said
    assert "You have gone from" not in said


@pytest.mark.slow
def test_as_many_tablets_are_drawn_as_are_to_be_taken(known: Client) -> None:
    page = tight(known.get("/p/").content.decode())
    rows = re.findall(r'<span class="pieces">(.*?)</span><span>(\w+) ', page, re.DOTALL)
    assert [(said, drawn.count('class="pill"')) for drawn, said in rows] == [("One", 1), ("Two", 2)]


@pytest.mark.slow
def test_before_its_first_day_the_plan_says_to_go_on_as_before(standing_clock: Any, client: Client) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient, start=FIRST_DAY + timedelta(days=3))
    client.get(f"/p/{token_for(patient, plan)}")
    give(client, str(patient.born.year))
    assert "It begins on Thursday 26 November 2026. Until then take your medicine as before." in words(
        client.get("/p/")
    )


@pytest.mark.slow
def test_after_the_last_dose_the_plan_says_so(known: Client, begun: Story, standing_clock: Any) -> None:
    last = schedule_of(present(begun.plan.active_version)).last_dose_day()
    assert last is not None
    standing_clock.move_to(datetime.combine(last + timedelta(days=40), MONDAY.time(), UTC))
    states.advance(datetime.combine(last + timedelta(days=40), MONDAY.time(), UTC))
    # The link of a newer message: the first one has ended.
    assert known.get(f"/p/{begun.token}").status_code == 410
    known.get(f"/p/{token_for(begun.patient, begun.plan)}")
    give(known, str(begun.patient.born.year))
    said = words(known.get("/p/"))
    assert "Your last dose was on" in said
    assert "For today" not in said


@pytest.mark.slow
def test_a_plan_the_clinic_ended_shows_no_dose_for_today(known: Client, begun: Story) -> None:
    Plan.objects.filter(pk=begun.plan.pk).update(state="stopped")
    said = words(known.get("/p/"))
    assert "This plan is over" in said
    assert "For today" not in said
    assert "Next change" not in said
    assert "Open my calendar" not in said


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/p/calendar", "/p/calendar.pdf"])
def test_a_plan_the_clinic_ended_has_no_calendar_to_go_on_by(known: Client, begun: Story, path: str) -> None:
    Plan.objects.filter(pk=begun.plan.pk).update(state="stopped")
    answer: Any = known.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/p/")


@pytest.mark.slow
def test_a_hold_says_up_to_which_day_nothing_changes(known: Client, begun: Story) -> None:
    plan = hold(begun)
    said = words(known.get("/p/"))
    change = schedule_of(present(plan.active_version)).next_change(FIRST_DAY)
    assert change is not None
    assert plan.held_until == change.start - timedelta(days=1)
    assert f"up to and including {plan.held_until:%A} {plan.held_until.day} {plan.held_until:%B}" in said
    assert "Calendar number 2" in said


@pytest.mark.slow
def test_the_link_of_the_first_message_leads_to_the_new_calendar(opened: Client, begun: Story) -> None:
    hold(begun)
    other = Client()
    other.get(f"/p/{begun.token}")
    give(other, str(begun.patient.born.year))
    assert "Calendar number 2" in words(other.get("/p/"))


@pytest.mark.slow
def test_during_a_switch_every_drug_is_named_and_no_single_dose_is_claimed(
    standing_clock: Any, client: Client
) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    tablet = {"form": "tablet", "split": 2}
    request = story_request(
        FIRST_DAY,
        regimen=[{"time": time, "drug": "alprazolam", "dose_mg": "0.5"} for time in ("morning", "night")],
        products=[
            {"drug": "alprazolam", "strength_mg": "0.25", **tablet},
            {"drug": "diazepam", "strength_mg": "2", **tablet},
            {"drug": "diazepam", "strength_mg": "5", **tablet},
        ],
        crossover={"to": "diazepam", "stage_days": 7},
    )
    plan = issue_plan(clinic.primary, patient, request)
    client.get(f"/p/{token_for(patient, plan)}")
    give(client, str(patient.born.year))
    said = words(client.get("/p/"))
    change = schedule_of(present(plan.active_version)).next_change(FIRST_DAY)
    assert change is not None
    for drug in ("alprazolam", "diazepam"):
        assert f"{drug} {change.total(drug)}".replace("\u00a0", " ") in said
    assert "How far you have come" not in said
    about = words(client.get("/p/about"))
    assert "0.5 mg of alprazolam is about as strong as 10 mg of diazepam." in about
    assert "A larger number of mg can be the same strength." in about


@pytest.mark.slow
def test_the_calendar_page_says_of_each_day_what_the_schedule_says(known: Client, begun: Story) -> None:
    schedule = schedule_of(present(begun.plan.active_version))
    source = tight(known.get("/p/calendar").content.decode().replace("\u00a0", " "))
    lines = re.findall(r"<th scope=\"row\" class=\"nowrap\">(\w+ \d+ \w+)(.*?)</tr>", source, re.DOTALL)
    last = schedule.last_dose_day()
    assert last is not None
    days = [FIRST_DAY + timedelta(days=n) for n in range((last - FIRST_DAY).days + 1)]
    assert len(lines) >= len(days)
    for day, (name, rest) in zip(days, lines, strict=False):
        assert name == f"{day:%a} {day.day} {day:%b}"
        step = schedule.step_on(day)
        assert step is not None
        shown = [
            (time, dose) for time, dose in re.findall(r"<div>(\w+) <b>(.*?)</b>", rest) if dose != "no dose"
        ]
        assert shown == [(dose.time.value.title(), plain(dose.dose)) for dose in step.doses if dose.dose], day
        assert f"{plain(step.total('clonazepam'))} in all" in rest


@pytest.mark.slow
def test_the_calendar_page_says_everything_the_document_says(known: Client, begun: Story) -> None:
    row = Document.objects.select_related("version__issued_by", "plan__clinic", "plan__patient").get(
        plan=begun.plan, kind="calendar"
    )
    given = document_facts._facts(row)
    front = read_pages(draw(of_kind(given, "calendar")))[0]
    page = html.unescape(words(known.get("/p/calendar")))
    said = {run.text for run in front.all_runs()}
    # What a page of its own does not need: whose it is, its number, its code, where on paper something stands.
    left = {
        "Calendar",
        "Day total",
        "Scan to check this is current",
        "Bring this plan to every visit.",
        "Visits:",
    }
    left |= {text for text in said if re.match(r"(page|pages|Page|Version|Replaces|born|Keep) ", text)}
    left |= {given.patient_name, *(text for text in said if text.startswith(("half: take", "part: take")))}
    # The document breaks lines where a screen does not.
    missing = [
        text for text in said - left if text.rstrip(",.").lower() not in page.lower() and not dated(text)
    ]
    assert missing == []


def dated(text: str) -> bool:
    """A step's first or last day, which the page says as "30 November to 13 December 2026"."""
    return re.fullmatch(r"(\w+day )?\d+ \w+( \d{4})?", text) is not None


@pytest.mark.slow
def test_the_calendar_page_begins_today_and_fits_a_phone(
    known: Client, begun: Story, standing_clock: Any
) -> None:
    standing_clock.shift(timedelta(days=20))
    known.get(f"/p/{begun.token}")
    source = known.get("/p/calendar").content.decode()
    assert "Sun 13 Dec" in source
    assert "Sat 12 Dec" not in source
    assert 'class="scroll"' not in source


@pytest.mark.slow
def test_the_pdf_is_the_one_in_force_and_a_new_one_being_drawn_is_announced(
    known: Client, begun: Story
) -> None:
    waiting = known.get("/p/calendar.pdf")
    assert waiting.status_code == 503
    assert "Your calendar is being made" in words(waiting)
    assert "/p/calendar" in waiting.content.decode()
    drawing.run()
    first = known.get("/p/calendar.pdf")
    assert first.content.startswith(b"%PDF")
    assert first.headers["Content-Type"] == "application/pdf"
    assert re.fullmatch(r'inline; filename="[a-z0-9.-]+\.pdf"', first.headers["Content-Disposition"])
    hold(begun)
    assert known.get("/p/calendar.pdf").status_code == 503
    drawing.run()
    second = known.get("/p/calendar.pdf")
    assert second.content.startswith(b"%PDF")
    assert second.content != first.content


@pytest.mark.slow
def test_a_calendar_that_could_not_be_drawn_promises_nothing(known: Client, begun: Story) -> None:
    Document.objects.filter(plan=begun.plan).update(state="failed")
    response = known.get("/p/calendar.pdf")
    assert response.status_code == 503
    assert "cannot be printed now" in words(response)
    assert "1 minute" not in words(response)
    assert "1 minute" not in words(known.get("/p/"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/p/", "/p/calendar", "/p/calendar.pdf", "/y/", "/m/", "/q/unknown", "/help/us"]
)
def test_no_patient_page_is_kept_passed_on_or_found(known: Client, path: str) -> None:
    headers = known.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("prefix", ["p", "y", "m", "q", "c"])
def test_an_address_with_a_token_tells_nobody_where_one_came_from(
    client: Client, standing_clock: Any, prefix: str
) -> None:
    headers = client.get(f"/{prefix}/{'t' * 43}").headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.slow
def test_looking_changes_no_row_but_sessions(known: Client, begun: Story) -> None:
    before = rows()
    for path in (f"/p/{begun.token}", "/p/", "/p/calendar", "/p/calendar.pdf"):
        known.get(path)
        known.head(path)
    assert rows() == before
