"""One day of a plan: what was to be taken, what was taken, what was answered and what was done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from plans.services import clock
from plans.services.checkins import sessions
from tests.clients import client_of
from tests.makers import make_clinic, make_patient
from tests.makers_care import record, set_care
from tests.makers_checkins import START, answer_all, asked, on
from tests.makers_plans import TOGETHER, issue_plan, story_request
from tests.web.patient_story import FIRST_DAY, Story, hold, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(begun: Story) -> Client:
    """The browser of the clinician on call."""
    return client_of(begun.clinic.primary)


def look(desk: Client, story: Story, on: Any = "") -> str:
    answer = desk.get(reverse("plan-day", args=[story.plan.pk]), {"on": str(on)} if on else {})
    assert answer.status_code == 200
    return words(answer)


@pytest.mark.slow
def test_the_day_says_each_dose_with_its_time_and_tablets(desk: Client, begun: Story) -> None:
    said = look(desk, begun, FIRST_DAY)
    assert "Monday 23 November 2026" in said
    assert "Step 1 of" in said
    assert "Morning clonazePAM 0.5 mg" in said
    assert "Night clonazePAM 1 mg" in said
    assert "tablet" in said
    assert "No dose was reported for this day." in said


@pytest.mark.slow
def test_the_day_says_what_was_taken_in_milligrams_and_who_reported_it(desk: Client, begun: Story) -> None:
    record(begun.clinic.primary, begun.plan, "night clonazepam 1", told_by="carer", note="Seen on the box.")
    said = look(desk, begun)
    assert "clonazePAM 1 mg. The plan said clonazePAM 1.5 mg." in said
    assert "reported by a carer or relative, since 23 November 2026. Seen on the box." in said


@pytest.mark.slow
def test_the_day_says_what_was_done_and_by_whom_and_the_next_day_does_not(desk: Client, begun: Story) -> None:
    hold(begun)
    assert "Nothing was done on this day." not in look(desk, begun, FIRST_DAY)
    assert begun.clinic.primary.name in look(desk, begun, FIRST_DAY)
    assert "Nothing was done on this day." in look(desk, begun, FIRST_DAY + timedelta(days=1))


@pytest.mark.slow
def test_the_day_says_what_was_answered_with_what_stands_out_first(standing_clock: Any) -> None:
    with on(START):
        story = asked()
        answer_all(sessions.for_link(story.link), sx_sleep="4")
    with on(START + timedelta(days=7)):
        answer_all(sessions.by_phone(story.clinic.staff, story.patient.pk), sx_sleep="1")
        page = client_of(story.clinic.primary).get(reverse("plan-day", args=[story.plan.pk]))
        said = words(page)
    assert "answered" in said
    assert "Low mood (PHQ-2)" in said
    before, _more, _rest = said.partition("more answers")
    assert "down 3" in before
    assert "From the check-in of this day" not in said


@pytest.mark.slow
def test_a_check_in_that_nobody_answered_is_said_on_its_day(standing_clock: Any) -> None:
    with on(START):
        story = asked()
        page = client_of(story.clinic.primary).get(reverse("plan-day", args=[story.plan.pk]))
    assert "asked, no answer yet" in words(page)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("tomorrow", "This is not a day."),
        ("2026-11-22", "The plan has no such day. It runs from 23 November 2026"),
        ("2031-01-01", "The plan has no such day."),
    ],
)
def test_a_day_that_is_none_says_so_and_shows_today(desk: Client, begun: Story, raw: str, said: str) -> None:
    page = look(desk, begun, raw)
    assert said in page
    assert "Monday 23 November 2026" in page


@pytest.mark.slow
def test_the_days_beside_it_are_links_and_none_leads_out_of_the_plan(desk: Client, begun: Story) -> None:
    address = reverse("plan-day", args=[begun.plan.pk])
    first = desk.get(address, {"on": str(FIRST_DAY)}).content.decode()
    assert "The day before" not in first
    assert f"{address}?on=2026-11-24" in first
    second = desk.get(address, {"on": "2026-11-24"}).content.decode()
    assert f"{address}?on=2026-11-23" in second


@pytest.mark.slow
def test_every_drug_of_the_day_is_named(standing_clock: Any) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    plan = issue_plan(clinic.primary, patient, story_request("2026-11-23", TOGETHER))
    record(clinic.primary, plan, "morning lorazepam 1", "night zolpidem 10")
    said = words(client_of(clinic.primary).get(reverse("plan-day", args=[plan.pk])))
    assert "LORazepam 1 mg + zolpidem 10 mg. The plan said LORazepam 2 mg + zolpidem 10 mg." in said


@pytest.mark.slow
def test_in_hospital_no_dose_of_the_plan_is_said_to_be_taken(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    said = look(desk, begun)
    assert "In hospital: the ward decided the dose, the plan rested." in said
    assert "Morning clonazePAM" not in said


@pytest.mark.slow
def test_the_plan_page_leads_to_its_days_without_scripts(desk: Client, begun: Story) -> None:
    page = desk.get(reverse("plan", args=[begun.plan.pk])).content.decode()
    assert f'action="{reverse("plan-day", args=[begun.plan.pk])}"' in page
    assert clock.today(begun.patient.zone).isoformat() in page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "2026-11-30", "to": "soon"}, "Give two days, the first and the last"),
        ({"from": "2026-12-20", "to": "2026-12-01"}, "Give a last day at least 6 days after the first."),
        ({"from": "2020-01-01", "to": "2020-02-01"}, "The plan has no day in this span"),
    ],
)
def test_a_span_that_is_none_says_so_and_the_whole_plan_is_shown(
    desk: Client, begun: Story, query: dict[str, str], said: str
) -> None:
    page = desk.get(reverse("plan", args=[begun.plan.pk]), query)
    assert said in words(page)
    assert 'data-first="2026-11-16"' in page.content.decode()


@pytest.mark.slow
def test_a_span_is_drawn_and_kept_when_other_lines_are_chosen(desk: Client, begun: Story) -> None:
    query = {"from": "2026-12-01", "to": "2026-12-20"}
    page = desk.get(reverse("plan", args=[begun.plan.pk]), query).content.decode()
    assert page.count('data-first="2026-12-01" data-last="2026-12-21"') == 1
    assert "from=2026-12-01&amp;to=2026-12-20&amp;lines=level" in page
