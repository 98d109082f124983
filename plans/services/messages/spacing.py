"""When a reminder that is right may go out: not soon after another, not before its check-in's first message, not at
night."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from plans.domain.checkins import occasions as when
from plans.domain.messages import Postpone
from plans.domain.notices import REMINDERS_APART
from plans.models import Occasion, Patient, Work
from plans.services.messages.context import MessageContext

# Another reminder of the same patient is in a conversation just now: look again when that is over.
_WHILE_ANOTHER_GOES: Final = timedelta(minutes=5)


def wait_for(work: Work, occasion: Occasion, patient: Patient, context: MessageContext) -> Postpone | None:
    """Until when a reminder waits, and why; None if it may go now.

    Night is the patient's own, by the clinic's zone where theirs is none we know.
    """
    until, reason = context.now, ""
    if patient.pk in context.recently_reminded:
        until, reason = context.recently_reminded[patient.pk] + REMINDERS_APART, "too_soon"
    elif patient.pk in context.being_reminded:
        until, reason = context.now + _WHILE_ANOTHER_GOES, "too_soon"
    elif work.rung and occasion.pk in context.not_invited:
        until, reason = context.now + _WHILE_ANOTHER_GOES, "after_the_first"
    morning = when.not_at_night(
        until, when.known_zone(patient.zone, context.batch.clinics[work.clinic_id].zone)
    )
    if morning > until:
        until, reason = morning, reason or "night"
    return Postpone(until=until, reason=reason) if reason else None
