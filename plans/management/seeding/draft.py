"""A plan somebody began and has not issued yet: the form as it was typed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from plans.management.seeding.clinics import Staff
from plans.services.plans import drafts

# The one for whom a plan was begun.
BEGUN_FOR: Final = "Odalys Example"


def begin(staff: Staff, patient_id: UUID, today: date) -> None:
    """Diazepam 10 mg at night, 1 mg less every two weeks from the Monday after next; the usual products."""
    start = today + timedelta(days=14 - today.weekday())
    typed = {
        "drug_a": "diazepam", "a_night": "10", "start": start.isoformat(), "country": staff.country,
        "method": "fixed_amount", "amount": "1", "interval": "14", "goal": "zero", "falls_first": "morning",
        "max_pieces": "4", "dispense_days": "28", "equivalence": "ashton_2002", "checkin_day": "0",
        "checkin_time": "10:00", "cross_days": "7", "cross_first": "night",
    }  # fmt: skip
    form = {name: [value] for name, value in typed.items()}
    drafts.save(by=staff.clinician, patient_id=patient_id, form=form, seen_lock=None)
