"""Who is on duty at a clinic: now, then, and in the days to come.

    on_duty(clinic, now)                 # the people to alert first, and those to alert second
    calendar(actor, start, end)          # stretch by stretch, for a page
    gaps_ahead(clinic, now)              # what stands on the lead's pages until it is filled
    said_then(actor, at)                 # what the rota said at a moment, and who was alerted around it

Shifts are made and cancelled in `shifts`, `leave`, `locums` and `rota_feed`, hours of outside services in
`outside_services`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from plans.domain.checkins.help_lines import phone_href
from plans.domain.review.deadlines import Opening, read_opening
from plans.domain.review.rota import (
    GAPS_AHEAD,
    Absence,
    Cover,
    Duty,
    DutyPlace,
    DutyStretch,
    Rota,
    RotaGap,
    covering,
    gaps,
    midnight,
    stretches,
)
from plans.domain.review.rota import on_duty as people_on_duty
from plans.models import Clinic, Leave, Membership, ReviewEvent, ServiceShift, Shift, User
from plans.services import clock
from plans.services.access import get_clinic_for
from plans.services.actors import ROLE_MAY, Actor, May, Role

REVIEWING: Final = tuple(role.value for role in Role if May.REVIEW in ROLE_MAY[role])
"""Roles whose members can be on duty."""

UNWATCHED: Final = "rota_unwatched"
"""The clinic's setting that nobody is meant to be on duty outside opening hours."""

ALERTS_AROUND: Final = timedelta(hours=3)
ALERTS_MOST: Final = 50
_ENTRY = TypeVar("_ENTRY", Shift, Leave, ServiceShift)


@dataclass(frozen=True, slots=True)
class ServiceToCall:
    """An outside service that patients are told to call now."""

    name: str
    phone: str

    @property
    def href(self) -> str:
        """The address that calls it."""
        return phone_href(self.phone)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """The people to alert first and second; empty: nobody is on duty in that place. `services`: whom patients call."""

    first: tuple[User, ...] = ()
    second: tuple[User, ...] = ()
    services: tuple[ServiceToCall, ...] = ()

    @property
    def watched(self) -> bool:
        """Whether anybody is on duty."""
        return bool(self.first or self.second)


@dataclass(frozen=True, slots=True)
class OnDutyNames:
    """The names of who is on duty, as pages show them, and the outside services that patients are told to call."""

    first: str
    second: str
    services: tuple[ServiceToCall, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarStretch:
    """A stretch of the calendar, with the names of who is on duty."""

    start: datetime
    end: datetime
    first: tuple[str, ...]
    second: tuple[str, ...]
    services: tuple[ServiceToCall, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertSent:
    """An alert to people, as the item's history has it."""

    at: datetime
    item_id: UUID
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaidThen:
    """What the rota said at a moment, and the alerts around it, oldest first."""

    at: datetime
    first: tuple[str, ...]
    second: tuple[str, ...]
    alerts: tuple[AlertSent, ...]
    services: tuple[ServiceToCall, ...] = ()


def opening_of(clinic: Clinic) -> Opening:
    """The clinic's hours and holidays."""
    return read_opening(clinic.zone, clinic.hours, tuple(clinic.holidays))


def on_duty(clinic: Clinic, at: datetime) -> OnDuty:
    """Who is on duty at a moment of clinic time."""
    read = _read(clinic, at, at, members=_members(clinic))
    first, second = people_on_duty(read.rota, at)
    return OnDuty(read.people(first), read.people(second), read.services(covering(read.rota, at)))


def names_on_duty(clinic: Clinic, at: datetime) -> OnDutyNames:
    """The names of who is on duty at a moment; empty where there is nobody."""
    found = on_duty(clinic, at)
    return OnDutyNames(
        ", ".join(user.name for user in found.first),
        ", ".join(user.name for user in found.second),
        found.services,
    )


def on_duty_now(actor: Actor) -> OnDutyNames:
    """Who is on duty now in the actor's clinic."""
    return names_on_duty(get_clinic_for(actor), clock.now())


def is_watched(clinic_id: UUID, at: datetime) -> bool:
    """Whether anybody is on duty in a clinic at a moment; for pages of its patients."""
    return on_duty(Clinic.objects.get(pk=clinic_id), at).watched


def services_to_call(clinic_id: UUID, at: datetime) -> tuple[ServiceToCall, ...]:
    """The outside services that patients of a clinic are told to call at a moment."""
    rows = _between(ServiceShift.objects.filter(clinic_id=clinic_id), at, at).order_by("start_at", "id")
    return tuple(ServiceToCall(one.name, one.phone) for one in rows if _cover(one).counts(at))


def is_unwatched(clinic: Clinic) -> bool:
    """Whether nobody is meant to be on duty outside the clinic's opening hours."""
    return clinic.settings.get(UNWATCHED) is True


def stretches_ahead(clinic: Clinic, now: datetime) -> tuple[DutyStretch, ...]:
    """Who is on duty in the next 14 days."""
    return stretches(
        _read(clinic, now, now + GAPS_AHEAD, members=_members(clinic)).rota, now, now + GAPS_AHEAD
    )


def stretches_between(clinic: Clinic, start: datetime, end: datetime) -> tuple[DutyStretch, ...]:
    """Who was on duty from `start` to `end`, as the rota said at each moment; none of no time."""
    return stretches(_read(clinic, start, end, members=None).rota, start, end) if start < end else ()


def is_staffed(clinic: Clinic, now: datetime) -> bool:
    """Whether the rota of the next 14 days has somebody first and somebody else second."""
    found = stretches_ahead(clinic, now)
    return any(one.first for one in found) and any(one.second for one in found)


def staffed_now(actor: Actor) -> bool:
    """Whether plans may be issued in the actor's clinic, as far as the rota goes."""
    return is_staffed(get_clinic_for(actor), clock.now())


def gaps_ahead(clinic: Clinic, now: datetime) -> tuple[RotaGap, ...]:
    """When nobody is first or nobody second in the next 14 days."""
    return gaps_between(clinic, now, now + GAPS_AHEAD)


def gaps_of(actor: Actor) -> tuple[RotaGap, ...]:
    """The gaps of the actor's clinic in the next 14 days."""
    return gaps_ahead(get_clinic_for(actor), clock.now())


def gaps_between(clinic: Clinic, start: datetime, end: datetime) -> tuple[RotaGap, ...]:
    """When nobody is first or nobody second, from `start` to `end`, by what the rota says now."""
    return gaps(_read(clinic, start, end, members=_members(clinic)).rota, start, end)


def calendar(actor: Actor, start: datetime, end: datetime) -> tuple[CalendarStretch, ...]:
    """Who is on duty from `start` to `end`: what is over as the rota said then, what is to come as it says now."""
    clinic, now = get_clinic_for(actor), clock.now()
    past = _named(clinic, start, min(end, now), None) if start < now else []
    ahead = _named(clinic, max(start, now), end, _members(clinic)) if end > now else []
    if past and ahead and replace(past[-1], start=ahead[0].start, end=ahead[0].end) == ahead[0]:
        # One stretch, cut by the present.
        ahead[0] = replace(ahead[0], start=past.pop().start)
    return (*past, *ahead)


def said_then(actor: Actor, at: datetime) -> SaidThen:
    """What the rota said at a moment, or says of one to come, and who was alerted within three hours of it."""
    clinic = get_clinic_for(actor)
    then = at < clock.now()
    read = _read(clinic, at, at, members=None if then else _members(clinic))
    first, second = people_on_duty(read.rota, at)
    events = ReviewEvent.objects.filter(
        item__clinic=clinic, kind="alerted", at__gte=at - ALERTS_AROUND, at__lte=at + ALERTS_AROUND
    )
    return SaidThen(
        at=at,
        first=read.names(first),
        second=read.names(second),
        services=read.services(covering(read.rota, at)),
        alerts=tuple(
            AlertSent(one.at, one.item_id, tuple(one.facts.get("to", ())))
            for one in events.order_by("at", "id")[:ALERTS_MOST]
        ),
    )


def who_may_be_on_duty(clinic: Clinic) -> tuple[Membership, ...]:
    """The memberships of those who can be on duty, by name."""
    return tuple(_places(clinic).select_related("user").order_by("user__name", "id"))


def ends_at(clinic: Clinic, ends_on: date | None) -> datetime | None:
    """Until before when somebody is a member whose last day this is."""
    return midnight(ends_on + timedelta(days=1), clock.zone_of(clinic.zone)) if ends_on else None


def _places(clinic: Clinic) -> QuerySet[Membership]:
    return Membership.objects.filter(clinic=clinic, is_active=True, user__is_active=True, role__in=REVIEWING)


def _members(clinic: Clinic) -> dict[UUID, datetime | None]:
    found = _places(clinic).values_list("user_id", "ends_on")
    return {user_id: ends_at(clinic, ends_on) for user_id, ends_on in found}


def _named(
    clinic: Clinic, start: datetime, end: datetime, members: Mapping[UUID, datetime | None] | None
) -> list[CalendarStretch]:
    read = _read(clinic, start, end, members=members)
    return [
        CalendarStretch(
            one.start,
            one.end,
            read.names(one.first),
            read.names(one.second),
            read.services(one.covers),
        )
        for one in stretches(read.rota, start, end)
    ]


@dataclass(frozen=True, slots=True)
class _ReadRota:
    """What the rota says of a time, and its people and outside services by key."""

    rota: Rota
    users: Mapping[UUID, User]
    covers: Mapping[UUID, ServiceShift]

    def people(self, keys: Iterable[UUID]) -> tuple[User, ...]:
        """The people with these keys."""
        return tuple(self.users[key] for key in keys)

    def names(self, keys: Iterable[UUID]) -> tuple[str, ...]:
        """Their names."""
        return tuple(user.name for user in self.people(keys))

    def services(self, keys: Iterable[UUID]) -> tuple[ServiceToCall, ...]:
        """The outside services of these entries, each once."""
        found = (ServiceToCall(self.covers[key].name, self.covers[key].phone) for key in keys)
        return tuple(dict.fromkeys(found))


def _read(
    clinic: Clinic, start: datetime, end: datetime, *, members: Mapping[UUID, datetime | None] | None
) -> _ReadRota:
    """What the rota says of the time from `start` to `end`."""
    shifts = list(_between(Shift.objects.filter(clinic=clinic).select_related("user"), start, end))
    covers = list(_between(ServiceShift.objects.filter(clinic=clinic).order_by("start_at", "id"), start, end))
    rota = Rota(
        duties=tuple(_duty(one) for one in shifts),
        absences=_absences(clinic, start, end) if shifts else (),
        opening=opening_of(clinic),
        here=members,
        unwatched=is_unwatched(clinic),
        covers=tuple(_cover(one) for one in covers),
    )
    return _ReadRota(rota, {one.user_id: one.user for one in shifts}, {one.pk: one for one in covers})


def _between(rows: QuerySet[_ENTRY], start: datetime, end: datetime) -> QuerySet[_ENTRY]:
    return rows.filter(
        Q(end_at=None) | Q(end_at__gt=start),
        Q(cancelled_at=None) | Q(cancelled_at__gt=start),
        start_at__lte=end,
    )


def _duty(row: Shift) -> Duty:
    return Duty(
        person=row.user_id,
        start=row.start_at,
        end=row.end_at,
        made=row.made_at,
        cancelled=row.cancelled_at,
        place=DutyPlace(row.place),
        open_only=row.open_only,
    )


def _cover(row: ServiceShift) -> Cover:
    return Cover(row.pk, row.start_at, row.end_at, row.made_at, row.cancelled_at)


def _absences(clinic: Clinic, start: datetime, end: datetime) -> tuple[Absence, ...]:
    rows: Sequence[Leave] = list(_between(Leave.objects.filter(clinic=clinic), start, end))
    return tuple(
        Absence(one.user_id, one.start_at, one.end_at, one.made_at, one.cancelled_at) for one in rows
    )
