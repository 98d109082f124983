"""Who is on duty: shifts, leave, and the people who count at a moment.

    rota = Rota(duties, absences, here={ann: None, ben: None})
    on_duty(rota, at)              # (first, second): everybody to alert first, and everybody to alert then
    gaps(rota, now, in_a_fortnight)    # when nobody is first, or nobody second

A shift with an end stands over an open-ended one. Where dated shifts of one place overlap, all of their people are
alerted. Whoever is on leave, or no longer a member, does not count, as if the shift were not there. Nobody is alerted
twice: who is first is not second as well.

An outside service that covers some hours stands over the open-ended shifts of both places: patients are told to call
it, such hours are no gap, and whoever has a dated shift then is alerted beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from plans.domain.review.deadlines import Opening, is_open

GAPS_AHEAD: Final = timedelta(days=14)
"""How far ahead a lead is told of gaps."""

_ONE: Final = timedelta(days=1)
# Longer than any holiday season.
_CLOSED_MOST: Final = 60
_SATURDAY: Final = 5


class DutyPlace(StrEnum):
    """Whether somebody is alerted first or second."""

    FIRST = "first"
    SECOND = "second"


class Pattern(StrEnum):
    """Which hours of the chosen days become shifts."""

    ALL = "all"
    WORKING = "working"
    NIGHTS = "nights"
    WEEKENDS = "weekends"
    HOLIDAYS = "holidays"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class OnRota:
    """An entry of the rota: from `start` until before `end`, or without an end.

    It counts from when it was made until it was cancelled, so that a moment of the past is answered with what the rota
    said then.
    """

    person: UUID
    start: datetime
    end: datetime | None
    made: datetime
    cancelled: datetime | None = None

    @property
    def begins(self) -> datetime:
        """From when it counts."""
        return max(self.start, self.made)

    @property
    def ends(self) -> datetime | None:
        """Until when it counts; None: for good."""
        if self.end is None or self.cancelled is None:
            return self.end or self.cancelled
        return min(self.end, self.cancelled)

    def counts(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        return self.begins <= at and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True)
class Duty(OnRota):
    """A shift. An open-ended one may hold in opening hours only."""

    place: DutyPlace = DutyPlace.FIRST
    open_only: bool = False


@dataclass(frozen=True, slots=True)
class Absence(OnRota):
    """Leave."""


@dataclass(frozen=True, slots=True)
class Cover(OnRota):
    """Hours of an outside service; `person` is the key of the entry."""


@dataclass(frozen=True, slots=True)
class Rota:
    """What stands on the rota of a clinic.

    `here`: who is a member that may review, and until before when (None: for good); None for the past, whose shifts say
    themselves until when they counted. `unwatched`: nobody is meant to be on duty outside opening hours.
    """

    duties: tuple[Duty, ...]
    absences: tuple[Absence, ...]
    opening: Opening
    here: Mapping[UUID, datetime | None] | None = field(default=None)
    unwatched: bool = False
    covers: tuple[Cover, ...] = ()

    def is_here(self, person: UUID, at: datetime) -> bool:
        """Whether a person is a member then, and not on leave."""
        if any(one.person == person and one.counts(at) for one in self.absences):
            return False
        if self.here is None:
            return True
        return person in self.here and ((until := self.here[person]) is None or at < until)


@dataclass(frozen=True, slots=True)
class DutyStretch:
    """A stretch of time in which the same people are on duty."""

    start: datetime
    end: datetime
    first: tuple[UUID, ...]
    second: tuple[UUID, ...]
    covers: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class RotaGap:
    """A stretch of time in which nobody stands in a place."""

    place: DutyPlace
    start: datetime
    end: datetime


def on_duty(rota: Rota, at: datetime) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """The people to alert first, and those to alert second; empty where there is nobody."""
    covered = bool(covering(rota, at))
    there = [
        one
        for one in rota.duties
        if one.counts(at)
        and not (covered and one.end is None)
        and (not one.open_only or is_open(at, rota.opening))
        and rota.is_here(one.person, at)
    ]
    first = _standing(one for one in there if one.place is DutyPlace.FIRST)
    second = _standing(one for one in there if one.place is DutyPlace.SECOND and one.person not in first)
    return first, second


def covering(rota: Rota, at: datetime) -> tuple[UUID, ...]:
    """The entries of outside services that patients are told to call at a moment."""
    return tuple(one.person for one in rota.covers if one.counts(at))


def _standing(duties: Iterable[Duty]) -> tuple[UUID, ...]:
    ordered = sorted(duties, key=lambda one: (one.begins, one.person))
    dated = [one.person for one in ordered if one.end is not None]
    return tuple(dict.fromkeys(dated or [one.person for one in ordered]))


def stretches(rota: Rota, start: datetime, end: datetime) -> tuple[DutyStretch, ...]:
    """Who is on duty from `start` to `end`, without holes; one stretch until somebody changes."""
    found: list[DutyStretch] = []
    for begins, ends, then in _pieces(rota, start, end):
        first, second = on_duty(then, begins)
        made = DutyStretch(begins, ends, first, second, covering(then, begins))
        if found and replace(found[-1], start=begins, end=ends) == made:
            made = replace(made, start=found.pop().start)
        found.append(made)
    return tuple(found)


def gaps(rota: Rota, start: datetime, end: datetime) -> tuple[RotaGap, ...]:
    """When nobody is first and when nobody is second, from `start` to `end`; in an unwatched clinic, of its opening
    hours only. What an outside service covers is no gap."""
    found: dict[DutyPlace, list[RotaGap]] = {place: [] for place in DutyPlace}
    for begins, ends, then in _pieces(rota, start, end):
        if (rota.unwatched and not is_open(begins, rota.opening)) or covering(then, begins):
            continue
        for place, people in zip(DutyPlace, on_duty(then, begins), strict=True):
            if people:
                continue
            before = found[place]
            joined = before.pop().start if before and before[-1].end == begins else begins
            before.append(RotaGap(place, joined, ends))
    every = [gap for of_place in found.values() for gap in of_place]
    return tuple(sorted(every, key=lambda one: (one.start, one.place is DutyPlace.SECOND)))


def _pieces(rota: Rota, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, Rota]]:
    """The time from `start` to `end` in pieces within which nothing changes, each with the shifts that bear on it."""
    waiting = deque(sorted(rota.duties, key=lambda one: one.begins))
    there: list[Duty] = []
    for begins, ends in pairwise(_edges(rota, start, end)):
        while waiting and waiting[0].begins <= begins:
            there.append(waiting.popleft())
        there = [one for one in there if one.ends is None or one.ends > begins]
        yield begins, ends, replace(rota, duties=tuple(there))


def _edges(rota: Rota, start: datetime, end: datetime) -> list[datetime]:
    """Every moment at which the answer may change."""
    moments: set[datetime | None] = set()
    for entry in (*rota.duties, *rota.absences, *rota.covers):
        moments |= {entry.begins, entry.ends}
    moments |= set((rota.here or {}).values())
    if rota.unwatched or any(one.open_only for one in rota.duties):
        day, last = start.astimezone(rota.opening.zone).date(), end.astimezone(rota.opening.zone).date()
        moments |= {edge for hours in _open_hours(rota.opening, day, last) for edge in hours}
    return sorted({start, end, *(at for at in moments if at is not None and start < at < end)})


def _days(first: date, last: date) -> Iterator[date]:
    return (first + _ONE * number for number in range((last - first).days + 1))


def _open_hours(opening: Opening, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    return (hours for day in _days(first, last) if (hours := opening.on(day)) is not None)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def moments_of(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The moments that a local day and time may mean, in UTC: one; none in the hour that summer time skips; two in the
    hour that comes twice when it ends."""
    here = datetime.combine(day, at)
    found = {here.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(one for one in found if one.astimezone(zone).replace(tzinfo=None) == here))


def spans_of(
    pattern: Pattern,
    first: date,
    last: date,
    opening: Opening,
    *,
    times: tuple[time, time] | None = None,
    weekdays: Collection[int] = range(7),
) -> tuple[tuple[datetime, datetime], ...]:
    """The shifts that a pattern makes of the days from `first` to `last`, as (start, end) in UTC.

    Working hours, nights, weekends and holidays share out all time between them: a night is the closed time between
    two open days, a weekend or holiday the whole closed time around it. They belong to the day on which the night
    begins, and to the first closed day. `times` and `weekdays` (0 is Monday) are for chosen hours.
    """
    zone = opening.zone
    if pattern is Pattern.ALL:
        return ((midnight(first, zone), midnight(last + _ONE, zone)),)
    if pattern is Pattern.WORKING:
        return tuple(_open_hours(opening, first, last))
    if pattern is Pattern.CHOSEN:
        return tuple(_chosen(first, last, zone, times, weekdays))
    return tuple(
        (start, end)
        for day, kind, start, end in _closed(opening, first - _ONE * _CLOSED_MOST, last)
        if kind is pattern and first <= day <= last
    )


def _chosen(
    first: date, last: date, zone: ZoneInfo, times: tuple[time, time] | None, weekdays: Collection[int]
) -> Iterator[tuple[datetime, datetime]]:
    if times is None:
        return
    begins, ends = times
    for day in _days(first, last):
        start = datetime.combine(day, begins, zone).astimezone(UTC)
        end = datetime.combine(day if begins < ends else day + _ONE, ends, zone).astimezone(UTC)
        if day.weekday() in weekdays and start < end:
            yield start, end


def _closed(opening: Opening, first: date, last: date) -> Iterator[tuple[date, Pattern, datetime, datetime]]:
    """Every closed time that begins with a closing from `first` on: the day it belongs to, its kind, start and end."""
    hours = [(day, opening.on(day)) for day in _days(first, last + _ONE * _CLOSED_MOST)]
    open_days = [(day, span) for day, span in hours if span is not None]
    for (day, (_, closes)), (following, (opens, _)) in pairwise(open_days):
        between = list(_days(day + _ONE, following - _ONE))
        kind = Pattern.NIGHTS
        if any(one in opening.holidays for one in between):
            kind = Pattern.HOLIDAYS
        elif any(one.weekday() >= _SATURDAY for one in between):
            kind = Pattern.WEEKENDS
        belongs = day if kind is Pattern.NIGHTS else between[0]
        if closes < opens:
            yield belongs, kind, closes, opens
