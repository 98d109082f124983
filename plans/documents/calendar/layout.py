"""Decides, before anything is drawn, how a calendar is set: which months share a page, at which size, and on which
page every day stands. Page numbers are known from here on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plans.documents.calendar.cells import CellPen, Look, distinct
from plans.documents.calendar.syringes import A_ROW, volumes
from plans.documents.engine.context import DocumentContext, block
from plans.documents.engine.styles import (
    GRID_FOOT,
    GRID_TOP,
    LEVELS,
    MONTH_MARGIN,
    QUIET_PAD,
    QUIET_SIZES,
    SIX_WEEKS_FOOT,
    SIX_WEEKS_TOP,
    SYRINGE_STRIP,
    Level,
)
from plans.domain.documents.calendar import Day, Month, QuietWhy
from plans.domain.documents.facts import DoesNotFit


@dataclass(frozen=True)
class MonthPages:
    """The months and the one level of all their cells; `strip` is how high the syringes above the footer are."""

    months: tuple[Month, ...]
    level: Level
    strip: float

    def row(self, context: DocumentContext, month: Month) -> float:
        """Height of a week's row: five weeks fill the page, a sixth makes all rows of that page lower."""
        more = SIX_WEEKS_TOP + SIX_WEEKS_FOOT if len(month.weeks) > 5 else 0.0
        return (context.short - GRID_TOP - GRID_FOOT - self.strip + more) / max(5, len(month.weeks))

    @staticmethod
    def top(month: Month) -> float:
        """Where the grid begins."""
        return GRID_TOP - (SIX_WEEKS_TOP if len(month.weeks) > 5 else 0.0)


def column(context: DocumentContext) -> float:
    """Width of a day."""
    return (context.long - 2 * MONTH_MARGIN) / 7


def month_name(context: DocumentContext, month: Month, day: Day) -> str:
    """The name of the month a joined day belongs to; empty for days of the page's own month."""
    return "" if day.date.month == month.month else context.words.months[day.date.month - 1]


def month_pages(context: DocumentContext) -> MonthPages | None:
    """The months at the first level that holds every cell and what comes after them, or None when even the smallest
    does not: then the calendar goes a week a page."""
    wide = column(context)
    strip = SYRINGE_STRIP if context.liquids else 0.0
    for join in (True, False):
        months = context.months(join_short=join)
        if any(len(volumes(month)) > A_ROW for month in months):
            strip = 0.0
        for level in LEVELS:
            pages = MonthPages(months, level, strip)
            if _all_fit(context, pages, wide) and _ending_fits(context, pages, wide):
                return pages
    return None


def _all_fit(context: DocumentContext, pages: MonthPages, wide: float) -> bool:
    tried: set[tuple[float, Look]] = set()
    for month in pages.months:
        row = pages.row(context, month)
        canvas = CellPen(context, pages.level, wide, row)
        cells = {key: cell for key, cell in distinct(month.days).items() if (row, key) not in tried}
        tried.update((row, key) for key in cells)
        if not all(canvas.fits(cell) for cell in cells.values()):
            return False
        # Without a marker or a month's name a date has room at every size.
        told = [day for day in month.days if day.marks or day.date.month != month.month]
        if not all(canvas.date_fits(day, month=month_name(context, month, day)) for day in told):
            return False
    return True


def _ending_fits(context: DocumentContext, pages: MonthPages, wide: float) -> bool:
    """Whether what comes after the plan has room in a stretch of days after its last one."""
    if not context.after_last_day:
        return True
    month = pages.months[-1]
    room, floor = QUIET_PAD
    stretches = {quiet.days for week in month.weeks for quiet in week.quiets if quiet.why is QuietWhy.AFTER}
    try:
        block(
            context.after_last_day,
            QUIET_SIZES,
            wide * max(stretches, default=0) - room,
            pages.row(context, month) - floor,
            "after_last_day",
            bold=True,
        )
    except DoesNotFit:
        return False
    return True


def pages_text(context: DocumentContext, pages: list[int]) -> str:
    """ "page 2", "pages 2, 3", "pages 2 to 5"."""
    if not pages:
        return ""
    if len(pages) == 1:
        return context.words.say("one_page", page=pages[0])
    key = "two_pages" if len(pages) == 2 else "many_pages"
    return context.words.say(key, first=pages[0], last=pages[-1])


@dataclass(frozen=True)
class PageMap:
    """Where each shown day stands, and how many pages there are."""

    page_of: dict[date, int]
    pages: int
    table_page: int = 0

    def of_step(self, days: list[date]) -> list[int]:
        """The pages on which some days stand, in order."""
        return sorted({self.page_of[day] for day in days if day in self.page_of})
