"""When check-ins fall due, in the patient's own time zone.

A local time that does not exist on a day (clocks go forward) moves forward; of one that occurs twice the first counts.
An unknown zone means the clinic's zone. Check-ins fall due between 08:00 and 20:00 local time only, and late messages
(a mail server that was away, a reminder too soon after another) are not sent at night either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

DAY_BEGINS: Final = time(8)
DAY_ENDS: Final = time(20)
LAST_SENDING: Final = time(21)
"""What was due at eight in the evening has an hour to go out; anything later waits until morning."""
AHEAD_DAYS: Final = 28
APART_DAYS: Final = 2
"""The least days between two check-ins; of two that are closer the more important one is asked."""
AFTER_CUT_DAYS: Final = 5
"""Days after a cut, when a long-acting drug has settled (3 to 7)."""
FOLLOW_UP_WEEKS: Final = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 26)
"""After the last dose: weekly for 4 weeks, every 2 weeks to 12, monthly to 6 months."""
MAINTENANCE_WEEKS: Final = 4
"""Weeks between check-ins while a dose stays, as often as PHQ-9 and GAD-7 are due: nothing changes, but mood, falls and
other substances must not go unnoticed (ours, no source)."""
FOLLOW_UP_LONG: Final = frozenset({4, 8, 12, 26})
"""The follow-up weeks in which both long scales are asked."""


class Purpose(StrEnum):
    """Why a check-in is asked. UNSCHEDULED ones are begun by the patient, EXTRA ones requested by a clinician."""

    BASELINE = "baseline"
    WEEKLY = "weekly"
    AFTER_CUT = "after_cut"
    MAINTENANCE = "maintenance"
    LAST_DOSE = "last_dose"
    FOLLOW_UP = "follow_up"
    UNSCHEDULED = "unscheduled"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Ladder:
    """The messages of one check-in: the invitation, then reminders some days apart at the same local time.

    The check-in closes `closes_after` days of 24 hours after it was due. `clinic_rules` holds the limits: reminders to
    one patient are at least 20 hours apart, and the last one comes before closing.
    """

    reminders: int = 2
    apart_days: int = 1
    closes_days: int = 3

    def for_patient(self, wanted: int | None) -> Ladder:
        """The clinic's ladder with as many reminders as the patient wants, never more than the clinic sends."""
        return self if wanted is None else replace(self, reminders=min(wanted, self.reminders))


USUAL_LADDER: Final = Ladder()
"""Invitation, a day later, two days later; closed after 72 hours."""

_WEIGHT: Final = (
    Purpose.BASELINE,
    Purpose.LAST_DOSE,
    Purpose.FOLLOW_UP,
    Purpose.MAINTENANCE,
    Purpose.WEEKLY,
    Purpose.AFTER_CUT,
)


@dataclass(frozen=True, slots=True)
class Due:
    """A check-in due on a local date. `long`: a follow-up with both long scales."""

    purpose: Purpose
    on: date
    long: bool = False

    @property
    def form(self) -> str:
        """The form: "baseline" (first and last, with both long scales), "long" (with both) or "weekly"."""
        if self.purpose in (Purpose.BASELINE, Purpose.LAST_DOSE):
            return "baseline"
        return "long" if self.long else "weekly"


@dataclass(frozen=True, slots=True)
class DueFacts:
    """What due dates depend on.

    `baseline`: the day of the first check-in, None after it. `weekday`: 0 is Monday. `cuts`: first days of
    smaller doses. `last_dose`: the last day with a dose, None if the plan does not end at zero. `stays_since`: the day
    from which the dose stays, None while it still changes.
    """

    begins: date
    baseline: date | None
    weekday: int
    cuts: tuple[date, ...]
    last_dose: date | None
    every_weeks: int = 1
    after_cut_days: int = AFTER_CUT_DAYS
    stays_since: date | None = None
    maintenance_weeks: int = MAINTENANCE_WEEKS


def known_zone(zone: str, clinic_zone: str) -> str:
    """The patient's zone, or the clinic's if the patient's is unknown."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return clinic_zone
    return zone


def daytime(at: time) -> time:
    """A time of day within the hours in which messages may go out."""
    return min(max(at, DAY_BEGINS), DAY_ENDS)


def due_at(on: date, at: time, zone: str) -> datetime:
    """The moment (UTC) of a local date and time: moved forward out of a gap, the first of two in a fold."""
    local = datetime.combine(on, daytime(at), tzinfo=ZoneInfo(zone))
    # With fold 0 a time in a gap takes the offset from before the gap, which moves it forward.
    return local.astimezone(UTC)


def not_at_night(moment: datetime, zone: str) -> datetime:
    """`moment` itself if a message may go out then, else eight o'clock the next morning (UTC)."""
    local = moment.astimezone(ZoneInfo(zone))
    if DAY_BEGINS <= local.time() < LAST_SENDING:
        return moment
    return due_at(local.date() + timedelta(days=local.time() >= DAY_BEGINS), DAY_BEGINS, zone)


def local_date(moment: datetime, zone: str) -> date:
    """The local date of a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def first_day(now: datetime, at: time, zone: str) -> date:
    """The day of the first check-in: today if its hour is still to come, else tomorrow."""
    today = local_date(now, zone)
    return today if due_at(today, at, zone) > now else today + timedelta(days=1)


def planned(course: DueFacts, *, today: date, days: int = AHEAD_DAYS) -> tuple[Due, ...]:
    """The check-ins of the next `days` days by date; after the last dose, all that are left.

    While a dose stays, two intervals are planned, so that the next check-in is always scheduled.
    """
    until = today + timedelta(days=days)
    if course.stays_since is not None:
        until = max(until, today + timedelta(weeks=2 * course.maintenance_weeks))
    wanted: list[Due] = []
    if course.baseline is not None:
        wanted.append(Due(Purpose.BASELINE, course.baseline))
    end = course.last_dose
    if end is not None and end <= until:
        wanted.append(Due(Purpose.LAST_DOSE, end))
        wanted += _follow_up(end, course.weekday)
    last_weekly = until if end is None else min(until, end)
    if course.stays_since is None:
        began = course.begins + timedelta(days=1)
        days_asked = _every(course.every_weeks, on_or_after(began, course.weekday), today, last_weekly)
        wanted += [Due(Purpose.WEEKLY, day) for day in days_asked]
    else:
        # The last weekly check-in was just before the dose became stable.
        first = on_or_after(
            course.stays_since + timedelta(weeks=course.maintenance_weeks, days=-6), course.weekday
        )
        days_asked = _every(course.maintenance_weeks, first, today, until)
        wanted += [Due(Purpose.MAINTENANCE, day) for day in days_asked]
    if course.after_cut_days:
        after = (cut + timedelta(days=course.after_cut_days) for cut in course.cuts)
        wanted += [Due(Purpose.AFTER_CUT, day) for day in after if day <= last_weekly]
    return spread(due for due in wanted if due.on >= today)


def _every(weeks: int, first: date, today: date, until: date) -> list[date]:
    """Every `weeks` weeks from `first`: the days between today and `until`."""
    step = timedelta(weeks=weeks)
    if first < today:
        behind = (today - first).days
        first += step * -(-behind // step.days)
    found = []
    while first <= until:
        found.append(first)
        first += step
    return found


def _follow_up(end: date, weekday: int) -> list[Due]:
    # The patient's weekday in the seven days up to each mark, so that the last is within the six months.
    return [
        Due(
            Purpose.FOLLOW_UP,
            on_or_after(end + timedelta(weeks=weeks, days=-6), weekday),
            weeks in FOLLOW_UP_LONG,
        )
        for weeks in FOLLOW_UP_WEEKS
    ]


def on_or_after(day: date, weekday: int) -> date:
    """The first day on or after `day` with this weekday."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def spread(wanted: Iterable[Due], taken: Iterable[date] = ()) -> tuple[Due, ...]:
    """Leave out check-ins closer than two days to a more important one or to a day already taken."""
    kept: list[Due] = []
    days = list(taken)
    for due in sorted(wanted, key=lambda one: (_WEIGHT.index(one.purpose), one.on)):
        if all(abs((due.on - day).days) >= APART_DAYS for day in days):
            kept.append(due)
            days.append(due.on)
    return tuple(sorted(kept, key=lambda one: one.on))


def rungs(
    on: date, at: time, zone: str, closes_at: datetime, ladder: Ladder = USUAL_LADDER
) -> tuple[datetime, ...]:
    """When the messages of one check-in go out: never two on one local date, none at or after closing."""
    days = (rung * ladder.apart_days for rung in range(ladder.reminders + 1))
    moments = (due_at(on + timedelta(days=day), at, zone) for day in days)
    return tuple(moment for moment in moments if moment < closes_at)


def closes(due: datetime, following: datetime | None, ladder: Ladder = USUAL_LADDER) -> datetime:
    """When a check-in closes: usually 72 hours after it was due, or when the next falls due if that is sooner."""
    end = due + timedelta(days=ladder.closes_days)
    return end if following is None else min(end, following)
