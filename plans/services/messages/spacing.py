"""When a reminder that is right may go out: not soon after another, not before its check-in's first letter, not at
night."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from plans.domain.checkins import occasions as when
from plans.domain.messages import Postpone
from plans.domain.notices import REMINDERS_APART
from plans.models import Occasion, Patient, Work
from plans.services.messages.context import REMINDERS, Around
from plans.services.outbox import Claim

# Another reminder of the same patient is in a conversation just now: look again when that is over.
_WHILE_ANOTHER_GOES: Final = timedelta(minutes=5)


def take_back_elsewhere(claim: Claim) -> int:
    """Take the other reminders of a reminder's patient out of the hands of other workers; how many those were.

    One of them may have been composed ahead, before the reminder of `claim` was there to be seen. Taken back, it is
    claimed and decided anew; what is just being begun is waited for, and stands as "sending" afterwards. Call it with
    the patient's row locked, before looking around.
    """
    if claim.notice not in REMINDERS:
        return 0
    patient = Work.objects.filter(pk=claim.id).values("patient_id")
    elsewhere = Work.objects.filter(patient_id__in=patient, notice__in=REMINDERS, state="claimed")
    return (
        elsewhere.exclude(pk=claim.id)
        .exclude(token=claim.token)
        .update(state="pending", token="", lease_until=None, attempts=F("attempts") - 1)
    )


def wait_for(
    work: Work, occasion: Occasion, patient: Patient, seen: Around, now: datetime
) -> Postpone | None:
    """Until when a reminder waits, and why; None if it may go now.

    Night is the patient's own, by the clinic's zone where theirs is none we know.
    """
    until, reason = now, ""
    if patient.pk in seen.last:
        until, reason = seen.last[patient.pk] + REMINDERS_APART, "too_soon"
    elif patient.pk in seen.going:
        until, reason = now + _WHILE_ANOTHER_GOES, "too_soon"
    elif work.rung and occasion.pk in seen.unsent:
        until, reason = now + _WHILE_ANOTHER_GOES, "after_the_first"
    morning = when.not_at_night(until, when.known_zone(patient.zone, seen.clinics[work.clinic_id].zone))
    if morning > until:
        until, reason = morning, reason or "night"
    return Postpone(until=until, reason=reason) if reason else None
