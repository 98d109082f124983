"""The calendar for a narrow screen: a line a day, each dose beside its time, so that nothing is moved sideways."""

from __future__ import annotations

from dataclasses import dataclass

from plans.web.parts.calendar import CalendarView, CellView, DayView


@dataclass(frozen=True, slots=True)
class Leaf:
    """One month: its name, and each day with its doses as (time of day, dose)."""

    name: str
    days: tuple[tuple[DayView, tuple[tuple[str, CellView], ...]], ...]
    totals: bool


def leaves_of(calendar: CalendarView) -> tuple[Leaf, ...]:
    """The months of a calendar; a time of day on which nothing is due is left out."""
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
