"""The audit trail: one row appended per act, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from plans.domain.audit import BEGINNINGS, AuditPart
from plans.domain.json import Facts, JsonObject
from plans.models import AuditEvent
from plans.services import clock
from plans.services.access import get_clinic_for, get_patient_for
from plans.services.actors import Actor, May
from plans.services.from_row import from_row
from plans.services.merged_keys import keys_of


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

    Raises RuntimeError outside a transaction: an act and its event commit together or not at all.
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
class AuditRow:
    """One row of the trail as pages show it."""

    id: int
    at: datetime
    actor_kind: str
    actor_name: str
    act: str
    subject_kind: str
    version: int | None
    facts: JsonObject
    subject_id: UUID | None
    patient_id: UUID | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of the trail, newest first; `before` is the key for the next page, None on the last."""

    rows: tuple[AuditRow, ...]
    before: int | None


def patient_events(
    actor: Actor, *, patient_id: UUID, part: str = "", before: int | None = None, size: int = 50
) -> AuditPage:
    """The events of one patient, or of a part of the trail (`plans.domain.audit.AuditPart`), newest first.

    Raises NotFound for a patient of another clinic.
    """
    patient = get_patient_for(actor, patient_id, May.LOOK)
    events = AuditEvent.objects.filter(patient_id__in=keys_of(patient.pk))
    known = next((one for one in AuditPart if one.value == part), None)
    if known is not None:
        events = events.filter(in_part(known))
    return page_of(events, before, size)


def events_kept(actor: Actor, *, patient_id: UUID, before: int | None = None, size: int = 50) -> AuditPage:
    """The events of a patient in the trail of the actor's own clinic, also after the patient has left; for services,
    which check that the patient was theirs."""
    return page_of(AuditEvent.objects.filter(clinic_id=actor.home, patient_id=patient_id), before, size)


def days_events(actor: Actor, *, patient_id: UUID, first: datetime, before: datetime, size: int) -> AuditPage:
    """What was done for a patient from one moment until before another, newest first, without the patient's answers.

    Raises NotFound for a patient of another clinic.
    """
    patient = get_patient_for(actor, patient_id, May.LOOK)
    events = AuditEvent.objects.filter(patient_id=patient.pk, at__gte=first, at__lt=before)
    return page_of(events.exclude(in_part(AuditPart.CHECKINS)), None, size)


def in_part(part: AuditPart) -> Q:
    """The condition for events of a part of the trail."""
    return reduce(or_, (Q(act__startswith=beginning) for beginning in BEGINNINGS[part]))


def clinic_events(actor: Actor, *, q: str = "", before: int | None = None, size: int = 50) -> AuditPage:
    """What was changed of the clinic itself, without who signed in, newest first; `q` searches by who acted."""
    clinic = get_clinic_for(actor, May.MANAGE)
    events = AuditEvent.objects.filter(~in_part(AuditPart.ACCESS), clinic_id=clinic.pk, patient_id=None)
    for word in q.split()[:6]:
        events = events.filter(actor_name__icontains=word)
    return page_of(events, before, size)


def page_of(events: QuerySet[AuditEvent], before: int | None, size: int) -> AuditPage:
    """A page of events, newest first; for services, which say whose they are."""
    events = events.order_by("-id")
    if before is not None:
        events = events.filter(id__lt=before)
    found = list(events[: size + 1])
    rows = tuple(from_row(AuditRow, event) for event in found[:size])
    return AuditPage(rows=rows, before=rows[-1].id if len(found) > size else None)
