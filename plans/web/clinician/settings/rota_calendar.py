"""The rota as a calendar: weeks of days, each with who is on duty when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.domain.review.rota import midnight
from plans.services.rota import CalendarStretch, ServiceToCall
from plans.wording.plans import short_day

_ONE: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2099, 12, 31)


class RotaView(StrEnum):
    """How much of the calendar is shown."""

    WEEKS = "weeks"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class DutyLine:
    """The people of a part of a day; `hours` is empty for the whole of it."""

    hours: str
    first: str
    second: str
    services: tuple[ServiceToCall, ...] = ()


@dataclass(frozen=True, slots=True)
class RotaDay:
    """A day of the calendar. `outside`: of another month."""

    day: date
    name: str
    today: bool
    outside: bool
    lines: tuple[DutyLine, ...]


@dataclass(frozen=True, slots=True)
class ShownDays:
    """The days that are shown, and where the pages before and after begin."""

    first: date
    last: date
    name: str
    before: date
    after: date
    month: int | None

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The first moment of these days, and the first one after them."""
        return midnight(self.first, zone), midnight(self.last + _ONE, zone)


def shown(view: RotaView, anchor: date) -> ShownDays:
    """Two weeks from the Monday of the anchor's week, or the weeks of its month."""
    monday = anchor - _ONE * anchor.weekday()
    if view is RotaView.WEEKS:
        last = monday + 2 * _WEEK - _ONE
        name = _("%(first)s to %(last)s") % {"first": short_day(monday), "last": short_day(last)}
        return ShownDays(monday, last, name, monday - 2 * _WEEK, monday + 2 * _WEEK, None)
    first = anchor.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    begins = first - _ONE * first.weekday()
    ends = following + _ONE * (-following.weekday() % 7) - _ONE
    return ShownDays(
        begins, ends, date_format(first, "F Y"), (first - _ONE).replace(day=1), following, first.month
    )


def weeks(
    days: ShownDays, stretches: Sequence[CalendarStretch], zone: ZoneInfo, today: date
) -> list[list[RotaDay]]:
    """The weeks of the calendar, Monday first."""
    found = [
        _day(days.first + _ONE * number, days, stretches, zone, today)
        for number in range((days.last - days.first).days + 1)
    ]
    return [found[at : at + 7] for at in range(0, len(found), 7)]


def _day(
    day: date, days: ShownDays, stretches: Sequence[CalendarStretch], zone: ZoneInfo, today: date
) -> RotaDay:
    start, end = midnight(day, zone), midnight(day + _ONE, zone)
    return RotaDay(
        day=day,
        name=short_day(day),
        today=day == today,
        outside=days.month not in (None, day.month),
        lines=tuple(
            DutyLine(_hours(one, start, end, zone), ", ".join(one.first), ", ".join(one.second), one.services)
            for one in stretches
            if one.start < end and start < one.end
        ),
    )


def _hours(one: CalendarStretch, start: datetime, end: datetime, zone: ZoneInfo) -> str:
    if one.start <= start and end <= one.end:
        return ""
    begins, ends = max(one.start, start).astimezone(zone), min(one.end, end).astimezone(zone)
    until = "24:00" if one.end >= end else f"{ends:%H:%M}"
    return f"{begins:%H:%M}–{until}"
