"""The sections of a dose calendar: the plan on the first pages, then one page per month, or per week in large print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plans.documents.calendar.context import CalendarContext
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
from plans.documents.calendar.months import Months, month_layout
from plans.documents.calendar.pieces_table import PiecesTable
from plans.documents.calendar.syringes import volumes_of_spans
from plans.documents.calendar.weeks import Weeks
from plans.documents.engine.section import Section
from plans.documents.readback.checks import Check
from plans.domain.documents.facts import CalendarFacts


def sections(context: CalendarContext) -> list[Section]:
    """The sections of one version. A plan with too much per day for month cells gets week pages.

    Raises DoesNotFit (nothing is ever clipped), UnprintableText (a clinic's text; a patient's name becomes "name as on
    record no. …"), NothingToShow, TooManyPieces.
    """
    months = None if context.facts.large else month_layout(context)
    # Syringes are above the foot of a month page if they fit, else before the calendar.
    fillings = 0 if months and months.strip else len(volumes_of_spans(context.spans_shown))
    front = LargeFront(context, fillings) if context.facts.large else FrontPages(context, fillings)
    if months is None:
        return [front, Weeks(context)]
    if not months.level.table:
        return [front, Months(context, months)]
    pieces = PiecesTable(context)
    return [front, Months(context, months, pieces), pieces]


_FIRST_PAGES = (check_table, check_contacts, check_purpose, check_ending, check_fillings)
READ_BACK: Final[Mapping[type[Section], tuple[Check[CalendarFacts], ...]]] = {
    Months: (check_days,),
    Weeks: (check_days,),
    FrontPages: _FIRST_PAGES,
    LargeFront: _FIRST_PAGES,
    PiecesTable: (check_days,),
}
"""The checks that read each section back, independent of its drawing."""
