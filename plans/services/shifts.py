"""Shifts: put on the rota by a pattern, cancelled, exchanged, and the people who stand on it at all times."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from plans.domain.errors import NotFound, Refused
from plans.domain.json import JsonObject
from plans.domain.review.rota import DutyPlace, Pattern, spans_of
from plans.models import Clinic, Leave, Membership, Shift
from plans.services import audit, clock, paging, rota
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.paging import Page

PAGE: Final = 25
DAYS_MOST: Final = 366
_ORDER: Final = ("start_at", "id")


@dataclass(frozen=True, slots=True)
class StandingPeople:
    """Who stands on the rota at all times; `unwatched`: nobody is meant to be on duty outside opening hours."""

    first_id: UUID | None
    first: str
    second_id: UUID | None
    second: str
    unwatched: bool


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift with an end, in lists and on its own page. `alike`: other shifts to come that were made with it."""

    id: UUID
    user_id: UUID
    who: str
    place: DutyPlace
    start: datetime
    end: datetime
    from_feed: bool
    over: bool
    cancelled_at: datetime | None
    alike: int = 0


@dataclass(frozen=True, slots=True)
class ShiftsAdded:
    """What was put on the rota. `beside`: who stands in the same place at the same time, and is alerted as well;
    `on_leave`: they are away for a part of it, which stays a gap."""

    number: int
    start: datetime
    end: datetime
    beside: tuple[str, ...]
    on_leave: bool


def standing(actor: Actor) -> StandingPeople:
    """Who stands on the rota of the actor's clinic at all times."""
    clinic = get_clinic_for(actor)
    found = {one.place: one.user for one in _open_ended(clinic).select_related("user")}
    first, second = found.get(DutyPlace.FIRST.value), found.get(DutyPlace.SECOND.value)
    return StandingPeople(
        first_id=first.pk if first else None,
        first=first.name if first else "",
        second_id=second.pk if second else None,
        second=second.name if second else "",
        unwatched=rota.is_unwatched(clinic),
    )


@transaction.atomic
def set_standing(
    *,
    by: Actor,
    first_id: UUID | None,
    second_id: UUID | None,
    lead_id: UUID | None = None,
    unwatched: bool | None = None,
) -> bool:
    """Set who stands on the rota at all times, in opening hours only where nobody watches the clinic outside them
    (`unwatched`; None: as before); and who leads. False if nothing changed.

    Raises Refused("same_person") or Refused("not_a_clinician").
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    if first_id is not None and first_id == second_id:
        raise Refused(reason="same_person", where="second")
    names = {
        where: _able(clinic, user_id, where).user.name
        for where, user_id in (("first", first_id), ("second", second_id), ("lead", lead_id))
        if user_id is not None
    }
    alone = rota.is_unwatched(clinic) if unwatched is None else unwatched
    wanted = {DutyPlace.FIRST: first_id, DutyPlace.SECOND: second_id}
    changed = [_stand(clinic, place, user_id, alone, by) for place, user_id in wanted.items()]
    if not any(changed) and alone == rota.is_unwatched(clinic) and lead_id in (None, clinic.lead_id):
        return False
    # Servers of the release before the rota read these.
    clinic.primary_id, clinic.second_id = first_id, second_id
    clinic.lead_id = lead_id or clinic.lead_id
    clinic.settings = {**clinic.settings, rota.UNWATCHED: alone}
    clinic.save(update_fields=["primary", "second", "lead", "settings"])
    audit.record(
        by=by,
        act="clinic.on_call_set",
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"first": names.get("first", ""), "then": names.get("second", ""), "unwatched": alone},
    )
    return True


def _stand(clinic: Clinic, place: DutyPlace, user_id: UUID | None, open_only: bool, by: Actor) -> bool:
    now = clock.now()
    standing = _open_ended(clinic).filter(place=place.value).first()
    if standing is not None:
        if (standing.user_id, standing.open_only) == (user_id, open_only):
            return False
        standing.cancelled_at, standing.cancelled_by_id = now, by.user_id
        standing.save(update_fields=["cancelled_at", "cancelled_by"])
    elif user_id is None:
        return False
    if user_id is not None:
        Shift.objects.create(
            clinic=clinic, user_id=user_id, place=place.value, start_at=now, made_at=now,
            made_by_id=by.user_id, open_only=open_only,
        )  # fmt: skip
    return True


@transaction.atomic
def add(
    *,
    by: Actor,
    user_id: UUID,
    place: DutyPlace,
    pattern: Pattern,
    first_day: date,
    last_day: date,
    times: tuple[time, time] | None = None,
    weekdays: Collection[int] = range(7),
) -> ShiftsAdded:
    """Put a person on the rota: one shift for each stretch that the pattern makes of the days.

    Raises Refused, with `where` naming the field: not_a_clinician, day_past, days_order, too_long, times_missing,
    no_such_hours, leaves_before (fact `on`) for a locum, and already (fact `at`).
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    place_of = _able(clinic, user_id, "person")
    spans = spans_to_come(clinic, pattern, first_day, last_day, times=times, weekdays=weekdays)
    if place_of.ends_on is not None and place_of.ends_on < last_day:
        raise Refused(reason="leaves_before", where="last_day", on=place_of.ends_on.isoformat())
    now = clock.now()
    others = _dated_between(clinic, place, spans[0][0], spans[-1][1])
    beside: dict[str, None] = {}
    for other in others:
        if not any(_overlap(other, span) for span in spans):
            continue
        if other.user_id == user_id:
            raise Refused(reason="already", where="pattern", at=other.start_at.isoformat())
        beside[other.user.name] = None
    series = uuid.uuid4()
    Shift.objects.bulk_create(
        Shift(
            clinic=clinic, user_id=user_id, place=place.value, start_at=start, end_at=end, series=series,
            made_at=now, made_by_id=by.user_id,
        )
        for start, end in spans
    )  # fmt: skip
    added = ShiftsAdded(
        number=len(spans),
        start=spans[0][0],
        end=spans[-1][1],
        beside=tuple(beside),
        on_leave=_on_leave(clinic, user_id, spans),
    )
    _record(
        by, clinic, "rota.shifts_added",
        {
            "who": place_of.user.name, "duty": place.value, "pattern": pattern.value, "number": added.number,
            "start": here(clinic, added.start), "end": here(clinic, added.end), "user": str(user_id),
        },
    )  # fmt: skip
    return added


@transaction.atomic
def cancel(*, by: Actor, shift_id: UUID, alike: bool = False) -> int:
    """Cancel a shift, or with `alike` every shift to come that was made with it; returns how many. What is over stays.

    Raises NotFound, and Refused: over, cancelled, from_feed.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    row = _changeable(clinic, shift_id)
    now = clock.now()
    rows = Shift.objects.filter(pk=row.pk)
    if alike and row.series is not None:
        rows = Shift.objects.filter(clinic=clinic, series=row.series, user_id=row.user_id)
    number = rows.filter(cancelled_at=None, end_at__gt=now).update(
        cancelled_at=now, cancelled_by_id=by.user_id
    )
    _record(
        by, clinic, "rota.shifts_cancelled",
        {
            "who": row.user.name, "duty": row.place, "number": number, "start": here(clinic, row.start_at),
            "user": str(row.user_id),
        },
    )  # fmt: skip
    return number


@transaction.atomic
def swap(*, by: Actor, shift_id: UUID, other_id: UUID) -> None:
    """Let two people exchange shifts that have not begun: each gets the other's hours and place.

    Raises NotFound, and Refused: over, cancelled, from_feed, begun, same_person, not_a_clinician, and already (fact
    `who`) where one of them stands in that place at that time as it is.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    one, other = _changeable(clinic, shift_id), _changeable(clinic, other_id)
    now = clock.now()
    if one.user_id == other.user_id:
        raise Refused(reason="same_person", where="other")
    if min(one.start_at, other.start_at) <= now:
        raise Refused(reason="begun", where="other")
    Shift.objects.filter(pk__in=(one.pk, other.pk)).update(cancelled_at=now, cancelled_by_id=by.user_id)
    for theirs, mine in ((one, other), (other, one)):
        _able(clinic, mine.user_id, "other")
        _check_free(clinic, theirs, mine)
        Shift.objects.create(
            clinic=clinic, user_id=mine.user_id, place=theirs.place, start_at=theirs.start_at,
            end_at=theirs.end_at, series=theirs.series, made_at=now, made_by_id=by.user_id,
        )  # fmt: skip
    _record(
        by, clinic, "rota.swapped",
        {
            "who": one.user.name, "start": here(clinic, one.start_at), "duty": one.place,
            "to": other.user.name, "other_start": here(clinic, other.start_at), "other_duty": other.place,
            "user": str(one.user_id), "other": str(other.user_id),
        },
    )  # fmt: skip


@transaction.atomic
def hand_over(*, by: Actor, from_id: UUID, to_id: UUID, only: Collection[UUID] | None = None) -> int:
    """Give one person's shifts that are not over to another, or `only` some of them, also one that stands at all times;
    returns how many. Those of a calendar kept elsewhere stay.

    Raises Refused: not_a_candidate; already (facts `who` and `at`) where the other stands there as it is, at all times
    in either place; leaves_before (fact `on`) for a locum.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    place = next((one for one in rota.who_may_be_on_duty(clinic) if one.user_id == to_id), None)
    if place is None or to_id == from_id:
        raise Refused(reason="not_a_candidate", where="to")
    now = clock.now()
    rows = Shift.objects.filter(
        Q(end_at=None) | Q(end_at__gt=now), clinic=clinic, user_id=from_id, cancelled_at=None, feed=None
    )
    if only is not None:
        rows = rows.filter(pk__in=only)
    found = list(rows.select_related("user").order_by(*_ORDER))
    for row in found:
        _give(clinic, row, place, by, now)
    if found:
        facts: JsonObject = {"who": found[0].user.name, "to": place.user.name, "number": len(found)}
        _record(by, clinic, "rota.shifts_given", {**facts, "user": str(from_id), "other": str(to_id)})
    return len(found)


def _give(clinic: Clinic, row: Shift, place: Membership, by: Actor, now: datetime) -> None:
    if row.end_at is None:
        if _open_ended(clinic).filter(user_id=place.user_id).exists():
            raise Refused(reason="already", where="to", who=place.user.name, at=now.isoformat())
        # Servers of the release before the rota read these.
        column = "primary" if row.place == DutyPlace.FIRST.value else "second"
        setattr(clinic, f"{column}_id", place.user_id)
        clinic.save(update_fields=[column])
    else:
        last_day = row.end_at.astimezone(clock.zone_of(clinic.zone)).date()
        if place.ends_on is not None and place.ends_on < last_day:
            raise Refused(reason="leaves_before", where="to", on=place.ends_on.isoformat())
        _check_free(clinic, row, place)
    row.cancelled_at, row.cancelled_by_id = now, by.user_id
    row.save(update_fields=["cancelled_at", "cancelled_by"])
    Shift.objects.create(
        clinic=clinic, user_id=place.user_id, place=row.place, start_at=max(row.start_at, now),
        end_at=row.end_at, open_only=row.open_only, series=row.series, made_at=now, made_by_id=by.user_id,
    )  # fmt: skip


def _check_free(clinic: Clinic, shift: Shift, person: Shift | Membership) -> None:
    end = shift.end_at
    if end is None:
        return
    for row in _dated_between(clinic, DutyPlace(shift.place), shift.start_at, end):
        if row.user_id == person.user_id:
            raise Refused(reason="already", where="other", who=person.user.name, at=row.start_at.isoformat())


def ahead(actor: Actor, *, q: str = "", key: str | None = None, size: int = PAGE) -> Page[ShiftRow]:
    """A page of the shifts with an end that are not over, soonest first. `q` searches by name."""
    clinic = get_clinic_for(actor)
    every = _dated(clinic).filter(end_at__gt=clock.now())
    found = every
    for word in q.split()[:6]:
        found = found.filter(user__name__icontains=word)
    return paging.page_of(
        found, _ORDER, lambda rows: [_row(one) for one in rows], every=every, key=key, size=size
    )


def to_swap_with(actor: Actor, shift_id: UUID) -> tuple[ShiftRow, ...]:
    """The shifts of other people that a shift can be exchanged with, soonest first; at most a hundred."""
    clinic = get_clinic_for(actor)
    row = _shift(clinic, shift_id)
    rows = _dated(clinic).filter(start_at__gt=clock.now(), feed=None).exclude(user_id=row.user_id)
    return tuple(_row(one) for one in rows.order_by(*_ORDER)[:100])


def shift(actor: Actor, shift_id: UUID) -> ShiftRow:
    """One shift with an end, cancelled or not. Raises NotFound."""
    clinic = get_clinic_for(actor)
    row = _shift(clinic, shift_id)
    alike = 0
    if row.series is not None:
        others = Shift.objects.filter(clinic=clinic, series=row.series, user_id=row.user_id)
        alike = others.filter(cancelled_at=None, end_at__gt=clock.now()).exclude(pk=row.pk).count()
    return _row(row, alike)


def spans_to_come(
    clinic: Clinic,
    pattern: Pattern,
    first_day: date,
    last_day: date,
    *,
    times: tuple[time, time] | None,
    weekdays: Collection[int],
) -> list[tuple[datetime, datetime]]:
    """What a pattern makes of the days, as far as it is not over: at least one (start, end).

    Raises Refused, with `where` naming the field: day_past, days_order, too_long, times_missing, no_such_hours.
    """
    _check_days(clinic, first_day, last_day)
    if pattern is Pattern.CHOSEN and times is None:
        raise Refused(reason="times_missing", where="begins")
    now = clock.now()
    found = spans_of(pattern, first_day, last_day, rota.opening_of(clinic), times=times, weekdays=weekdays)
    spans = [span for span in found if span[1] > now]
    if not spans:
        raise Refused(reason="no_such_hours", where="pattern")
    return spans


def _able(clinic: Clinic, user_id: UUID, where: str) -> Membership:
    """The membership of somebody who can be on duty. Raises Refused("not_a_clinician")."""
    found = next((one for one in rota.who_may_be_on_duty(clinic) if one.user_id == user_id), None)
    if found is None:
        raise Refused(reason="not_a_clinician", where=where)
    return found


def _check_days(clinic: Clinic, first_day: date, last_day: date) -> None:
    if first_day < clock.today(clinic.zone):
        raise Refused(reason="day_past", where="first_day")
    if last_day < first_day:
        raise Refused(reason="days_order", where="last_day")
    if last_day - first_day >= timedelta(days=DAYS_MOST):
        raise Refused(reason="too_long", where="last_day", most=DAYS_MOST)


def _open_ended(clinic: Clinic) -> QuerySet[Shift]:
    return Shift.objects.filter(clinic=clinic, end_at=None, cancelled_at=None)


def _dated(clinic: Clinic) -> QuerySet[Shift]:
    return Shift.objects.filter(clinic=clinic, end_at__isnull=False, cancelled_at=None).select_related("user")


def _dated_between(clinic: Clinic, place: DutyPlace, start: datetime, end: datetime) -> QuerySet[Shift]:
    return _dated(clinic).filter(place=place.value, start_at__lt=end, end_at__gt=start).order_by(*_ORDER)


def _overlap(row: Shift, span: tuple[datetime, datetime]) -> bool:
    return row.end_at is not None and row.start_at < span[1] and span[0] < row.end_at


def _on_leave(clinic: Clinic, user_id: UUID, spans: list[tuple[datetime, datetime]]) -> bool:
    rows = Leave.objects.filter(clinic=clinic, user_id=user_id, cancelled_at=None)
    anything = Q()
    for start, end in spans:
        anything |= Q(start_at__lt=end, end_at__gt=start)
    return rows.filter(anything).exists()


def _shift(clinic: Clinic, shift_id: UUID) -> Shift:
    row = (
        Shift.objects.filter(pk=shift_id, clinic=clinic, end_at__isnull=False).select_related("user").first()
    )
    if row is None:
        raise NotFound(what="shift")
    return row


def _changeable(clinic: Clinic, shift_id: UUID) -> Shift:
    row = _shift(clinic, shift_id)
    if row.cancelled_at is not None:
        raise Refused(reason="cancelled")
    if row.end_at is not None and row.end_at <= clock.now():
        raise Refused(reason="over")
    if row.feed_id is not None:
        raise Refused(reason="from_feed")
    return row


def _row(row: Shift, alike: int = 0) -> ShiftRow:
    end = row.end_at
    if end is None:
        raise NotFound(what="shift")
    return ShiftRow(
        id=row.pk,
        user_id=row.user_id,
        who=row.user.name,
        place=DutyPlace(row.place),
        start=row.start_at,
        end=end,
        from_feed=row.feed_id is not None,
        over=end <= clock.now(),
        cancelled_at=row.cancelled_at,
        alike=alike,
    )


def here(clinic: Clinic, at: datetime) -> str:
    """A moment as the record keeps it: on the clinic's clock."""
    return at.astimezone(clock.zone_of(clinic.zone)).isoformat()


def _record(by: Actor, clinic: Clinic, act: str, facts: JsonObject) -> None:
    audit.record(by=by, act=act, subject_kind="clinic", subject_id=clinic.pk, facts=facts)
