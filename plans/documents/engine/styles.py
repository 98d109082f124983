"""Measures of the printed pages, in points: paper sizes, the grid, and the size levels of day cells.

The first level at which every cell of a month fits is used for that month; nothing is set below the last one, so no
words are smaller than 7.5 points.
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
)
# Texts in days without doses: another page, what comes after the plan.
QUIET_SIZES: Final = (11.0, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5)
QUIET_PAD: Final = (12.0, 10.0)
LETTER_HOLD_MARKER: Final = 7.5
# Liquids: the volume is what one measures, so it is the largest; milligrams are under it.
VOLUME_SIZE: Final = {"a4": 13.5, "letter": 12.5}
