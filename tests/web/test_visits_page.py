"""The page of a patient's visits, and what the patient sees of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.services import visits
from tests.clients import client_of
from tests.makers_checkins import on
from tests.web import patient_story
from tests.web.patient_story import FIRST_DAY, MONDAY, Story, give, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Story]:
    with on(MONDAY):
        yield patient_story.made()


def send(story: Story, **typed: str) -> Any:
    address = f"/patients/{story.patient.pk}/visits/plan"
    return client_of(story.clinic.staff).post(
        address, {"on": "2026-12-09", "at": "", "with_whom": "", **typed}
    )


def known(story: Story) -> Client:
    phone = Client()
    phone.get(f"/p/{story.token}")
    give(phone, str(story.patient.born.year))
    return phone


@pytest.mark.slow
def test_a_visit_is_planned_shown_to_the_patient_and_taken_back(story: Story) -> None:
    assert send(story, at="14:30", with_whom="Dr Sampleton").status_code == 302
    page = f"/patients/{story.patient.pk}/visits"
    reception = client_of(story.clinic.staff)
    assert "Wednesday 9 December 2026 14:30 Dr Sampleton" in words(reception.get(page))
    assert "Wednesday 9 December 2026" in words(reception.get(f"/patients/{story.patient.pk}"))
    phone = known(story)
    assert "Your visits Wednesday 9 December, 2:30 pm , Dr Sampleton" in words(phone.get("/p/"))
    assert "Wed 9 Dec Visit" in words(phone.get("/p/calendar"))
    visit = visits.upcoming_visits(story.patient)[0]
    reception.post(f"{page}/{visit.id}/remove")
    assert "No visit is planned" in words(reception.get(page))
    assert "Your visits" not in words(phone.get("/p/"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"on": "2026-11-22"}, "This day has passed where the patient lives"),
        ({"on": "7.12.2026"}, "Day:"),
        ({"on": ""}, "Day:"),
        ({"at": "half past two"}, "Time:"),
        ({"with_whom": "x" * 101}, "With whom:"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    story: Story, typed: dict[str, str], said: str
) -> None:
    answer = send(story, **{"with_whom": "Dr Sampleton", **typed})
    assert answer.status_code == 422
    assert said in words(answer)
    if "with_whom" not in typed:
        assert "Dr Sampleton" in answer.content.decode()
    assert visits.upcoming_visits(story.patient) == ()


@pytest.mark.slow
def test_the_patient_sees_three_at_most_and_none_that_has_passed(story: Story) -> None:
    for days in (1, 8, 15, 22):
        send(story, on=(FIRST_DAY + timedelta(days=days)).isoformat())
    shown = words(known(story).get("/p/"))
    assert "8 December" in shown
    assert "15 December" not in shown
    with on(MONDAY + timedelta(days=2)):
        later = words(known(story).get("/p/"))
    assert "24 November" not in later.split("Your visits")[1].split("Your calendar")[0]
