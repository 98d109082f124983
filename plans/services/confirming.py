"""The letter that asks a patient whether the address is theirs; to whoever was typed, so not without end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from plans.domain.errors import Refused
from plans.domain.notices import CONFIRM_ADDRESS
from plans.models import Patient, Work
from plans.services import outbox

MOST_A_DAY: Final = 4
"""So many such letters of one patient within a day: somebody who mistypes needs two or three."""


def ask_to_confirm(patient: Patient, now: datetime) -> None:
    """Send it, within the transaction that gave the address. Raises Refused("too_many_addresses")."""
    sent = Work.objects.filter(
        patient=patient, notice=CONFIRM_ADDRESS, created_at__gt=now - timedelta(days=1)
    ).count()
    if sent >= MOST_A_DAY:
        raise Refused(reason="too_many_addresses", where="email", most=MOST_A_DAY)
    outbox.put(
        notice=CONFIRM_ADDRESS,
        key=f"confirm_address:{patient.pk}:{patient.version}",
        clinic_id=patient.clinic_id,
        now=now,
        patient=patient,
    )
