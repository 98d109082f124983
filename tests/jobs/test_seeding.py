"""Seeded patients do what real ones do: doses ticked off, visits, a plan begun."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from plans.management.seeding import life
from plans.management.seeding.clinics import Staff
from plans.management.seeding.people import PEOPLE, TAPERS
from plans.models import DoseMark, PlannedVisit
from plans.services import clock, links
from plans.services.links import LinkPurpose
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan


def test_thirty_people_live_in_two_clinics_each_with_a_taper_that_is_written_down() -> None:
    assert len(PEOPLE) == 30
    assert {person.clinic for person in PEOPLE} == {"harbour", "riverside"}
    assert {person.plan for person in PEOPLE if person.plan} <= set(TAPERS)
    assert len({person.name for person in PEOPLE}) == 30


@pytest.mark.slow
@pytest.mark.django_db
def test_doses_are_ticked_off_but_for_forgotten_days_and_one_that_was_otherwise(settings) -> None:
    settings.TAPERPLAN_DEMO = True
    clinic = make_clinic()
    patient = make_patient(clinic.primary, name="Oriel Dummett")
    today = clock.today(patient.zone)
    plan = issue_story_plan(clinic.primary, patient, start=today - timedelta(days=20))
    links.lasting(purpose=LinkPurpose.PLAN, patient=patient, plan=plan)
    for ago in range(18, -1, -1):
        day = today - timedelta(days=ago)
        with clock.standing_at(datetime.combine(day, time(15, 30), UTC)):
            life.mark_doses({patient.name: patient.pk}, day, today=today)
    days = dict(DoseMark.objects.order_by("on").values_list("on", "how"))
    assert days[today - timedelta(days=9)] == "other"
    assert 12 <= len(days) < 18
    assert today not in days


@pytest.mark.slow
@pytest.mark.django_db
def test_visits_are_recorded_by_the_front_desk() -> None:
    clinic = make_clinic()
    names = ("Quill Testcase", "Winslow Pretend", "Oriel Dummett")
    ids = {name: make_patient(clinic.primary, name=name).pk for name in names}
    staff = Staff(clinic.id, "America/New_York", "US", "555-01", clinic.primary, clinic.staff)
    life.plan_visits(staff, ids, clock.today("America/New_York"))
    assert PlannedVisit.objects.count() == 3
