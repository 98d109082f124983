"""Bounces after a server had accepted them: no more go to that address, and people hear of it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.notices import CONFIRM_ADDRESS, NOTICES, Audience
from plans.domain.outbox import LEASED, WorkState
from plans.domain.people import EmailState
from plans.models import Patient, Work
from plans.services import clock, close_watch
from plans.services.actors import SYSTEM
from plans.services.delivery import consequences, free_carried, item, trail
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end

# Also a message that has gone once and waits to go once more: its first copy may have come back.
_SENT: Final = Q(state__in=(WorkState.SENT, WorkState.UNKNOWN)) | Q(state=WorkState.PENDING, repeat__gt=0)


def is_under_way(work_id: UUID) -> bool:
    """Whether a message is still being handed over: a report on it came sooner than its own end."""
    return Work.objects.filter(pk=work_id, state__in=LEASED).exists()


def hard(work_id: UUID) -> bool:
    """The address takes no messages: as if the server had refused it at once. False for a message that is not known, or
    of which that was said before."""
    now = clock.now()
    with transaction.atomic():
        work = _locked(work_id)
        if work is None:
            return False
        end = Settlement(WorkState.REJECTED, "address_refused")
        write_end(Work.objects.filter(pk=work.pk), end)
        free_carried(work.pk)
        consequences(work, end, now, _sent_to(work))
    return True


def soft(work_id: UUID) -> bool:
    """This message did not arrive, the next one may: a line for the clinic, and messages go on."""
    now = clock.now()
    with transaction.atomic():
        work = _locked(work_id)
        if work is None:
            return False
        end = Settlement(WorkState.REJECTED, "message_refused")
        write_end(Work.objects.filter(pk=work.pk), end)
        # News of the calendar that was told in it may still arrive by itself.
        free_carried(work.pk)
        consequences(work, end, now, "")
    return True


def complaint(work_id: UUID) -> bool:
    """The patient's mail provider says that our messages are not wanted: they stop, and the clinic calls."""
    now = clock.now()
    with transaction.atomic():
        work = _locked(work_id)
        if work is None or NOTICES[work.notice].audience is Audience.STAFF or work.patient is None:
            return False
        same = Patient.objects.filter(
            pk=work.patient.pk,
            email=_sent_to(work),
            email_state__in=(EmailState.CONFIRMED, EmailState.UNCONFIRMED),
        )
        if not same.update(email_state=EmailState.COMPLAINED):
            return False
        trail(work, "patient.mail_complained", SYSTEM, {})
        severity = "high" if close_watch.watched(work.patient, now) else "routine"
        item(work, now, "mail", f"complained:{work.patient.pk}", severity, {"code": "complained"})
    return True


def _locked(work_id: UUID) -> Work | None:
    rows = Work.objects.select_for_update(of=("self",)).select_related("patient", "plan")
    return rows.filter(_SENT, pk=work_id).first()


def _sent_to(work: Work) -> str:
    """The patient's address, if it is still the one the message went to; a newer one has done nothing."""
    patient = work.patient
    if patient is None:
        return ""
    confirmed, gone = patient.email_confirmed_at, work.settled_at or work.created_at
    # A new address is asked whether it is the patient's; that may be all that happened since.
    asked = Work.objects.filter(patient=patient, notice=CONFIRM_ADDRESS, created_at__gt=gone).exclude(
        pk=work.pk
    )
    changed = (confirmed is not None and confirmed > gone) or asked.exists()
    return "" if changed else patient.email
