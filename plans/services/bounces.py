"""Bounces of messages that a server had accepted: sending to the address stops, and the clinic is told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.notices import CONFIRM_ADDRESS, NOTICES, Audience
from plans.domain.outbox import LEASED, WorkState
from plans.domain.people import EmailState
from plans.models import Patient, Work
from plans.services import clock, close_watch, wall
from plans.services.actors import SYSTEM
from plans.services.delivery import consequences, free_carried, item, record_act
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end
from plans.services.wall import Door

# Also a message that waits to be sent again: its first copy may have bounced.
_SENT: Final = Q(state__in=(WorkState.SENT, WorkState.UNKNOWN)) | Q(state=WorkState.PENDING, repeat__gt=0)


def is_under_way(work_id: UUID) -> bool:
    """Whether a message is still being handed over: a report may arrive before the message is settled."""
    wall.enter_through(Door.WORK, work_id)
    return Work.objects.filter(pk=work_id, state__in=LEASED).exists()


def went_to(work_id: UUID, recipients: Collection[str]) -> bool:
    """Whether a report is about the address that a message went to.

    `recipients`: the addresses it names, in lower case. Of a message to staff only the signature counts: an alert that
    did not arrive goes by the next channel either way.
    """
    work = Work.objects.select_related("patient").filter(pk=work_id).first()
    address = _sent_to(work) if work is not None else ""
    return not address or address.lower() in recipients


def hard(work_id: UUID, *, reason: str = "address_refused") -> bool:
    """Treat the address as if the server had refused it at once. False for an unknown message, or one reported
    before."""
    now = clock.now()
    with transaction.atomic():
        work = _locked(work_id)
        if work is None:
            return False
        end = Settlement(WorkState.REJECTED, reason)
        write_end(Work.objects.filter(pk=work.pk), end)
        free_carried(work.pk)
        consequences(work, end, now, _sent_to(work))
    return True


def hard_to_staff(work_id: UUID) -> bool:
    """The same for a short message to staff, as its provider reports: an alert then goes by the next channel."""
    staff = Work.objects.filter(pk=work_id, user__isnull=False).exists()
    return staff and hard(work_id, reason="channel_refused")


def soft(work_id: UUID) -> bool:
    """Record that this message did not arrive: the clinic sees it in the log, and messages go on."""
    now = clock.now()
    with transaction.atomic():
        work = _locked(work_id)
        if work is None:
            return False
        end = Settlement(WorkState.REJECTED, "message_refused")
        write_end(Work.objects.filter(pk=work.pk), end)
        # Plan news bundled into it may still be sent by itself.
        free_carried(work.pk)
        consequences(work, end, now, "")
    return True


def complaint(work_id: UUID) -> bool:
    """Act on a spam complaint: messages stop, and the clinic is asked to call."""
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
        record_act(work, "patient.mail_complained", SYSTEM, {})
        severity = "high" if close_watch.watched(work.patient, now) else "routine"
        item(work, now, "mail", f"complained:{work.patient.pk}", severity, {"code": "complained"})
    return True


def _locked(work_id: UUID) -> Work | None:
    rows = Work.objects.select_for_update(of=("self",), no_key=True).select_related(
        "patient", "plan", "user", "item"
    )
    return rows.filter(_SENT, pk=work_id).first()


def _sent_to(work: Work) -> str:
    """The patient's address, if it is still the one the message went to; a newer address is not to blame."""
    patient = work.patient
    if patient is None:
        return ""
    confirmed, gone = patient.email_confirmed_at, work.settled_at or work.created_at
    # Since then a new address may only have been asked for confirmation.
    asked = Work.objects.filter(patient=patient, notice=CONFIRM_ADDRESS, created_at__gt=gone).exclude(
        pk=work.pk
    )
    changed = (confirmed is not None and confirmed > gone) or asked.exists()
    return "" if changed else patient.email
