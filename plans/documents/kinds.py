"""The kinds of documents: how each is drawn, and how it is read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plans.documents.calendar.document import draw_calendar
from plans.documents.engine.flow import Progress
from plans.documents.pharmacy.sheet import draw_pharmacy_sheet
from plans.documents.readback.calendar import read_back
from plans.documents.readback.defects import PdfDefect
from plans.documents.readback.pharmacy import read_back_pharmacy
from plans.documents.readback.summary import read_back_summary
from plans.documents.summary.visit_summary import draw_visit_summary
from plans.domain.documents.facts import CalendarFacts


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: `draw` gives the PDF, `check` everything that is wrong with it."""

    draw: Callable[[CalendarFacts, Progress | None], bytes]
    check: Callable[[bytes, CalendarFacts], tuple[PdfDefect, ...]]


KINDS: Final[dict[str, Kind]] = {
    "calendar": Kind(draw_calendar, read_back),
    "pharmacy": Kind(draw_pharmacy_sheet, read_back_pharmacy),
    "summary": Kind(draw_visit_summary, read_back_summary),
}
