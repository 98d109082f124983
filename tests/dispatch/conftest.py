"""A clinic with a patient whose plan was just issued, and a mail receiver that does as it is told.

Imports stand inside: this file is read before Django is set up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plans.models import Patient, Plan
    from tests.mail.scripted import ScriptedServer
    from tests.makers import ClinicMade


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
    from tests.mail.scripted import scripted

    with scripted() as made:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 1
        yield made
