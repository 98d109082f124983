"""Putting work into the outbox, in the transaction of the fact that causes it, and taking unsent work back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from plans.domain.json import JsonObject
from plans.domain.notices import NOTICES, TO_PATIENTS
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
    """Commit a piece of work with the fact that causes it; False if that key already stands.

    `key` is (occasion, rung) or (subject, notice): unique among work that is not cancelled. `now`, `due_at` and
    `not_after` are clinic time; without `not_after` the notice's own limit counts from `due_at`. `facts` never hold a
    name, a dose or an answer; the number of the version is added for the trail. Raises KeyError for an unknown notice
    and RuntimeError outside a transaction.
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
    # A key that stands is no error and must not spoil the caller's transaction: the database decides who was first.
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
    notices: Collection[str] | None = None,
    above_rung: int | None = None,
    why: str,
    now: datetime,
) -> int:
    """Take back work that surely has not gone out, because other work takes its place; returns how much.

    A claimed row counts as unsent: its worker finds the claim gone when it wants to begin sending. At least one of
    `plan`, `patient`, `occasion` and `document` must be given (ValueError). `above_rung`: only reminders later in the
    ladder. Its key may be put again.
    """
    rows = _unsent(plan=plan, patient=patient, occasion=occasion, document=document)
    if notices is not None:
        rows = rows.filter(notice__in=list(notices))
    if above_rung is not None:
        rows = rows.filter(rung__gt=above_rung)
    return _settle(rows, WorkState.CANCELLED, why, now)


def skip_pending(
    *,
    plan: Plan | None = None,
    patient: Patient | None = None,
    occasion: Occasion | None = None,
    notices: Collection[str] = TO_PATIENTS,
    why: str,
    now: datetime,
) -> int:
    """Skip messages to a patient that wait and that nobody should get any more; returns how many.

    They end as one does whose sending finds the same reason (`why`): answered, stopped by the patient, out of care.
    Who is meant as in `cancel_pending`. Its key is not put again.
    """
    rows = _unsent(plan=plan, patient=patient, occasion=occasion)
    return _settle(rows.filter(notice__in=list(notices)), WorkState.SKIPPED, why, now)


def _unsent(**subjects: Plan | Patient | Occasion | Document | None) -> QuerySet[Work]:
    which = Q(**{name: row for name, row in subjects.items() if row is not None})
    if not which:
        raise ValueError("say whose work is taken back")
    return Work.objects.filter(which, state__in=UNSENT)


def _settle(rows: QuerySet[Work], state: WorkState, why: str, now: datetime) -> int:
    return rows.update(state=state, reason=why, token="", lease_until=None, settled_at=now)
