"""Whether a patient's messages are on, off or suspended, and the message that asks to confirm the address.

That message goes to whatever address was typed, so it is rate limited.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from plans.domain.errors import Refused
from plans.domain.notices import CONFIRM_ADDRESS
from plans.domain.people import EmailState, MailState
from plans.models import Patient, Work
from plans.services import audit, clock, outbox
from plans.services.actors import Actor

MOST_A_DAY: Final = 4
"""The most such messages per patient and day: somebody who mistypes needs two or three."""


def ask_to_confirm(patient: Patient, now: datetime) -> None:
    """Send the message that asks to confirm the address, in the transaction that set it. Raises
    Refused("too_many_addresses")."""
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


def ask_if_never_asked(patient: Patient, now: datetime) -> None:
    """Send that message to an address nobody has asked for yet, such as an imported one, when it is first needed."""
    waits = patient.email_state == EmailState.UNCONFIRMED.value
    if waits and not Work.objects.filter(patient=patient, notice=CONFIRM_ADDRESS).exists():
        ask_to_confirm(patient, now)


@transaction.atomic
def set_mail_state(*, patient: Patient, state: str, by: Actor) -> None:
    """Turn messages on, off (opted_out) or suspend them; the caller has locked `patient`."""
    now = clock.now()
    was, patient.mail_state = patient.mail_state, MailState(state).value
    if was == patient.mail_state:
        return
    patient.mail_state_at = now
    patient.version += 1
    patient.save(update_fields=["mail_state", "mail_state_at", "version"])
    audit.record(
        by=by,
        act=f"patient.mail_{patient.mail_state}",
        subject_kind="patient",
        subject_id=patient.pk,
        clinic_id=patient.clinic_id,
        patient_id=patient.pk,
        facts={"was": was},
        at=now,
    )
