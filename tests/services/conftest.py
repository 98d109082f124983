"""Review items for the tests of services. Imports are inside functions: this is read before Django is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plans.models import Patient, ReviewItem
    from tests.makers import ClinicMade


@pytest.fixture
def raised(clinic: ClinicMade, patient: Patient) -> Callable[..., ReviewItem]:
    """A function that raises items about the patient."""
    from tests.services.review_help import raiser

    made: Any = raiser(clinic, patient)
    return made
