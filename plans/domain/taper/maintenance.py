"""A maintenance dose: how far its pages are printed, when the next pages follow, and when it is reviewed.

A plan that does not end at zero continues after its written steps. Whatever is printed, counted or offered for it needs
an end date; the periods here are this project's own choices, not a guideline's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from plans.domain.taper.schedule import Schedule, StepKind
from plans.domain.taper.weekdays import DAYS_A_WEEK

MONTHS_AHEAD: Final = 3
"""Pages reach to the end of this many months after the month they are drawn in.

Three sheets on the wall, with no month split between two drawings.
"""
NEXT_PAGES_DAYS: Final = 14
"""Days before the last printed one on which the next pages are drawn: time for a message and a visit."""
REVIEW_WEEKS: Final = 12
"""Weeks after which a maintenance dose is reviewed, unless the clinician chooses another day."""
LATEST_REVIEW_DAYS: Final = 366
"""A review date more than a year away is refused as a slip."""
_DAY: Final = timedelta(days=1)
_FRIDAY: Final = 4


def _stays(schedule: Schedule) -> bool:
    """Whether the plan's own last dose continues; during a hospital stay the ward decides what is taken."""
    return schedule.maintenance and schedule.steps[-1].kind is not StepKind.PAUSE


def goal_day(schedule: Schedule) -> date | None:
    """The first day on the maintenance dose; None for a plan that ends at zero or is paused in hospital."""
    if not _stays(schedule):
        return None
    first = schedule.steps[-1]
    for step in reversed(schedule.steps):
        if step.doses != first.doses:
            break
        first = step
    return first.start


def pages_until(schedule: Schedule, day: date) -> date | None:
    """The last day of pages drawn on `day`, covering all written steps. None if the plan has no maintenance dose."""
    if not _stays(schedule):
        return None
    first = day.replace(day=1)
    for _ in range(MONTHS_AHEAD + 1):
        first = (first + timedelta(days=31)).replace(day=1)
    return max(schedule.end, first - _DAY)


def next_pages_on(until: date) -> date:
    """The day on which the pages after `until` are drawn."""
    return until - timedelta(days=NEXT_PAGES_DAYS)


def fill_on(first: date, days: int, day: date) -> date:
    """The first fill on or after `day`, for fills of `days` days counted from `first`."""
    return first + timedelta(days=-(-max(0, (day - first).days) // days) * days)


def usual_review(goal: date, today: date, weeks: int = REVIEW_WEEKS) -> date:
    """The default review date, Monday to Friday: so many weeks after the dose is reached, never after a past day."""
    day = max(goal, today) + timedelta(weeks=weeks)
    return day + timedelta(days=7 - day.weekday() if day.weekday() > _FRIDAY else 0)


def opened(schedule: Schedule, day: date) -> Schedule:
    """The schedule to revise from `day` on: a maintenance dose is split there, the first part ending the day before.

    The days already spent on it do not count towards its step, which keeps the length it had.
    """
    last = schedule.steps[-1]
    if not schedule.maintenance or day <= schedule.end:
        return schedule
    anew = replace(last, n=last.n + 1, start=day, end=day + (last.days - 1) * _DAY)
    return replace(schedule, steps=(*schedule.through(day - _DAY).steps, anew))


def same_from(one: Schedule, other: Schedule, day: date) -> bool:
    """Whether both have the same doses, made of the same pieces, on every day from `day` on."""
    if one.maintenance != other.maintenance:
        return False
    last = max(one.end, other.end, day) + _DAY
    if one.weekly or other.weekly:
        edges = {day + n * _DAY for n in range((last - day).days + DAYS_A_WEEK)}
    else:
        edges = {day, last, *(step.start for step in (*one, *other) if day < step.start)}
    return all(same_on(one, other, edge) for edge in edges)


def same_on(one: Schedule, other: Schedule, day: date) -> bool:
    """Whether both have the same doses, made of the same pieces, on a day."""
    mine, theirs = one.step_on(day), other.step_on(day)
    return (mine.doses if mine else ()) == (theirs.doses if theirs else ())


def shortest_interval(schedule: Schedule, day: date) -> int:
    """The fewest days between two changes still to come from `day` on; 0 if there are not two.

    Holds and the maintenance dose are left out, since slowing down does not change them.
    """
    steps = [step for step in schedule.steps if step.end >= day and not schedule.held(step)]
    return min((step.days for step in steps[:-1]), default=0)
