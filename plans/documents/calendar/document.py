"""What a dose calendar is made of: the plan on the first pages, then a page a month, or a week in large print."""

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
from plans.documents.calendar.syringes import volumes_of_steps
from plans.documents.calendar.weeks import Weeks
from plans.documents.engine.section import Section
from plans.documents.readback.checks import Check
from plans.domain.documents.facts import CalendarFacts


def sections(context: CalendarContext) -> list[Section]:
    """The pages of one version. A plan whose days hold too much for a month's cells goes by weeks.

    Raises DoesNotFit (nothing is ever clipped), UnprintableText (a clinic's text; a patient's name becomes "name as on
    record no. …"), NothingToShow, TooManyPieces.
    """
    months = None if context.facts.large else month_layout(context)
    # Syringes stand over the foot of a month where they have room, else before the calendar.
    fillings = 0 if months and months.strip else len(volumes_of_steps(context.steps_shown))
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
"""What reads each section back, written apart from what draws it."""
