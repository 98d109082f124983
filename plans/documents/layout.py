"""Decides, before anything is drawn, how a calendar is set: which months share a page, at which size, and on which
page every day stands. Page numbers are known from here on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plans.documents.cells import CellPen, Look, distinct
from plans.documents.facts import DoesNotFit
from plans.documents.sheet import Sheet, block
from plans.documents.styles import (
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
from plans.documents.syringes import A_ROW, volumes
from plans.domain.calendar import Day, Month, QuietWhy


@dataclass(frozen=True)
class MonthPages:
    """The months and the one level of all their cells; `strip` is how high the syringes above the footer are."""

    months: tuple[Month, ...]
    level: Level
    strip: float

    def row(self, sheet: Sheet, month: Month) -> float:
        """Height of a week's row: five weeks fill the page, a sixth makes all rows of that page lower."""
        more = SIX_WEEKS_TOP + SIX_WEEKS_FOOT if len(month.weeks) > 5 else 0.0
        return (sheet.short - GRID_TOP - GRID_FOOT - self.strip + more) / max(5, len(month.weeks))

    @staticmethod
    def top(month: Month) -> float:
        """Where the grid begins."""
        return GRID_TOP - (SIX_WEEKS_TOP if len(month.weeks) > 5 else 0.0)


def column(sheet: Sheet) -> float:
    """Width of a day."""
    return (sheet.long - 2 * MONTH_MARGIN) / 7


def month_name(sheet: Sheet, month: Month, day: Day) -> str:
    """The name of the month a joined day belongs to; empty for days of the page's own month."""
    return "" if day.date.month == month.month else sheet.words.months[day.date.month - 1]


def month_pages(sheet: Sheet) -> MonthPages | None:
    """The months at the first level that holds every cell and what comes after them, or None when even the smallest
    does not: then the calendar goes a week a page."""
    wide = column(sheet)
    strip = SYRINGE_STRIP if sheet.liquids else 0.0
    for join in (True, False):
        months = sheet.months(join_short=join)
        if any(len(volumes(month)) > A_ROW for month in months):
            strip = 0.0
        for level in LEVELS:
            pages = MonthPages(months, level, strip)
            if _all_fit(sheet, pages, wide) and _ending_fits(sheet, pages, wide):
                return pages
    return None


def _all_fit(sheet: Sheet, pages: MonthPages, wide: float) -> bool:
    tried: set[tuple[float, Look]] = set()
    for month in pages.months:
        row = pages.row(sheet, month)
        pen = CellPen(sheet, pages.level, wide, row)
        cells = {key: cell for key, cell in distinct(month.days).items() if (row, key) not in tried}
        tried.update((row, key) for key in cells)
        if not all(pen.fits(cell) for cell in cells.values()):
            return False
        # Without a tab or a month's name a date has room at every size.
        told = [day for day in month.days if day.marks or day.date.month != month.month]
        if not all(pen.date_fits(day, month=month_name(sheet, month, day)) for day in told):
            return False
    return True


def _ending_fits(sheet: Sheet, pages: MonthPages, wide: float) -> bool:
    """Whether what comes after the plan has room in a stretch of days after its last one."""
    if not sheet.after_last_day:
        return True
    month = pages.months[-1]
    room, floor = QUIET_PAD
    stretches = {quiet.days for week in month.weeks for quiet in week.quiets if quiet.why is QuietWhy.AFTER}
    try:
        block(
            sheet.after_last_day,
            QUIET_SIZES,
            wide * max(stretches, default=0) - room,
            pages.row(sheet, month) - floor,
            "after_last_day",
            bold=True,
        )
    except DoesNotFit:
        return False
    return True


def pages_text(sheet: Sheet, pages: list[int]) -> str:
    """ "page 2", "pages 2, 3", "pages 2 to 5"."""
    if not pages:
        return ""
    if len(pages) == 1:
        return sheet.words.say("one_page", page=pages[0])
    key = "two_pages" if len(pages) == 2 else "many_pages"
    return sheet.words.say(key, first=pages[0], last=pages[-1])


@dataclass(frozen=True)
class PageMap:
    """Where each shown day stands, and how many pages there are."""

    page_of: dict[date, int]
    pages: int
    table_page: int = 0

    def of_step(self, days: list[date]) -> list[int]:
        """The pages on which some days stand, in order."""
        return sorted({self.page_of[day] for day in days if day in self.page_of})
