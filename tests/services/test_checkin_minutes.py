"""What patients are told of how long a check-in takes: their clinic's own medians, looked up once a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.channels.email.rendering import write
from plans.domain.checkins.duration import COUNTED, ENOUGH, Minutes
from plans.models import CheckIn, CheckInRevision, Work
from plans.services.checkins import duration
from plans.services.messages import composing
from tests.makers_checkins import START, Asked, asked, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Asked:
    with on(START):
        return asked(country="US")


def sat(story: Asked, *, seconds: int, pages: int = 14, form: str = "weekly", **more: Any) -> CheckIn:
    """A check-in of this patient's that was sat through, with so many seconds for each page."""
    saves = [START + timedelta(seconds=seconds * n) for n in range(1, pages + 1)]
    checkin = CheckIn.objects.create(
        clinic_id=story.patient.clinic_id,
        patient=story.patient,
        plan=story.plan,
        form=form,
        state="submitted",
        started_at=saves[0],
        saved_at=saves[-1],
        submitted_at=saves[-1],
        local_date=START.date(),
        nonce=uuid4().hex,
        revision=pages,
        **more,
    )
    for number, at in enumerate(saves, start=1):
        _save(checkin, number, at)
    return checkin


def _save(checkin: CheckIn, number: int, at: datetime) -> None:
    CheckInRevision.objects.create(checkin=checkin, number=number, answers={}, saved_at=at)


def measured(story: Asked) -> Minutes:
    return duration.measured(story.patient.clinic_id)


@pytest.mark.slow
def test_until_there_are_enough_it_is_what_was_counted(story: Asked) -> None:
    for _time in range(ENOUGH - 1):
        sat(story, seconds=60)
    assert measured(story) == COUNTED


@pytest.mark.slow
def test_a_clinics_own_medians_stand_and_the_first_check_in_apart(story: Asked) -> None:
    for _time in range(ENOUGH):
        sat(story, seconds=30)
        sat(story, seconds=30, pages=20, form="baseline")
    assert measured(story) == Minutes(first=10, later=7)


@pytest.mark.slow
def test_what_was_entered_by_phone_or_changed_afterwards_does_not_count(story: Asked) -> None:
    for _time in range(ENOUGH):
        sat(story, seconds=60, entered_by_id=story.clinic.staff.id)
    assert measured(story) == COUNTED
    for _time in range(ENOUGH):
        checkin = sat(story, seconds=30)
        _save(checkin, 15, checkin.saved_at + timedelta(hours=3))
    assert measured(story).later == 7


@pytest.mark.slow
def test_another_clinics_sittings_do_not_count(story: Asked) -> None:
    for _time in range(ENOUGH):
        sat(story, seconds=60)
    with on(START):
        other = asked(country="US")
    assert duration.measured(other.patient.clinic_id) == COUNTED


@pytest.mark.slow
def test_it_is_looked_up_once_a_clinic_and_day(story: Asked) -> None:
    with on(START + timedelta(hours=1)):
        with CaptureQueriesContext(
            connection,
        ) as first:
            assert duration.minutes_for(story.patient.clinic_id, "weekly") == COUNTED.later
        assert 0 < len(first) <= 2
        for _time in range(ENOUGH):
            sat(story, seconds=60)
        with CaptureQueriesContext(connection) as again:
            assert duration.minutes_for(story.patient.clinic_id, "weekly") == COUNTED.later
            assert duration.minutes_for(story.patient.clinic_id, "baseline") == COUNTED.first
        assert len(again) == 0
    with on(START + timedelta(days=1)):
        assert duration.minutes_for(story.patient.clinic_id, "weekly") == 14


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "said"), [("en", "It takes about 6 minutes."), ("es", "Lleva más o menos 6 minutos.")]
)
def test_the_message_says_it(language: str, said: str) -> None:
    with on(START):
        story = asked(language=language)
    with on(story.occasion.due_at):
        work = Work.objects.get(occasion=story.occasion, notice="checkin_invitation")
        facts = composing.compose(work.pk)
    message = write(facts)  # type: ignore[arg-type]  # a message that is right
    assert said in message.text
    assert said in message.html
