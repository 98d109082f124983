"""Settling a claim together with its consequences.

A patient's message of unknown fate is listed, and its fate is never guessed. A clinician's alert of unknown fate is
sent again at once, marked as a repeat. A refused address stops messages and opens an item; so do an entry that crashed
too often and a message that was too late.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from plans.domain.documents.states import DocumentState
from plans.domain.json import JsonObject
from plans.domain.notices import CRASHES_ALLOWED, NOTICES, RECORD_COPY, Audience, Queue, Reach, backoff
from plans.domain.outbox import LEASED, WorkState
from plans.domain.people import EmailState
from plans.domain.reaching import LOGIN
from plans.domain.rights.copies import UNDER_WAY, CopyState
from plans.models import LIVE_STATES, Document, Patient, Plan, RecordCopy, ReplyCode, ReviewItem, Work
from plans.services import audit, channel_tests, clock, close_watch, outbox, staff_channels
from plans.services.actors import SYSTEM, Actor
from plans.services.outbox import Claim, Settlement
from plans.services.outbox.claiming import write_end
from plans.services.review.review_items import open_item

BUNDLED: Final = "in_one_message"
"""The reason on a row that was bundled into another message, its `carried_by`."""
TO_FILE: Final = "to_file"
"""The reason on a row whose message was written to a file because this database is a copy on another host."""


def settle(claim: Claim, end: Settlement, *, to_address: str = "") -> bool:
    """Settle a claim with its consequences in one transaction; False if it was no longer ours.

    `to_address` is where the message was sent: an address changed meanwhile is not marked as bounced.
    """
    with transaction.atomic():
        if not outbox.settle(claim, end):
            return False
        if end.state == WorkState.REJECTED and claim.queue == Queue.ALERTS.value:
            _end_carried(claim.id, end)
        elif end.state in (WorkState.PENDING, WorkState.REJECTED, WorkState.SKIPPED, WorkState.POISON):
            free_carried(claim.id)
        if end.state != WorkState.PENDING:
            work = Work.objects.select_related("patient", "plan", "user", "item").get(pk=claim.id)
            consequences(work, end, clock.now(), to_address)
    return True


def settle_sent(codes: Mapping[Claim, int | None]) -> frozenset[UUID]:
    """Settle accepted messages, each with the server's code, in one transaction; the keys of those that were still
    ours."""
    with transaction.atomic():
        held = outbox.settle_sent(codes)
        audit.record_all(
            event(work, _act(work, WorkState.SENT), SYSTEM, {"notice": work.notice, "reason": ""})
            for work in held
        )
    return frozenset(work.pk for work in held)


def crashed(claim: Claim) -> bool:
    """Settle a claim that failed by a fault of ours: try again later, or set it aside after five crashes."""
    with transaction.atomic():
        held = Work.objects.select_for_update(no_key=True).filter(
            pk=claim.id, token=claim.token, state__in=LEASED
        )
        work = held.first()
        if work is None:
            return False
        after_crash(work, clock.now())
    return True


def later(claim: Claim, reason: str, code: int | None = None) -> bool:
    """Settle a claim that an outside cause kept from going out: try again after the back-off for that cause."""
    return settle(
        claim, Settlement(WorkState.PENDING, reason, code, wait=backoff(reason, max(1, claim.attempts)))
    )


def after_crash(work: Work, now: datetime) -> str:
    """Count the crash on the locked row and settle it; returns the new state."""
    crashes = work.crashes + 1
    row = Work.objects.filter(pk=work.pk)
    row.update(crashes=crashes)
    free_carried(work.pk)
    if crashes >= CRASHES_ALLOWED:
        end = Settlement(WorkState.POISON, "crashed")
        write_end(row, end)
        consequences(work, end, now, "")
        return end.state
    write_end(row, Settlement(WorkState.PENDING, "crashed", wait=backoff("crash", crashes)))
    return "pending"


def free_carried(work_id: UUID) -> None:
    """Release entries bundled into a message that failed: for that message's next try, or to be sent by themselves."""
    carried = _carried(work_id).filter(
        Q(state=WorkState.SKIPPED, reason=BUNDLED) | Q(state=WorkState.UNKNOWN)
    )
    next_try, due_at, queue = Work.objects.values_list("try_at", "due_at", "queue").get(pk=work_id)
    again = {"state": WorkState.PENDING, "reason": "", "carried_by": None, "settled_at": None}
    if carried.update(**again, due_at=max(due_at, clock.now()), try_at=next_try):
        outbox.notify_on_commit(queue)


def _end_carried(work_id: UUID, end: Settlement) -> None:
    """Settle entries bundled into an alert that was refused like it: they would go to the same address."""
    carried = list(_carried(work_id).filter(state=WorkState.SKIPPED, reason=BUNDLED).select_related("item"))
    write_end(Work.objects.filter(pk__in=[work.pk for work in carried]), end)
    facts = {"reason": end.reason}
    audit.record_all(
        event(work, "message.rejected", SYSTEM, {**facts, "notice": work.notice}) for work in carried
    )


def _carried(work_id: UUID) -> QuerySet[Work]:
    return Work.objects.filter(carried_by_id=work_id)


def _doubt_carried(work_id: UUID, end: Settlement) -> None:
    """Entries bundled into a message of unknown fate are of unknown fate too, and the clinic decides on each: a later
    answer to the check-in does not show that the news of the calendar arrived."""
    for carried in _carried(work_id).filter(state=WorkState.SKIPPED, reason=BUNDLED):
        write_end(Work.objects.filter(pk=carried.pk), end)
        record_act(carried, "message.unknown", SYSTEM, {"notice": carried.notice, "reason": end.reason})


def consequences(work: Work, end: Settlement, now: datetime, to_address: str) -> None:
    """Write the audit events and open the items that follow from an end."""
    record_act(work, _act(work, end.state), SYSTEM, {"notice": work.notice, "reason": end.reason})
    if end.state == WorkState.REJECTED:
        _rejected(work, end, now, to_address)
    elif end.state == WorkState.UNKNOWN:
        _doubt_carried(work.pk, end)
    elif end.state == WorkState.POISON and work.document is not None:
        Document.objects.filter(pk=work.document.pk).exclude(state=DocumentState.REPLACED).update(
            state=DocumentState.FAILED, fault=end.reason
        )
        item(
            work,
            now,
            "document",
            f"document:{work.plan_id}",
            "high",
            {"code": "document_failed", "fault": end.reason},
        )
    elif end.state == WorkState.POISON and work.notice == RECORD_COPY:
        RecordCopy.objects.filter(pk=work.facts["copy"], state__in=UNDER_WAY).update(state=CopyState.FAILED)
        item(work, now, "rights", f"copy:{work.patient_id}", "routine", {"code": "copy_failed"})
    elif end.state == WorkState.POISON:
        item(
            work,
            now,
            "mail",
            f"message_poison:{work.patient_id or work.user_id}",
            "high",
            {"code": "message_set_aside"},
        )
    elif (
        end.state == WorkState.SKIPPED
        and end.reason == "late"
        and NOTICES[work.notice].reach is not Reach.ONE
    ):
        facts = {"code": "messages_late", "notice": work.notice}
        item(work, now, "mail", f"messages_late:{work.patient_id or work.user_id}", "routine", facts)


def _rejected(work: Work, end: Settlement, now: datetime, to_address: str) -> None:
    facts = {"code": end.reason, "smtp": end.smtp_code, "notice": work.notice}
    if NOTICES[work.notice].audience is Audience.STAFF:
        if _channel_refused(work, now):
            return
        # Not urgent by itself: the item that it was about escalates anyway.
        item(work, now, "mail", f"alert_refused:{work.user_id}", "high", {**facts, "code": "alert_refused"})
        return
    patient = work.patient
    if patient is None:
        return
    if end.reason == "address_refused":
        same = Patient.objects.filter(
            pk=patient.pk, email=to_address, email_state__in=(EmailState.CONFIRMED, EmailState.UNCONFIRMED)
        )
        if not same.update(email_state=EmailState.BOUNCED):
            return
        record_act(work, "patient.mail_bounced", SYSTEM, {"smtp": end.smtp_code})
    severity = "high" if close_watch.watched(patient, now) else "routine"
    item(work, now, "mail", f"{end.reason}:{patient.pk}", severity, facts)


def _channel_refused(work: Work, now: datetime) -> bool:
    """A channel of a member of staff refused for good: an alert goes to the next at once. Whether that is all."""
    code = ReplyCode.objects.filter(work=work).first()
    named = work.facts.get("channel_id", LOGIN)
    if code is not None or named != LOGIN:
        staff_channels.fails(code.channel_id if code is not None else UUID(named), now)
    if NOTICES[work.notice].reach is Reach.ONE:
        channel_tests.refused(work, now)
        return True
    return staff_channels.next_at_once(work, now)


def item(work: Work, now: datetime, source: str, key: str, severity: str, facts: JsonObject) -> ReviewItem:
    """Open a review item about an outbox entry."""
    patient = work.patient
    plan = (
        work.plan or Plan.objects.filter(patient=patient, state__in=LIVE_STATES).first() if patient else None
    )
    return open_item(
        clinic_id=work.clinic_id,
        patient=patient,
        plan=plan,
        source=source,
        source_key=key,
        priority=severity,
        facts=facts,
        now=now,
    )


def record_act(work: Work, act: str, by: Actor, facts: JsonObject) -> None:
    """Record an act on an outbox entry."""
    audit.record_all((event(work, act, by, facts),))


def _act(work: Work, state: str) -> str:
    return f"document.{state}" if work.queue == Queue.DOCUMENTS.value else f"message.{state}"


def event(work: Work, act: str, by: Actor, facts: JsonObject) -> audit.Event:
    """The audit event of an act on an outbox entry."""
    return audit.Event(
        by=by,
        act=act,
        subject_kind="work",
        subject_id=work.pk,
        clinic_id=work.clinic_id,
        # An alert is about an item, and through it about a patient.
        patient_id=work.patient_id or (work.item.patient_id if work.item is not None else None),
        plan_id=work.plan_id or (work.item.plan_id if work.item is not None else None),
        version=work.facts.get("version"),
        facts=facts,
    )
