"""How each kind of document is drawn and read back. The rest of a kind's spec is in `plans.domain.documents.kinds`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from plans.documents.calendar import document as calendar
from plans.documents.calendar.context import CalendarContext
from plans.documents.engine.context import DocumentContext
from plans.documents.engine.section import Progress, Section, render
from plans.documents.pharmacy import readback as pharmacy_readback
from plans.documents.pharmacy import sheet as pharmacy
from plans.documents.pharmacy.context import PharmacyContext
from plans.documents.readback import checks
from plans.documents.readback.checks import Check, PdfDefect
from plans.documents.summary import readback as summary_readback
from plans.documents.summary import visit_summary as summary
from plans.domain.documents.facts import CalendarFacts, DocumentFacts, PharmacyFacts, SummaryFacts

F = TypeVar("F", bound=DocumentFacts)
C = TypeVar("C", bound=DocumentContext)


@dataclass(frozen=True, slots=True)
class Drawing(Generic[F, C]):
    """The drawing of one kind: its facts, its context, its sections, and the checks that read each back."""

    facts: type[F]
    context: Callable[[F], C]
    sections: Callable[[C], list[Section]]
    read_back: Mapping[type[Section], tuple[Check[F], ...]]

    @property
    def checks(self) -> tuple[Check[F], ...]:
        """The checks that read such a document back, each once."""
        return tuple(dict.fromkeys(check for checks in self.read_back.values() for check in checks))


_SHEETS: Final[Mapping[type[Section], tuple[Check[PharmacyFacts], ...]]] = {
    pharmacy.Sheet: (pharmacy_readback.check_sheet,),
    pharmacy.LargeSheet: (pharmacy_readback.check_sheet,),
}
_TABLES: Final[Mapping[type[Section], tuple[Check[SummaryFacts], ...]]] = {
    summary.Tables: (summary_readback.check_heads, summary_readback.check_cells)
}
# Any: each has its own facts and context.
_ALL: Final[tuple[Drawing[Any, Any], ...]] = (
    Drawing(CalendarFacts, CalendarContext, calendar.sections, calendar.READ_BACK),
    Drawing(PharmacyFacts, PharmacyContext, pharmacy.sections, _SHEETS),
    Drawing(SummaryFacts, summary.SummaryContext, summary.sections, _TABLES),
)
DRAWINGS: Final = {drawing.facts.kind: drawing for drawing in _ALL}


def draw(facts: DocumentFacts, progress: Progress | None = None) -> bytes:
    """Draw the document of some facts as a PDF. The same facts give the same bytes.

    Raises DoesNotFit, UnprintableText, NothingToShow, TooManyPieces.
    """
    drawing = DRAWINGS[facts.kind]
    context = drawing.context(facts)
    return render(context, drawing.sections(context), progress)


def read_back(pdf: bytes, facts: DocumentFacts) -> tuple[PdfDefect, ...]:
    """Every defect of a finished document; without any it may be offered. Never raises on a damaged file."""
    return checks.read_back(pdf, facts, DRAWINGS[facts.kind].checks)
