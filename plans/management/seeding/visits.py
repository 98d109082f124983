"""Visits that are planned with a few of the invented people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Final
from uuid import UUID

from plans.management.seeding.clinics import Staff
from plans.services import visits

# Who comes, and in how many days.
_COMING: Final[Mapping[str, int]] = {"Quill Testcase": 10, "Winslow Pretend": 4, "Oriel Dummett": 17}


def plan(staff: Staff, ids: Mapping[str, UUID], today: date) -> None:
    """Write the coming visits down, as the front desk does."""
    for name, days in _COMING.items():
        on = today + timedelta(days=days)
        visits.plan_visit(
            by=staff.reception, patient_id=ids[name], on=on, at=time(10, 30), with_whom=staff.clinician.name
        )
