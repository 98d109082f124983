"""Measures of the printed pages, in points: paper sizes, the grid, and the size levels of day cells.

The first level at which every cell fits is used for the whole document; nothing is set below the last one, so no words
are smaller than 7.5 points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

A4: Final = (595.3, 841.9)
LETTER: Final = (612.0, 792.0)
PAPER_SIZES: Final = {"a4": A4, "letter": LETTER}

# Month pages are landscape; the first page and the pharmacy sheet are portrait.
MONTH_MARGIN: Final = 26.0
GRID_TOP: Final = 86.0
GRID_FOOT: Final = 90.0
# A sixth week takes this much space from above and below the grid, so that two pieces at two times still fit.
SIX_WEEKS_TOP: Final = 4.0
SIX_WEEKS_FOOT: Final = 6.5
FOOTER_HIGH: Final = 58.0
PAGE_MARGIN: Final = 36.0
LARGE_MARGIN: Final = 28.0
INSET: Final = 4.5
# Space kept free at the right of a cell, so that no line touches the next one.
CELL_RIGHT: Final = 2.4
SYRINGE_STRIP: Final = 60.0


@dataclass(frozen=True, slots=True)
class SizeRung:
    """One size level: text sizes, leads, and the heights of the date row and of a time row."""

    date: float
    time: float
    dose: float
    piece: float
    lead: float
    box: float
    date_row: float
    time_row: float
    marker: float = 9.0
    hold_marker: float = 8.2
    foot: float = 5.0
    # Table form: cells keep boxes, times and milligrams; the pieces are in a table on its own page.
    table: bool = False

    @property
    def words(self) -> float:
        """Where words under a box begin, from the inset."""
        return self.box + 6.3

    @property
    def after_box(self) -> float:
        """Where the time of day begins, from the inset."""
        return self.box + 3.7


LEVELS: Final = (
    SizeRung(16, 9, 12, 9, 10.7, 11.5, 16.5, 13),
    SizeRung(15, 8.5, 11, 8.5, 9.8, 11, 15.5, 12.4),
    SizeRung(13.5, 8.5, 11, 8, 8.9, 10.5, 13.5, 11.8),
    SizeRung(13, 8, 10.5, 7.5, 8.3, 10, 13, 11, foot=3.3),
    SizeRung(13, 9, 11.5, 8, 8.3, 10.5, 14, 13, foot=3.3, table=True),
)
# Texts in days without doses: another page, what comes after the plan.
QUIET_SIZES: Final = (11.0, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5)
QUIET_PAD: Final = (12.0, 10.0)
LETTER_HOLD_MARKER: Final = 7.5
# Liquids: the volume is what one measures, so it is the largest; milligrams are under it.
VOLUME_SIZE: Final = {"a4": 13.5, "letter": 12.5}


@dataclass(frozen=True, slots=True)
class WeekLevel:
    """Sizes of a week page: large print, and plans whose month cells do not fit."""

    dose: float
    words: float
    box: float
    day: float
    days: int
    leading: float = 1.27

    @property
    def lead(self) -> float:
        """The distance between lines."""
        return self.words * self.leading


# Never under 14 points. A day that needs more than a page is set closer before it is refused.
LARGE_LEVELS: Final = (
    *(
        WeekLevel(dose, words, box, day, days)
        for days in (7, 4, 3, 2, 1)
        for dose, words, box, day in ((21, 18, 20, 27), (19, 16, 18, 24), (17, 14, 16, 21))
    ),
    *(WeekLevel(17, 14, 16, 21, 1, leading) for leading in (1.19, 1.11)),
)
# With less than a week per page there is room for larger type.
WEEK_LEVELS: Final = (
    *(WeekLevel(dose, words, 13, 20, 7) for dose, words in ((15, 12), (14, 11))),
    *(
        WeekLevel(dose, words, box, 20, days)
        for days in (4, 3, 2, 1)
        for dose, words, box in ((18, 15, 16), (16, 13.5, 15), (15, 12, 13), (14, 11, 13))
    ),
)
