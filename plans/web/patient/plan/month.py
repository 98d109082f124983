"""The current month as a grid: past days with their ticks, and days on which the dose changes."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from plans.domain.regimen import DayDose
from plans.domain.taper.schedule import Schedule
from plans.services import dose_marks
from plans.services.drawing import SUNDAY_FIRST
from plans.services.patient_pages import PatientPlan
from plans.web.parts.calendar import CalendarView, CellView, DayView


@dataclass(frozen=True, slots=True)
class Leaf:
    """One month: its name, and each day with its doses as (time of day, dose)."""

    name: str
    days: tuple[tuple[DayView, tuple[tuple[str, CellView], ...]], ...]
    totals: bool


_SUNDAY: Final = 6


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day of the grid; `day` is 0 outside the month. `mark`: planned, other, or "" where nothing was ticked."""

    day: int
    css: str = ""
    mark: str = ""
    change: bool = False
    spoken: str = ""

    @property
    def icon(self) -> str:
        """The sign beside the day: its tick, or else that the dose changes."""
        return {"planned": "done", "other": "routine"}.get(self.mark) or ("down" if self.change else "")


@dataclass(frozen=True, slots=True)
class MonthGrid:
    """A month: its first day (for the name), short and long weekday names, and its weeks."""

    first: date
    weekdays: tuple[tuple[str, str], ...]
    weeks: tuple[tuple[DayCell, ...], ...]
    marked: bool


def month_of(plan: PatientPlan) -> MonthGrid | None:
    """The current month in the patient's time zone; None before the plan begins and after it has ended."""
    if plan.today is None:
        return None
    first = plan.day.replace(day=1)
    starts = _SUNDAY if plan.holder.country in SUNDAY_FIRST else 0
    weeks = calendar.Calendar(starts).monthdatescalendar(first.year, first.month)
    marks = dose_marks.days_marked(plan.plan_id, plan.schedule, weeks[0][0], plan.day)
    changes = _changes(plan.schedule)
    order = [(starts + n) % 7 for n in range(7)]
    return MonthGrid(
        first=first,
        weekdays=tuple((str(WEEKDAYS_ABBR[day]), str(WEEKDAYS[day])) for day in order),
        weeks=tuple(tuple(_cell(day, first, plan.day, marks, changes) for day in week) for week in weeks),
        marked=bool(marks),
    )


def _cell(
    day: date,
    first: date,
    today: date,
    marks: Mapping[date, str],
    changes: Mapping[date, tuple[DayDose, DayDose]],
) -> DayCell:
    if day.month != first.month:
        return DayCell(0, "out")
    mark, change = marks.get(day, ""), day in changes
    spoken = [
        _("today") if day == today else "",
        _change_words(changes[day]) if change else "",
        {"planned": _("taken"), "other": _("something else taken")}.get(mark, ""),
    ]
    css = " ".join(name for name, wanted in (("change", change), ("today", day == today)) if wanted)
    return DayCell(day.day, css, mark, change, ", ".join(part for part in spoken if part))


def _change_words(change: tuple[DayDose, DayDose]) -> str:
    """Whether the dose goes down or up; for several drugs, only if none goes the other way."""
    before, after = change
    falls, rises = before.more_than(after), after.more_than(before)
    if bool(falls) is bool(rises):
        return _("dose changes")
    return _("dose goes down") if falls else _("dose goes up")


def _changes(schedule: Schedule) -> dict[date, tuple[DayDose, DayDose]]:
    """The days on which the dose of any drug changes: what is taken before and after."""
    pairs = zip(schedule.steps, schedule.steps[1:], strict=False)
    return {step.start: (before.day, step.day) for before, step in pairs if schedule.changes(step)}


def leaves_of(calendar: CalendarView) -> tuple[Leaf, ...]:
    """The months of a calendar; times of day without a dose are left out."""
    return tuple(
        Leaf(
            name=month.name,
            days=tuple(
                (
                    day,
                    tuple(
                        (time, cell)
                        for time, cell in zip(month.columns, day.cells, strict=True)
                        if cell is not None
                    ),
                )
                for day in month.days
            ),
            totals=bool(month.days[0].total),
        )
        for month in calendar.months
    )
