"""Outside services on the rota: hours in which patients are told to call one, by its name and number.

Whoever stands on the rota at all times is not on duty then. Urgent alerts go to everybody who may review at once, and
say why, unless somebody has a shift with days in these hours.

    add(by=lead, name="Night Line", phone="555-0188", pattern=Pattern.NIGHTS, first_day=…, last_day=…)
    correct(by=lead, hours_id=…, name="Night Line", phone="555-0189")     # from now on; what was stays on the rota
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from plans.domain.errors import NotFound, Refused
from plans.domain.json import JsonObject
from plans.domain.review.rota import Pattern
from plans.models import Clinic, ServiceShift
from plans.services import audit, clock, paging, shifts
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.paging import Page

PAGE: Final = 25


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """Hours of an outside service. `alike`: how many others to come were entered with it."""

    id: UUID
    name: str
    phone: str
    start: datetime
    end: datetime
    over: bool
    cancelled_at: datetime | None
    alike: int = 0


@transaction.atomic
def add(
    *,
    by: Actor,
    name: str,
    phone: str,
    pattern: Pattern,
    first_day: date,
    last_day: date,
    times: tuple[time, time] | None = None,
    weekdays: Collection[int] = range(7),
) -> int:
    """Enter hours of an outside service: one entry for each stretch that the pattern makes of the days; how many.

    Raises Refused as `shifts.spans_to_come` does, and already_covered (fact `who`) where another service, or the same,
    has some of these hours.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    spans = shifts.spans_to_come(clinic, pattern, first_day, last_day, times=times, weekdays=weekdays)
    for other in _standing(clinic).filter(start_at__lt=spans[-1][1], end_at__gt=spans[0][0]):
        if any(other.start_at < end and start < other.end_at for start, end in spans):
            raise Refused(
                reason="already_covered", where="pattern", who=other.name, at=other.start_at.isoformat()
            )
    now, series = clock.now(), uuid.uuid4()
    ServiceShift.objects.bulk_create(
        ServiceShift(
            clinic=clinic, name=name, phone=phone, start_at=start, end_at=end, series=series, made_at=now,
            made_by_id=by.member_id,
        )
        for start, end in spans
    )  # fmt: skip
    _record(
        by, clinic, "rota.service_added",
        {
            "name": name, "phone": phone, "number": len(spans), "start": shifts.here(clinic, spans[0][0]),
            "end": shifts.here(clinic, spans[-1][1]),
        },
    )  # fmt: skip
    return len(spans)


@transaction.atomic
def correct(*, by: Actor, hours_id: UUID, name: str, phone: str) -> int:
    """Correct name or number in all hours to come that were entered together; how many. What was said stays.

    Raises NotFound, and Refused: over, cancelled.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    row, now = _changeable(clinic, hours_id), clock.now()
    if (row.name, row.phone) == (name, phone):
        return 0
    standing = list(_standing(clinic).filter(series=row.series, end_at__gt=now))
    _standing(clinic).filter(pk__in=[one.pk for one in standing]).update(
        cancelled_at=now, cancelled_by_id=by.user_id
    )
    series = uuid.uuid4()
    ServiceShift.objects.bulk_create(
        ServiceShift(
            clinic=clinic, name=name, phone=phone, start_at=one.start_at, end_at=one.end_at, series=series,
            made_at=now, made_by_id=by.member_id,
        )
        for one in standing
    )  # fmt: skip
    facts: JsonObject = {
        "name": name,
        "phone": phone,
        "before": f"{row.name}, {row.phone}",
        "number": len(standing),
    }
    _record(by, clinic, "rota.service_corrected", facts)
    return len(standing)


@transaction.atomic
def cancel(*, by: Actor, hours_id: UUID, alike: bool = False) -> int:
    """Cancel hours, or with `alike` all to come that were entered with them; how many. What is over of them stays.

    Raises NotFound, and Refused: over, cancelled.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    row, now = _changeable(clinic, hours_id), clock.now()
    rows = _standing(clinic).filter(end_at__gt=now)
    rows = rows.filter(series=row.series) if alike else rows.filter(pk=row.pk)
    number = rows.update(cancelled_at=now, cancelled_by_id=by.user_id)
    facts: JsonObject = {"name": row.name, "number": number, "start": shifts.here(clinic, row.start_at)}
    _record(by, clinic, "rota.service_cancelled", facts)
    return number


def ahead(actor: Actor, *, q: str = "", key: str | None = None, size: int = PAGE) -> Page[ServiceHours]:
    """A page of the hours that are not over, soonest first. `q` searches by name or number."""
    clinic = get_clinic_for(actor)
    every = _standing(clinic).filter(end_at__gt=clock.now())
    found = every
    for word in q.split()[:6]:
        found = found.filter(name__icontains=word) | found.filter(phone__icontains=word)
    return paging.page_of(
        found, ("start_at", "id"), lambda rows: [_hours(one) for one in rows], every=every, key=key, size=size
    )


def hours(actor: Actor, hours_id: UUID) -> ServiceHours:
    """One entry, cancelled or not. Raises NotFound."""
    clinic = get_clinic_for(actor)
    row = _shift(clinic, hours_id)
    others = _standing(clinic).filter(series=row.series, end_at__gt=clock.now()).exclude(pk=row.pk)
    return _hours(row, others.count())


def _standing(clinic: Clinic) -> QuerySet[ServiceShift]:
    return ServiceShift.objects.filter(clinic=clinic, cancelled_at=None)


def _shift(clinic: Clinic, hours_id: UUID) -> ServiceShift:
    row = ServiceShift.objects.filter(pk=hours_id, clinic=clinic).first()
    if row is None:
        raise NotFound(what="shift")
    return row


def _changeable(clinic: Clinic, hours_id: UUID) -> ServiceShift:
    row = _shift(clinic, hours_id)
    if row.cancelled_at is not None:
        raise Refused(reason="cancelled")
    if row.end_at <= clock.now():
        raise Refused(reason="over")
    return row


def _hours(row: ServiceShift, alike: int = 0) -> ServiceHours:
    return ServiceHours(
        id=row.pk,
        name=row.name,
        phone=row.phone,
        start=row.start_at,
        end=row.end_at,
        over=row.end_at <= clock.now(),
        cancelled_at=row.cancelled_at,
        alike=alike,
    )


def _record(by: Actor, clinic: Clinic, act: str, facts: JsonObject) -> None:
    audit.record(by=by, act=act, subject_kind="clinic", subject_id=clinic.pk, facts=facts)
