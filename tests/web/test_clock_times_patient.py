"""A plan of clock times where a patient meets it: today's page, ticks, the calendar and the feed of a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from plans.models import DoseMark
from plans.services import clock
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_plan, story_request
from tests.web.patient_story import give, token_for, words

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BY_CLOCK = [
    {"time": "06:30", "drug": "clonazepam", "dose_mg": "0.5"},
    {"time": "22:15", "drug": "clonazepam", "dose_mg": "1"},
]


@pytest.fixture
def phone(standing_clock: Any) -> Client:
    """A phone that knows its patient, whose plan of clock times begins today."""
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    request = story_request(clock.today(patient.zone), regimen=BY_CLOCK)
    plan = issue_plan(clinic.primary, patient, request)
    found = Client()
    found.get(f"/p/{token_for(patient, plan)}")
    give(found, str(patient.born.year))
    return found


def test_today_names_each_clock_time_and_takes_its_tick(phone: Client) -> None:
    page = words(phone.get("/p/"))
    assert page.index("06:30") < page.index("22:15")
    on = re.search(r'name="on" value="([^"]+)"', phone.get("/p/").content.decode())
    assert on
    posted = {"on": on[1], "time": "22:15", "drug": "clonazepam", "how": "planned"}
    phone.post("/p/mark", posted)
    phone.post("/p/mark", {**posted, "time": "22:00"})
    assert [(mark.time, mark.how) for mark in DoseMark.objects.all()] == [("22:15", "planned")]


def test_the_feed_of_a_phone_says_clock_times_to_who_chose_doses(phone: Client) -> None:
    phone.post("/p/feed", {"act": "open_doses"})
    address = re.search(r"(/f/[\w-]+\.ics)", phone.get("/p/feed").content.decode())
    assert address
    first = next(iter(Calendar.from_ical(Client().get(address[1]).content).walk("VEVENT")))
    said = str(first["summary"]).replace("\xa0", " ")
    assert said == "clonazepam: 0.5 mg at 06:30 and 1 mg at 22:15"
