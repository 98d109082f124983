"""A clinic with a patient whose plan was just issued, and a mail receiver that can be scripted.

Imports are inside functions: this file is read before Django is set up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plans.models import Occasion, Patient, Plan
    from tests.channels.email.scripted import ScriptedServer
    from tests.makers import ClinicMade


@pytest.fixture(autouse=True)
def _by_day() -> Iterator[None]:
    """A Monday, eleven in the morning in New York, whenever the tests run.

    Reminders do not go out at night, and how many a check-in has depends on the day on which the plan begins.
    """
    import time_machine

    from tests.makers_checkins import START

    with time_machine.travel(START + timedelta(hours=3), tick=True):
        yield


@pytest.fixture
def clinic(db: Any) -> ClinicMade:
    from tests.makers import make_clinic

    return make_clinic(name="Harbour Clinic")


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    from tests.makers import make_patient

    return make_patient(clinic.primary)


@pytest.fixture
def plan(clinic: ClinicMade, patient: Patient) -> Plan:
    from tests.makers_plans import issue_story_plan

    return issue_story_plan(clinic.primary, patient)


@pytest.fixture
def server(settings: Any) -> Iterator[ScriptedServer]:
    from tests.channels.email.scripted import scripted

    with scripted() as made:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 30
        yield made


@pytest.fixture
def asked(plan: Plan) -> Occasion:
    """The baseline check-in, invited; its three messages are due now."""
    from plans.models import Occasion, Work
    from plans.services import clock, reminders

    Work.objects.filter(queue="messages").delete()
    first = Occasion.objects.filter(plan=plan).order_by("due_at").first()
    assert first is not None
    reminders.tick(max(first.due_at, clock.now()))
    occasion = Occasion.objects.get(pk=first.pk)
    for rung in range(3):
        rows = Work.objects.filter(occasion=occasion, rung=rung)
        rows.update(due_at=clock.now() - timedelta(minutes=3 - rung))
    return occasion
