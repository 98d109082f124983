"""Measures of the pharmacy sheet, in normal and in large print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plans.documents.engine.context import DocumentContext
from plans.documents.engine.styles import LARGE_MARGIN, PAGE_MARGIN


@dataclass(frozen=True, slots=True)
class SheetSizes:
    """Points: margin, sizes of text, of headings over columns and of titles, leads of both, where dates begin, the
    least height of a step's row, and the box of a fill with the line beside it. `columns`: units may stand in columns
    and directions beside their dates."""

    margin: float
    body: float
    head: float
    title: float
    lead: float
    head_lead: float
    dates_x: float
    row_least: float
    fill_row: float
    box: float
    given_wide: float
    columns: bool

    def notes(self) -> tuple[float, ...]:
        """Sizes of a note under a table."""
        return (8.5, 8, 7.5) if self.columns else (min(16.0, self.body), 15, 14)

    def wide(self, context: DocumentContext) -> float:
        """From margin to margin."""
        return context.short - 2 * self.margin


NORMAL: Final = SheetSizes(PAGE_MARGIN, 9.3, 8.5, 13, 11.2, 10.2, 30, 25, 17.2, 11, 92, True)
# 18 points where the longest date and dose have room beside each other, never under 14.
LARGE: Final = tuple(
    SheetSizes(
        LARGE_MARGIN,
        body,
        max(14.0, body - 2),
        22,
        body * 1.25,
        body * 1.2,
        56,
        30,
        body * 1.75,
        20,
        132,
        False,
    )
    for body in (18.0, 16.0, 15.0, 14.0)
)
