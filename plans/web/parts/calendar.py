"""The calendar on a page: a table for each month and a row for each day, readable on a phone and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from plans.domain.amounts import Dose
from plans.domain.documents.calendar import Day, Entry, NothingToShow, Slot, months, slots
from plans.domain.documents.words import Words
from plans.domain.taper.schedule import Schedule
from plans.services.drawing import SUNDAY_FIRST
from plans.wording.documents import calendar_words
from plans.wording.drugs import drug_words
from plans.wording.first_page import piece_text


@dataclass(frozen=True, slots=True)
class CellView:
    """One time of day: the dose, the pieces in words, and whether it changed that day."""

    dose: str
    pieces: tuple[str, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """One day: its name, its marks in words, a cell for each column. `week` heads the first day of a week."""

    date: date
    name: str
    marks: tuple[str, ...]
    cells: tuple[CellView | None, ...]
    total: str
    week: str


@dataclass(frozen=True, slots=True)
class MonthView:
    """One month; `columns` are the times of day taken in it."""

    name: str
    columns: tuple[str, ...]
    days: tuple[DayView, ...]

    @property
    def width(self) -> int:
        """How many columns the table has."""
        return 1 + len(self.columns) + bool(self.days[0].total)


@dataclass(frozen=True, slots=True)
class CalendarView:
    """What `parts/calendar.html` shows. `months` is empty when every day has passed."""

    months: tuple[MonthView, ...]
    last_day: date | None


def calendar_context(
    schedule: Schedule, *, made_on: date, country: str, visits: Sequence[date] = ()
) -> CalendarView:
    """The calendar of a schedule in the active language; `country` decides on which day its weeks begin."""
    words = calendar_words(get_language() or "en")
    schedule = schedule.as_of(made_on)
    several = len(schedule.drugs) > 1
    week_starts = 6 if country in SUNDAY_FIRST else 0
    columns = slots(schedule)
    try:
        found = months(schedule, made_on=made_on, follow_up=visits, join_short=False)
    except NothingToShow:
        return CalendarView((), None)
    views = []
    for month in found:
        used = [slot for slot in columns if any(_entry(day, slot) is not None for day in month.days)]
        views.append(
            MonthView(
                name=words.month(month.year, month.month),
                columns=tuple(_column(slot, words, several=several) for slot in used),
                days=tuple(
                    _day(schedule, day, used, words, heads=n == 0 or day.date.weekday() == week_starts)
                    for n, day in enumerate(month.days)
                ),
            )
        )
    return CalendarView(tuple(views), found[-1].days[-1].date)


def _column(slot: Slot, words: Words, *, several: bool) -> str:
    name = words.time(slot.time)
    return f"{name}, {drug_words(slot.drug)}" if several else name


def _entry(day: Day, slot: Slot) -> Entry | None:
    return next((entry for entry in day.entries if entry.slot == slot), None)


def _day(schedule: Schedule, day: Day, used: list[Slot], words: Words, *, heads: bool) -> DayView:
    cells, several = [], len(schedule.drugs) > 1
    for slot in used:
        entry = _entry(day, slot)
        cells.append(None if entry is None else _cell(schedule, entry, words))
    # Milligrams of two drugs do not add up.
    total = "" if several else words.mg(Dose(sum(entry.dose.units for entry in day.entries)))
    return DayView(
        date=day.date,
        name=date_format(day.date, "D j M"),
        marks=(
            *(words.say(mark.value) for mark in day.marks),
            *([words.say("visit")] if day.follow_up else []),
        ),
        cells=tuple(cells),
        total=total,
        week=gettext("From {day}").format(day=words.day(day.date)) if heads else "",
    )


def _cell(schedule: Schedule, entry: Entry, words: Words) -> CellView:
    if not entry.dose:
        return CellView(words.say("no_dose"), (), entry.changed)
    pieces = tuple(piece_text(schedule, words, piece) for piece in entry.pieces)
    return CellView(words.mg(entry.dose), pieces, entry.changed)
