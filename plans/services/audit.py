"""The audit trail: one appended row an act, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from plans.domain.audit import BEGINNINGS
from plans.domain.json import Facts, JsonObject
from plans.models import AuditEvent
from plans.services import clock
from plans.services.access import get_clinic_for, get_patient_for
from plans.services.actors import Actor, May


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act as it is recorded. `act` is one of `plans.domain.audit.EVENTS`; `facts` are JSON-able."""

    by: Actor
    act: str
    subject_kind: str
    subject_id: UUID | None
    clinic_id: UUID | None = None
    patient_id: UUID | None = None
    plan_id: UUID | None = None
    version: int | None = None
    facts: Facts = field(default_factory=dict)
    at: datetime | None = None


def record(
    *,
    by: Actor,
    act: str,
    subject_kind: str,
    subject_id: UUID | None,
    clinic_id: UUID | None = None,
    patient_id: UUID | None = None,
    plan_id: UUID | None = None,
    version: int | None = None,
    facts: JsonObject | None = None,
    at: datetime | None = None,
) -> None:
    """Append one event. `act` is one of `plans.domain.audit.EVENTS`; `facts` are JSON-able.

    Raises RuntimeError outside a transaction: an act and its trail commit together or not at all.
    """
    event = Event(
        by=by,
        act=act,
        subject_kind=subject_kind,
        subject_id=subject_id,
        clinic_id=clinic_id,
        patient_id=patient_id,
        plan_id=plan_id,
        version=version,
        facts=facts or {},
        at=at,
    )
    record_all((event,))


def record_all(events: Iterable[Event]) -> None:
    """Append several events in one statement, in their order. Raises RuntimeError outside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("the audit trail needs the transaction of the act it records")
    now, real = clock.now(), clock.real_now()
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=event.at or now,
            real_at=real,
            clinic_id=event.clinic_id or event.by.clinic_id,
            actor_kind=event.by.kind,
            actor_id=event.by.id,
            actor_name=event.by.name,
            act=event.act,
            subject_kind=event.subject_kind,
            subject_id=event.subject_id,
            patient_id=event.patient_id,
            plan_id=event.plan_id,
            version=event.version,
            facts=dict(event.facts),
        )
        for event in events
    )


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One line of the trail as people read it."""

    id: int
    at: datetime
    actor_kind: str
    actor_name: str
    act: str
    subject_kind: str
    version: int | None
    facts: JsonObject
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A page of the trail, newest first; `before` is the key for the next page, None on the last."""

    rows: tuple[TrailRow, ...]
    before: int | None


def trail(
    actor: Actor, *, patient_id: UUID, part: str = "", before: int | None = None, size: int = 50
) -> TrailPage:
    """The trail of one patient, or a part of it (`plans.domain.audit.Part`), newest first.

    Raises NotFound for a patient of another clinic.
    """
    patient = get_patient_for(actor, patient_id, May.LOOK)
    events = AuditEvent.objects.filter(patient_id=patient.pk)
    begins = [Q(act__startswith=beginning) for beginning in _beginnings(part)]
    if begins:
        events = events.filter(reduce(or_, begins))
    return _page(events, before, size)


def _beginnings(part: str) -> tuple[str, ...]:
    return next((found for one, found in BEGINNINGS.items() if one.value == part), ())


def clinic_trail(actor: Actor, *, q: str = "", before: int | None = None, size: int = 50) -> TrailPage:
    """What was done to the clinic itself and concerns no patient, newest first; `q` searches by who did it."""
    clinic = get_clinic_for(actor, May.MANAGE)
    events = AuditEvent.objects.filter(clinic_id=clinic.pk, patient_id=None)
    for word in q.split()[:6]:
        events = events.filter(actor_name__icontains=word)
    return _page(events, before, size)


def _page(events: QuerySet[AuditEvent], before: int | None, size: int) -> TrailPage:
    events = events.order_by("-id")
    if before is not None:
        events = events.filter(id__lt=before)
    found = list(events[: size + 1])
    rows = tuple(
        TrailRow(
            e.pk, e.at, e.actor_kind, e.actor_name, e.act, e.subject_kind, e.version, e.facts, e.subject_id
        )
        for e in found[:size]
    )
    return TrailPage(rows=rows, before=rows[-1].id if len(found) > size else None)
