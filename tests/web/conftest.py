"""An item of the queue; a patient's phone, before and after the year of birth.

Imports are inside functions: this is read before Django is set up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

if TYPE_CHECKING:
    from django.test import Client

    from plans.models import Patient, ReviewItem
    from tests.makers import ClinicMade
    from tests.web.patient_story import Story


@pytest.fixture
def item(clinic: ClinicMade, patient: Patient) -> ReviewItem:
    """An urgent item about the patient in the queue."""
    from tests.web.item_help import raise_urgent

    return raise_urgent(clinic, patient)


@pytest.fixture
def standing_clock() -> Iterator[Any]:
    """Stop the machine's clock on the Monday on which the story's plan begins; `shift` and `move_to` move it."""
    from tests.web.patient_story import MONDAY

    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def begun(standing_clock: Any) -> Story:
    """A patient whose plan begins today."""
    from tests.web.patient_story import made

    return made()


@pytest.fixture
def opened(begun: Story) -> Client:
    """A phone on which the link was opened; it has not given the year of birth."""
    from django.test import Client

    phone = Client()
    assert phone.get(f"/p/{begun.token}").headers["Location"] == "/p/"
    return phone


@pytest.fixture
def known(opened: Client, begun: Story) -> Client:
    """A phone that has given the year of birth."""
    from tests.web.patient_story import give

    assert give(opened, str(begun.patient.born.year)).status_code == 302
    return opened
