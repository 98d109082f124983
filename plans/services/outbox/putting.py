"""Putting entries into the outbox, in the transaction of what causes them, and withdrawing unsent ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from plans.domain.json import JsonObject
from plans.domain.notices import NOTICES, TO_PATIENTS, Queue
from plans.domain.outbox import UNSENT, WorkState
from plans.models import Document, Occasion, Patient, Plan, PlanVersion, ReviewItem, User, Work
from plans.services.outbox.notifying import notify_on_commit


def put(
    *,
    notice: str,
    key: str,
    clinic_id: UUID,
    now: datetime,
    due_at: datetime | None = None,
    not_after: datetime | None = None,
    patient: Patient | None = None,
    user: User | None = None,
    plan: Plan | None = None,
    version: PlanVersion | None = None,
    occasion: Occasion | None = None,
    item: ReviewItem | None = None,
    document: Document | None = None,
    rung: int = 0,
    facts: JsonObject | None = None,
) -> bool:
    """Put an outbox entry in the current transaction; False if its key already exists.

    `key` is (occasion, rung) or (subject, notice): unique among entries that are not cancelled. `now`, `due_at` and
    `not_after` are clinic time; without `not_after` the notice's own limit counts from `due_at`. `facts` never contain
    a name, a dose or an answer; the version's number is added for the audit trail. Raises KeyError for an unknown
    notice and RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("outbox.put needs the transaction of the fact that causes the work")
    kind = NOTICES[notice]
    due = due_at or now
    if not_after is None and kind.keep_for is not None:
        not_after = due + kind.keep_for
    row = Work(
        clinic_id=clinic_id,
        queue=kind.queue.value,
        notice=notice,
        key=key,
        patient=patient,
        user=user,
        plan=plan,
        version=version,
        occasion=occasion,
        item=item,
        document=document,
        rung=rung,
        facts={"version": version.number, **(facts or {})} if version else facts or {},
        due_at=due,
        not_after=not_after,
        created_at=now,
    )
    # An existing key is no error and must not break the caller's transaction: the database decides who was first.
    Work.objects.bulk_create([row], ignore_conflicts=True)
    fresh = Work.objects.filter(pk=row.pk).exists()
    if fresh and due <= now:
        notify_on_commit(kind.queue.value)
    return fresh


def cancel_pending(
    *,
    plan: Plan | None = None,
    patient: Patient | None = None,
    occasion: Occasion | None = None,
    document: Document | None = None,
    item: ReviewItem | None = None,
    notices: Collection[str] | None = None,
    above_rung: int | None = None,
    why: str,
    now: datetime,
) -> int:
    """Cancel entries that have certainly not been sent, because others replace them; returns how many.

    A claimed row counts as unsent: its worker will find the claim gone. At least one of `plan`, `patient`, `occasion`,
    `document` and `item` must be given (ValueError). `above_rung`: only later reminders of the ladder. Cancelled keys
    may be put again.
    """
    rows = _unsent(plan=plan, patient=patient, occasion=occasion, document=document, item=item)
    if notices is not None:
        rows = rows.filter(notice__in=list(notices))
    if above_rung is not None:
        rows = rows.filter(rung__gt=above_rung)
    return _settle(rows, WorkState.CANCELLED, why, now)


def first_unsent(*, plan: Plan, notices: Collection[str]) -> Work | None:
    """The entry due first of those that have certainly not been sent."""
    return _unsent(plan=plan).filter(notice__in=list(notices)).order_by("due_at", "id").first()


def skip_pending(
    *,
    plan: Plan | None = None,
    patient: Patient | None = None,
    occasion: Occasion | None = None,
    notices: Collection[str] = TO_PATIENTS,
    why: str,
    now: datetime,
) -> int:
    """Skip a patient's pending messages that should no longer be sent; returns how many.

    They end like one that finds the same reason (`why`) when it is sent: answered, stopped by the patient, out of care.
    The other arguments are as in `cancel_pending`. Skipped keys are not put again.
    """
    rows = _unsent(plan=plan, patient=patient, occasion=occasion)
    return _settle(rows.filter(notice__in=list(notices)), WorkState.SKIPPED, why, now)


def put_back(*, patient: Patient, notices: Collection[str], why: Collection[str], now: datetime) -> int:
    """Let a patient's skipped messages go out after all whose reason (one of `why`) is gone and that are not too late;
    returns how many. Whether each is still right is checked when it is sent."""
    rows = Work.objects.filter(
        Q(not_after=None) | Q(not_after__gt=now),
        patient=patient,
        notice__in=list(notices),
        state=WorkState.SKIPPED,
        reason__in=list(why),
    )
    found = rows.update(state=WorkState.PENDING, reason="", settled_at=None, try_at=None)
    if found:
        notify_on_commit(Queue.MESSAGES.value)
    return found


def _unsent(**subjects: Plan | Patient | Occasion | Document | ReviewItem | None) -> QuerySet[Work]:
    which = Q(**{name: row for name, row in subjects.items() if row is not None})
    if not which:
        raise ValueError("say whose work is taken back")
    return Work.objects.filter(which, state__in=UNSENT)


def _settle(rows: QuerySet[Work], state: WorkState, why: str, now: datetime) -> int:
    return rows.update(state=state, reason=why, token="", lease_until=None, settled_at=now)
