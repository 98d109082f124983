"""The whole story in real browsers on a real demo: a plan, its documents and messages, a flagged answer, a hold."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.e2e import chapters
from tests.e2e.people import LEAD, Person
from tests.e2e.running import Running, open_to_the_servers_user, started

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

ZONE = ZoneInfo("America/New_York")


@pytest.fixture
def demo() -> Iterator[Running]:
    """A demo with two clinics and no patient.

    Not in a folder of pytest's: every other run of pytest closes their parent to the database's own user again.
    """
    with tempfile.TemporaryDirectory(prefix="taperplan-story-") as folder:
        var = open_to_the_servers_user(Path(folder)) / "var"
        with started(var, small=True) as running:
            yield running


def morning_of_a_weekday(demo: Running) -> date:
    """Move the clock to the next Monday to Friday, half past eight where the clinic is; the date there."""
    now = datetime.now(UTC).astimezone(ZONE)
    then = now.replace(hour=8, minute=30, second=0, microsecond=0)
    while then <= now or then.weekday() > 4:
        then += timedelta(days=1)
    ahead = then.astimezone(UTC) - now.astimezone(UTC)
    for amount, unit in (
        (int(ahead.total_seconds() // 3600), "h"),
        (int(ahead.total_seconds() % 3600 // 60), "m"),
    ):
        if amount:
            demo.move(f"+{amount}{unit}")
    return then.date()


def test_the_story_from_the_plan_to_the_hold(demo: Running, browser: Any) -> None:
    today = morning_of_a_weekday(demo)
    clinician = Person(browser, demo)
    phone = Person(browser, demo, size=chapters.PHONE)
    clinician.sign_in(LEAD)
    chapters.add_the_patient(clinician, today)
    chapters.confirm_the_address(demo, phone)
    plan = chapters.make_the_plan(clinician, today)
    document = chapters.take_the_document(demo, clinician)
    chapters.read_the_plan(demo, phone, today)
    demo.move("+100m")
    chapters.answer_the_first_check_in(demo, phone, browser)
    chapters.alert_the_clinic(demo)
    chapters.hold_the_plan(clinician)
    chapters.see_the_new_version(demo, clinician, phone, plan, document)
    chapters.read_the_history(clinician)
    assert demo.doubles() == []
    assert demo.not_drawn() == []
    clinician.close()
    phone.close()
