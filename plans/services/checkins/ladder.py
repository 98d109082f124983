"""The messages of an open check-in: queued when it opens, and again when the patient wants messages again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from plans.domain.checkins import occasions as when
from plans.domain.checkins.states import OccasionState
from plans.domain.notices import CHECKIN_INVITATION, CHECKIN_REMINDER
from plans.domain.outbox import WorkState
from plans.domain.people import OUT_OF_CARE
from plans.models import Occasion, Patient, Work
from plans.services import outbox
from plans.services.checkins.occasions import cadence_of

# Reasons of skipped messages that may be sent after all once the reason is gone.
_RESTED: Final = (
    "opted_out",
    "suspended",
    "by_phone",
    *OUT_OF_CARE,
)


def put_messages(occasion: Occasion, *, now: datetime) -> None:
    """Queue the messages of a check-in that opens now: the invitation at once, and later reminders.

    A check-in that opens late (the machine stood still) leaves out reminders whose time is over, which would go out in
    a burst. Call it with the patient's row locked.
    """
    for rung, due_at in enumerate(_due(occasion)):
        if rung == 0 or due_at > now:
            _put(occasion, rung, max(due_at, now), now)


def put_back(patient: Patient, *, now: datetime) -> None:
    """Queue skipped or cancelled messages of open check-ins again, because the patient wants messages, or more of them.

    That is the invitation, if no message of the check-in has gone out yet, and later reminders. Idempotent. Call it
    with the patient's row locked.
    """
    open_now = Occasion.objects.filter(patient=patient, state=OccasionState.INVITED, closes_at__gt=now)
    for occasion in open_now.select_related("patient__clinic", "plan"):
        messages = Work.objects.filter(occasion=occasion)
        gone = messages.filter(state__in=(WorkState.SENDING, WorkState.SENT, WorkState.UNKNOWN)).exists()
        for rung, due_at in enumerate(_due(occasion)):
            if (rung == 0 and gone) or (rung and due_at <= now):
                continue
            due = max(due_at, now)
            rested = messages.filter(rung=rung, state=WorkState.SKIPPED, reason__in=_RESTED)
            if not rested.update(
                state=WorkState.PENDING, reason="", settled_at=None, due_at=due, try_at=None
            ):
                _put(occasion, rung, due, now)
            elif due <= now:
                outbox.notify_on_commit("messages")


def _due(occasion: Occasion) -> tuple[datetime, ...]:
    patient = occasion.patient
    ladder = cadence_of(patient.clinic).ladder.for_patient(patient.reminders)
    return when.rungs(occasion.local_date, occasion.local_time, occasion.zone, occasion.closes_at, ladder)


def _put(occasion: Occasion, rung: int, due_at: datetime, now: datetime) -> None:
    outbox.put(
        notice=CHECKIN_REMINDER if rung else CHECKIN_INVITATION,
        key=f"occasion:{occasion.pk}:{rung}",
        clinic_id=occasion.clinic_id,
        now=now,
        due_at=due_at,
        not_after=occasion.closes_at,
        patient=occasion.patient,
        plan=occasion.plan,
        occasion=occasion,
        rung=rung,
    )
