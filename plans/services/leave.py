"""Leave: a person is away, their shifts do not count, and the gaps that makes are said at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused
from plans.domain.review.rota import RotaGap, midnight
from plans.models import Leave
from plans.services import audit, clock, paging, rota
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.paging import Page

PAGE: Final = 25
DAYS_MOST: Final = 366


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """A person's leave, with its first and last day in the clinic's zone."""

    id: UUID
    who: str
    first_day: date
    last_day: date


@transaction.atomic
def add(*, by: Actor, user_id: UUID, first_day: date, last_day: date) -> tuple[RotaGap, ...]:
    """Enter leave for whole days; returns the gaps that it makes.

    Raises Refused, with `where` naming the field: not_a_clinician, days_order, too_long, day_past, and already.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    people = {one.user_id: one.user.name for one in rota.who_may_be_on_duty(clinic)}
    if user_id not in people:
        raise Refused(reason="not_a_clinician", where="person")
    if last_day < first_day:
        raise Refused(reason="days_order", where="last_day")
    if last_day - first_day >= timedelta(days=DAYS_MOST):
        raise Refused(reason="too_long", where="last_day", most=DAYS_MOST)
    if last_day < clock.today(clinic.zone):
        raise Refused(reason="day_past", where="last_day")
    zone, now = clock.zone_of(clinic.zone), clock.now()
    start, end = midnight(first_day, zone), midnight(last_day + timedelta(days=1), zone)
    standing = Leave.objects.filter(clinic=clinic, user_id=user_id, cancelled_at=None)
    if standing.filter(start_at__lt=end, end_at__gt=start).exists():
        raise Refused(reason="already", where="first_day")
    before = set(rota.gaps_between(clinic, max(start, now), end))
    Leave.objects.create(
        clinic=clinic, user_id=user_id, start_at=start, end_at=end, made_at=now, made_by_id=by.user_id
    )
    audit.record(
        by=by,
        act="rota.leave_entered",
        subject_kind="user",
        subject_id=user_id,
        facts={"who": people[user_id], "from_day": first_day.isoformat(), "on": last_day.isoformat()},
    )
    return tuple(one for one in rota.gaps_between(clinic, max(start, now), end) if one not in before)


@transaction.atomic
def cancel(*, by: Actor, leave_id: UUID) -> None:
    """Cancel leave; what is over of it stays. Raises NotFound, and Refused("over") if it is over or was cancelled."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    now = clock.now()
    row = Leave.objects.filter(pk=leave_id, clinic=clinic).select_related("user").first()
    if row is None:
        raise NotFound(what="leave")
    if row.cancelled_at is not None or row.end_at <= now:
        raise Refused(reason="over")
    row.cancelled_at, row.cancelled_by_id = now, by.user_id
    row.save(update_fields=["cancelled_at", "cancelled_by"])
    shown = _row(row, clinic.zone)
    audit.record(
        by=by,
        act="rota.leave_cancelled",
        subject_kind="user",
        subject_id=row.user_id,
        facts={"who": shown.who, "from_day": shown.first_day.isoformat(), "on": shown.last_day.isoformat()},
    )


def ahead(actor: Actor, *, key: str | None = None, size: int = PAGE) -> Page[LeaveRow]:
    """A page of the leave that is not over, soonest first."""
    clinic = get_clinic_for(actor)
    every = Leave.objects.filter(clinic=clinic, cancelled_at=None, end_at__gt=clock.now())
    return paging.page_of(
        every.select_related("user"),
        ("start_at", "id"),
        lambda rows: [_row(one, clinic.zone) for one in rows],
        every=every,
        key=key,
        size=size,
    )


def _row(row: Leave, zone: str) -> LeaveRow:
    return LeaveRow(
        row.pk, row.user.name, _day(row.start_at, zone), _day(row.end_at - timedelta(seconds=1), zone)
    )


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(clock.zone_of(zone)).date()
