"""The visit summary on one page: the clinic's with its notes, the patient's without them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from plans.domain.errors import NotFound
from plans.models import AuditEvent
from plans.services import visit_summary, visits
from plans.services.checkins import sessions
from plans.services.plans import queries
from plans.services.visit_summary import Since
from tests.clients import client_of
from tests.makers import make_clinic, make_patient
from tests.makers_care import record, return_home, set_care
from tests.makers_checkins import START, answer_all, asked, on
from tests.makers_plans import TOGETHER, issue_plan, story_request
from tests.present import present
from tests.web.item_help import raise_urgent
from tests.web.patient_story import FIRST_DAY, Story, hold, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(begun: Story) -> Client:
    """The browser of the clinician on call."""
    return client_of(begun.clinic.primary)


def look(desk: Client, story: Story, **query: str) -> str:
    answer = desk.get(reverse("plan-visit", args=[story.plan.pk]), query)
    assert answer.status_code == 200
    return words(answer)


@pytest.mark.slow
def test_the_clinics_summary_says_who_where_the_plan_stands_and_what_comes(
    desk: Client, begun: Story
) -> None:
    said = look(desk, begun)
    for part in (
        begun.patient.name,
        f"record {begun.patient.record_no}",
        "plan version 1, active",
        "Dose today clonazePAM 1.5 mg",
        "The next eight weeks Now clonazePAM 1.5 mg Morning: one",
        "Mon 7 Dec clonazePAM",
        "At home",
        "Nothing is open.",
        "Agreed today:",
    ):
        assert part in said, part


@pytest.mark.slow
def test_changes_notes_and_open_items_are_the_clinics_alone(desk: Client, begun: Story) -> None:
    hold(begun)
    raise_urgent(begun.clinic, begun.patient)
    clinics, patients = look(desk, begun), look(desk, begun, **{"for": "patient"})
    for part in ("Held at clonazePAM 1.5 mg for 14 days. Asked.", "Urgent:", "Open questions and items"):
        assert part in clinics, part
        assert part not in patients, part
    assert "Asked." not in patients
    assert "plan agreed, dose from then clonazepam 1.5 mg" in patients


@pytest.mark.slow
def test_the_patients_summary_is_in_the_patients_language(standing_clock: Any) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary, language="es")
    plan = issue_plan(clinic.primary, patient, story_request("2026-11-23"))
    page = client_of(clinic.primary).get(reverse("plan-visit", args=[plan.pk]), {"for": "patient"})
    said = words(page)
    assert 'lang="es"' in page.content.decode()
    for part in ("Las próximas ocho semanas", "Acordado hoy:", "Según el plan", "Desde el"):
        assert part in said, part
    assert "The next eight weeks" not in said


@pytest.mark.slow
def test_the_answers_stand_beside_those_of_the_last_visit(standing_clock: Any) -> None:
    with on(START):
        story = asked()
        answer_all(sessions.for_link(story.link), sx_sleep="4")
        visits.plan_visit(
            by=story.clinic.primary, patient_id=story.patient.pk, on=FIRST_DAY, at=None, with_whom=""
        )
    with on(START + timedelta(days=7)):
        answer_all(sessions.by_phone(story.clinic.staff, story.patient.pk), sx_sleep="1")
        desk = client_of(story.clinic.primary)
        said = words(desk.get(reverse("plan-visit", args=[story.plan.pk])))
        before = words(desk.get(reverse("plan-visit", args=[story.plan.pk]), {"since": "2026-11-20"}))
    assert "Since the visit on 23 Nov 2026" in said
    assert "Poor sleep 0 to 4 4 1 down 3" in said
    assert "Since 20 Nov 2026" in before
    assert "Poor sleep 0 to 4 – 1" in before


def test_without_a_visit_the_last_four_weeks_are_compared(begun: Story) -> None:
    found = visit_summary.page(begun.clinic.reader, begun.plan.pk)
    assert (found.since, found.since_is) == (FIRST_DAY - timedelta(weeks=4), Since.WEEKS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("last week", "This is not a day."),
        ("2026-11-23", "Choose a day before today to compare with."),
    ],
)
def test_a_day_that_cannot_be_compared_with_is_said_and_kept(
    desk: Client, begun: Story, raw: str, said: str
) -> None:
    page = desk.get(reverse("plan-visit", args=[begun.plan.pk]), {"since": raw})
    assert said in words(page)
    assert f'value="{raw}"' in page.content.decode()


@pytest.mark.slow
def test_what_was_counted_at_home_is_less_by_the_days_since(
    desk: Client, begun: Story, standing_clock: Any
) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    product = queries.schedule_of(present(begun.plan.active_version)).products[0]
    return_home(begun.clinic.primary, begun.plan, stock={product.name: 50})
    counted = visit_summary.page(begun.clinic.primary, begun.plan.pk)
    day = counted.facts.day
    assert (counted.counted_on, dict(counted.at_home)[product]) == (day, 50)
    standing_clock.shift(timedelta(days=3))
    # The fill of that day is at home as well, which was less by what was counted.
    later = visit_summary.page(begun.clinic.primary, begun.plan.pk)
    standing_clock.shift(timedelta(days=1))
    last = visit_summary.page(begun.clinic.primary, begun.plan.pk)
    assert dict(last.at_home)[product] < dict(later.at_home)[product]
    assert (later.counted_on, last.counted_on) == (day, day)


@pytest.mark.slow
def test_what_is_at_home_is_worked_out_from_the_fills_where_nobody_counted(
    begun: Story, standing_clock: Any
) -> None:
    standing_clock.shift(timedelta(days=3))
    desk = client_of(begun.clinic.primary)
    assert "If every fill so far was collected and every dose taken as planned." in look(desk, begun)


@pytest.mark.slow
def test_in_hospital_no_summary_says_what_to_take(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    clinics, patients = look(desk, begun), look(desk, begun, **{"for": "patient"})
    assert "last known dose clonazePAM 1.5 mg" in clinics
    assert "The hospital ward now decides what you take." in patients
    for one in (clinics, patients):
        assert "Now clonaze" not in one
        assert "7 Dec" not in one


@pytest.mark.slow
def test_a_dose_taken_otherwise_stands_on_the_clinics_summary(standing_clock: Any) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    plan = issue_plan(clinic.primary, patient, story_request("2026-11-23", TOGETHER))
    record(clinic.primary, plan, "morning lorazepam 1", "night zolpidem 10")
    said = words(client_of(clinic.primary).get(reverse("plan-visit", args=[plan.pk])))
    assert "Takes LORazepam 1 mg + zolpidem 10 mg, plan says LORazepam 2 mg + zolpidem 10 mg" in said


def test_another_clinic_sees_no_summary(begun: Story) -> None:
    with pytest.raises(NotFound):
        visit_summary.page(make_clinic().primary, begun.plan.pk)


@pytest.mark.slow
def test_looking_changes_nothing(desk: Client, begun: Story) -> None:
    before = begun.plan.lock, AuditEvent.objects.count()
    look(desk, begun)
    begun.plan.refresh_from_db()
    assert (begun.plan.lock, AuditEvent.objects.count()) == before
