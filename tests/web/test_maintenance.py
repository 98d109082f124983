"""A patient at a maintenance dose, long after the written steps: every page and document goes on with the dose."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from plans.dispatch import documents as drawing
from plans.dispatch import upkeep
from plans.documents.readback.pdf import read_pages
from plans.models import Document, Plan
from plans.services.documents import ask_for, files
from plans.services.plans import revise
from plans.services.plans.queries import schedule_of
from tests.makers_checkins import on
from tests.makers_plans import plan_row
from tests.present import present
from tests.web.access_world import Side, World, make_side, routes, with_new_links

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STAYS = datetime(2026, 12, 10, 15, tzinfo=UTC)
"""Day 4 of the second step: 1.375 mg a day."""
DOSE = "1.375 mg"
LATER = (1, 40, 400)
"""Days after the last written step."""
NEVER = re.compile(
    r"\bstopped\b|\bis over\b|, over\b|\bended\b|in follow-up|follow-up check-in|last day|has passed"
    r"|your plan is finished|without a plan|week \d+ after",
    re.IGNORECASE,
)
# Sentences that hold such a word and say nothing of the plan.
SAID_OF_OTHERS = (
    "Have you stopped your medicine all at once",
    "What the calendar says after the last day",
    "Stopped all at once, or ran out",
    "An antidepressant started, stopped or changed",
    "Version 1 would have ended",
    # The pharmacy sheet's row of what changed; the heading of a table of the summary.
    "none: the dose stays",
    "what is over counts for the next fill",
    "No review was ended.",
    # What each change of care would do, beside its form.
    "Moved to other care, stopped care here",
    # The medicine page on what some feel at a dose.
    "You may feel as if you had stopped, though you still take it",
    "Moved to other care Stopped care here",
    "Reviews ended",
    # Why a plan may be ended, on the page of changes.
    "Completed as planned The patient stopped it Ended for safety",
)
OF_THE_CLINIC = ("caseload", "patient", "plan", "plan-calendar", "plan-change", "queue", "item")
OF_THE_PATIENT = ("plan-page", "plan-page-calendar")


def alone(side: Side) -> World:
    """A world of one side, without an invitation, an offer or a file: what its routes would name is nobody's."""
    nobody = side.clinic.lead.member_id
    return World(side, side, *[nobody] * 8)


@dataclass
class Stayed:
    """Side a at maintenance, on one day."""

    side: Side
    plan: Plan
    today: date

    def client(self, actor: str) -> Client:
        """A browser of somebody of this side."""
        return alone(self.side).client(actor)


def stay(side: Side, review_on: date | None = None) -> Plan:
    """Stay at the dose of today."""
    plan = plan_row(side.plan.pk)
    params = {"review_on": review_on.isoformat()} if review_on else {}
    revise.revise(
        by=side.clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan.lock,
        act="stop_here",
        params=params,
        note="As agreed: this dose does her good.",
    )
    return plan_row(plan.pk)


@pytest.fixture(params=LATER)
def stayed(request: Any) -> Iterator[Stayed]:
    side = make_side("A")
    with on(STAYS):
        upkeep.run()
        plan = stay(side, STAYS.date() + timedelta(days=84))
        written = schedule_of(present(plan.active_version)).end
    today = written + timedelta(days=request.param)
    with on(datetime.combine(today, time(15), UTC)):
        upkeep.run()
        plan = plan_row(plan.pk)
        # Nobody gets at the plan through the messages of its beginning: the patient takes the link of the last one.
        yield Stayed(with_new_links(replace(side, plan=plan)), plan, today)


def text_of(response: Any) -> str:
    """The words of a page, without its marks."""
    raw = html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return " ".join(raw.replace("\u00a0", " ").split())


def pages(stayed: Stayed, actor: str) -> dict[str, str]:
    """Every page that a member of staff or the patient gets, by the name of its route."""
    world = alone(stayed.side)
    client, found = stayed.client(actor), {}
    for route in routes():
        if not route.ours or route.name in ("health-live", "health-ready"):
            continue
        response = client.get(world.path(route))
        if response.status_code == 200 and "html" in response.headers.get("Content-Type", ""):
            found[route.name] = text_of(response)
    return found


def wrong_words(shown: dict[str, str]) -> list[str]:
    """Where a page says that something ended, with the words around it."""
    return [
        f"{name}: {text[max(0, found.start() - 60) : found.end() + 30]}"
        for name, text in shown.items()
        # Of items, shifts, people and kept records, never of a dose.
        if not name.startswith(("figures", "member", "retention", "rota"))
        for found in NEVER.finditer(text)
        if not any(said in text[found.start() - 60 : found.end() + 60] for said in SAID_OF_OTHERS)
    ]


@pytest.mark.timeout(240)
def test_no_page_shows_a_dose_that_stays_as_over_and_each_says_the_dose(stayed: Stayed) -> None:
    assert stayed.plan.state == "maintenance"
    for actor, places in (("lead", OF_THE_CLINIC), ("patient", OF_THE_PATIENT)):
        shown = pages(stayed, actor)
        assert wrong_words(shown) == []
        assert [name for name in places if DOSE not in shown[name]] == []


def words_of(document: Document) -> str:
    content = files.read(document.file)
    assert content is not None
    return " ".join(
        " ".join(run.text.replace("\u00a0", " ") for page in read_pages(content) for run in page.runs).split()
    )


@pytest.mark.timeout(240)
def test_calendar_pharmacy_sheet_and_summary_go_on_with_the_dose(stayed: Stayed) -> None:
    by, plan = stayed.side.clinic.primary, stayed.plan
    for kind, size in (("calendar", "large"), ("pharmacy", "normal"), ("summary", "normal")):
        ask_for(by=by, plan_id=plan.pk, kind=kind, paper="a4", size=size, language="en")
    drawing.run(seconds=100)
    documents = list(Document.objects.filter(plan=plan).exclude(state="replaced"))
    assert {document.state for document in documents} == {"ready"}
    assert {document.kind for document in documents} == {"calendar", "pharmacy", "summary"}
    for document in documents:
        said = words_of(document)
        assert wrong_words({document.kind: said}) == []
        if document.kind == "calendar":
            assert "Do not stop: keep taking" in said
            assert "You will get the next pages before" in said
            assert plan.pages_until is not None
            assert plan.pages_until >= stayed.today + timedelta(days=14)
    sheet = next(words_of(document) for document in documents if document.kind == "pharmacy")
    assert "Fills on this sheet; the dose goes on" in sheet


def test_the_feed_reaches_as_far_as_the_pages(stayed: Stayed) -> None:
    answer = stayed.client("patient").get("/p/plan.ics")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    last = [event for event in events if str(event["status"]) == "CONFIRMED"][-1]
    assert stayed.plan.pages_until is not None
    assert last.decoded("dtend") == stayed.plan.pages_until + timedelta(days=1)


def test_the_patient_reads_the_dose_and_the_review_every_day(stayed: Stayed) -> None:
    said = text_of(stayed.client("patient").get("/p/"))
    assert "Your dose stays the same" in said
    assert f"Keep taking clonazepam {DOSE} a day" in said
    review = stayed.plan.review_on
    assert review is not None
    assert ("until your review on" in said) == (review >= stayed.today)


def test_the_caseload_says_since_when_and_the_plan_what_can_be_done(stayed: Stayed) -> None:
    client = stayed.client("lead")
    answer = client.get("/")
    caseload, page = text_of(answer), answer.content.decode()
    assert "maintenance since 10 Dec 2026" in caseload
    review = stayed.plan.review_on
    assert review is not None
    assert ("Review overdue since" in caseload) == (review < stayed.today)
    marked = re.search(r'<b class="ink-high">(?:(?!</b>).)*Review overdue since', page, re.DOTALL)
    assert (marked is not None) == (review < stayed.today)
    plan = text_of(client.get(f"/plans/{stayed.plan.pk}"))
    for said in ("at maintenance since 10 Dec 2026", "Step back", "New plan", "Change the review date"):
        assert said in plan
