"""The sections of a dose calendar: the plan on the first pages, then each month in the form that its days need."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Final

from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.day_list import DayList, ListPage, days_by_month, list_pages
from plans.documents.calendar.days_readback import check_days
from plans.documents.calendar.front import FrontPages
from plans.documents.calendar.front_readback import (
    check_contacts,
    check_ending,
    check_fillings,
    check_purpose,
    check_table,
)
from plans.documents.calendar.large_front import LargeFront
from plans.documents.calendar.months import MonthPage, Months, month_page
from plans.documents.calendar.strip_readback import check_strips
from plans.documents.engine.section import Section
from plans.documents.readback.checks import Check
from plans.domain.documents.calendar import Month
from plans.domain.documents.facts import CalendarFacts


def sections(context: CalendarContext) -> list[Section]:
    """The sections of one version. Each month is a grid if its days fit in cells, else a list of days.

    Raises DoesNotFit (nothing is ever clipped), UnprintableText (a clinic's text; a patient's name becomes "name as on
    record no. …"), NothingToShow, TooManyPieces.
    """
    front = LargeFront(context) if context.facts.large else FrontPages(context)
    return [front, *_days(context)]


def _days(context: CalendarContext) -> list[Section]:
    """The sections that carry the days, a short first or last month joined to its neighbour if that saves a page."""
    joined, apart = (
        [_pages(context, month) for month in context.months(join_short=join)] for join in (True, False)
    )
    chosen = joined if sum(map(len, joined)) <= sum(map(len, apart)) else apart
    found: list[Section] = []
    pages = [page for month in chosen for page in month]
    for grid, some in groupby(pages, key=lambda page: isinstance(page, MonthPage)):
        alike = list(some)
        if grid:
            months = [page for page in alike if isinstance(page, MonthPage)]
            found.append(Months(context, months, len(found)))
        else:
            lists = [page for page in alike if isinstance(page, ListPage)]
            found.append(DayList(context, lists, len(found)))
    return found


def _pages(context: CalendarContext, month: Month) -> list[MonthPage | ListPage]:
    grid = month_page(context, month)
    if grid is not None:
        return [grid]
    months = list(days_by_month(month.days))
    joined = list_pages(context, month.days) if len(months) > 1 else []
    return [*joined] if len(joined) == 1 else [page for days in months for page in list_pages(context, days)]


_FIRST_PAGES = (check_table, check_contacts, check_purpose, check_ending, check_fillings)
READ_BACK: Final[Mapping[type[Section], tuple[Check[CalendarFacts], ...]]] = {
    Months: (check_days,),
    DayList: (check_days, check_strips),
    FrontPages: _FIRST_PAGES,
    LargeFront: _FIRST_PAGES,
}
"""The checks that read each section back, independent of its drawing."""
