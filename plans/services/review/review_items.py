"""Opening review items, in the transaction of what needs a clinician's attention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from plans.domain.json import Facts
from plans.domain.review.deadlines import deadlines
from plans.domain.review.item_states import HELD, RANK, Act, ItemState, Priority, after, higher
from plans.models import Clinic, Flag, Patient, Plan, ReviewEvent, ReviewItem, User
from plans.services import audit
from plans.services.actors import SYSTEM
from plans.services.review import holding
from plans.services.review.alerts import begin
from plans.services.review.holding import opening_of


def open_item(
    *,
    clinic_id: UUID,
    patient: Patient | None,
    plan: Plan | None,
    source: str,
    source_key: str,
    priority: str,
    facts: Facts,
    flags: Sequence[Flag] = (),
    also: Sequence[User] = (),
    now: datetime,
) -> ReviewItem:
    """Open an item, or add to the open one about the same thing.

    `source` is one of `plans.domain.review.reasons.Source`; `source_key` names the thing, such as "checkin:<id>".
    Priority and clocks only ever tighten. An urgent report begins the ladder of alerts again every time, with the first
    on duty, whoever holds the item already and everybody in `also`. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("open_item needs the transaction of the fact it speaks of")
    level = Priority(priority)
    clinic = Clinic.objects.get(pk=clinic_id)
    item = _standing(clinic_id, source_key)
    if item is None:
        try:
            with transaction.atomic():
                item = _open(clinic, patient, plan, source, source_key, level, facts, now)
        except IntegrityError:
            # Another transaction opened it between the query and the insert, and has committed.
            item = _standing(clinic_id, source_key)
            if item is None:
                raise
            _append(item, clinic, level, facts, now)
    else:
        _append(item, clinic, level, facts, now)
    Flag.objects.filter(pk__in=[flag.pk for flag in flags]).update(item=item)
    if level is Priority.URGENT:
        holder = [item.holder] if item.holder is not None else []
        begin(item, now=now, also=[*holder, *also])
        item.save(update_fields=["tier", "rung", "alerted_from", "escalate_at"])
    return item


def _standing(clinic_id: UUID, source_key: str) -> ReviewItem | None:
    rows = ReviewItem.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("clinic", "holder")
    return (
        rows.filter(clinic_id=clinic_id, source_key=source_key)
        .exclude(state=ItemState.RESOLVED.value)
        .first()
    )


def _open(
    clinic: Clinic,
    patient: Patient | None,
    plan: Plan | None,
    source: str,
    source_key: str,
    level: Priority,
    facts: Facts,
    now: datetime,
) -> ReviewItem:
    due = deadlines(level, now, opening_of(clinic))
    item = ReviewItem.objects.create(
        clinic=clinic,
        patient=patient,
        plan=plan,
        source=source,
        source_key=source_key,
        severity=level.value,
        priority=RANK[level],
        state=ItemState.NEW.value,
        opened_at=now,
        first_action_due=due.first_action,
        resolve_due=due.resolve,
        facts=dict(facts),
    )
    if (at := holding.first_alert_at(item, now)) is not None:
        item.escalate_at = at
        item.save(update_fields=["escalate_at"])
    ReviewEvent.objects.create(item=item, at=now, kind="opened", facts=dict(facts))
    _audit(item, "item.opened", now, {"priority": level.value, "source": source})
    return item


def _append(item: ReviewItem, clinic: Clinic, level: Priority, facts: Facts, now: datetime) -> None:
    was, stood = Priority(item.severity), ItemState(item.state)
    worse = higher(was, level)
    due = deadlines(worse, now, opening_of(clinic))
    item.state = after(ItemState(item.state), Act.RAISE, worse).value
    item.severity, item.priority = worse.value, RANK[worse]
    item.first_action_due = min(item.first_action_due, due.first_action)
    item.resolve_due = min(item.resolve_due, due.resolve)
    item.facts = {**item.facts, **facts}
    item.snoozed_until = None
    item.lock += 1
    if level is Priority.URGENT or worse is not was or stood not in HELD:
        # What was acknowledged was less urgent: the item must be claimed again.
        item.acknowledged_at = item.acknowledged_by = None
        if worse is not was or stood in (ItemState.SNOOZED, ItemState.WAITING):
            item.rung = 0
        item.escalate_at = item.escalate_at or holding.first_alert_at(item, now)
    item.save()
    ReviewEvent.objects.create(
        item=item,
        at=now,
        kind="raised_again",
        facts={**facts, "severity_was": was.value, "severity": worse.value},
    )
    _audit(item, "item.raised_again", now, {"priority": worse.value, "source": item.source})


def _audit(item: ReviewItem, act: str, now: datetime, facts: dict[str, object]) -> None:
    audit.record(
        by=SYSTEM,
        act=act,
        subject_kind="item",
        subject_id=item.pk,
        clinic_id=item.clinic_id,
        patient_id=item.patient_id,
        plan_id=item.plan_id,
        facts=facts,
        at=now,
    )
