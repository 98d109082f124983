"""How each kind of document is drawn and read back. What else a kind is stands in `plans.domain.documents.kinds`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plans.documents.calendar import document as calendar
from plans.documents.engine.context import DocumentContext
from plans.documents.engine.section import Progress, Section, render
from plans.documents.pharmacy import readback as pharmacy_readback
from plans.documents.pharmacy import sheet as pharmacy
from plans.documents.readback import checks
from plans.documents.readback.checks import Check, PdfDefect
from plans.documents.summary import readback as summary_readback
from plans.documents.summary import visit_summary as summary
from plans.domain.documents.facts import CalendarFacts
from plans.domain.documents.kinds import CALENDAR, PHARMACY, SUMMARY


@dataclass(frozen=True, slots=True)
class Drawing:
    """One kind: the sections it is drawn of, and the checks that read them back."""

    sections: Callable[[DocumentContext], list[Section]]
    checks: tuple[Check, ...]


DRAWINGS: Final[dict[str, Drawing]] = {
    CALENDAR.code: Drawing(calendar.sections, calendar.CHECKS),
    PHARMACY.code: Drawing(pharmacy.sections, pharmacy_readback.CHECKS),
    SUMMARY.code: Drawing(summary.sections, summary_readback.CHECKS),
}


def draw(facts: CalendarFacts, progress: Progress | None = None) -> bytes:
    """The document of some facts as a PDF. The same facts give the same bytes.

    Raises DoesNotFit, UnprintableText, NothingToShow, TooManyPieces.
    """
    context = DocumentContext(facts)
    return render(context, DRAWINGS[facts.kind].sections(context), progress)


def read_back(pdf: bytes, facts: CalendarFacts) -> tuple[PdfDefect, ...]:
    """Everything wrong with a finished document; empty means that it may be offered. Never raises on a damaged file."""
    return checks.read_back(pdf, facts, DRAWINGS[facts.kind].checks)
