"""Sections: a document is a list of them, and each knows its number of pages and draws them one at a time.

Sections are measured when they are created; then all page numbers are known, and only then is anything drawn:

    sections = [FirstPage(context), Months(context, months), DayList(context, lists)]
    pdf = render(context, sections, progress)

What a section prints is read back by checks in the module beside it, which share nothing with its drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from io import BytesIO
from typing import Protocol

from plans.documents.engine.canvas import Canvas, PdfCanvas
from plans.documents.engine.context import DocumentContext
from plans.domain.documents.facts import DoesNotFit

Progress = Callable[[int, int], None]


class Orientation(StrEnum):
    """The orientation of a page."""

    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"


class Section(Protocol):
    """Some pages of a document, measured when created: DoesNotFit is raised before anything is drawn."""

    orientation: Orientation = Orientation.PORTRAIT

    @property
    def pages(self) -> int:
        """How many pages the section takes."""

    def days(self, n: int) -> Sequence[date]:
        """The days whose doses are on the n-th of its pages (0 is the first)."""
        return ()

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Draw the n-th of its pages on a canvas as large as the page."""


@dataclass(frozen=True)
class PageMap:
    """The page numbers of sections and days. Pages are numbered from 1."""

    page_of: Mapping[date, int]
    pages: int
    firsts: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, sections: Iterable[Section]) -> PageMap:
        """The map of a whole document."""
        page_of: dict[date, int] = {}
        firsts: dict[int, int] = {}
        pages = 0
        for section in sections:
            firsts[id(section)] = pages + 1
            for n in range(section.pages):
                pages += 1
                page_of.update((day, pages) for day in section.days(n))
        return cls(page_of, pages, firsts)

    def first(self, section: Section | None) -> int:
        """The first page of a section; 0 for one that the document lacks."""
        return self.firsts.get(id(section), 0)

    def of_days(self, days: Iterable[date]) -> list[int]:
        """The pages of some days, in order."""
        return sorted({self.page_of[day] for day in days if day in self.page_of})


def render(context: DocumentContext, sections: Sequence[Section], progress: Progress | None = None) -> bytes:
    """Draw the PDF; `progress` is called with (pages drawn, pages in all). The same facts give the same bytes."""
    where = PageMap.of(sections)
    buffer = BytesIO()
    pdf = _new_pdf(context, buffer)
    number = 0
    for section in sections:
        size = (context.short, context.long)
        if section.orientation is Orientation.LANDSCAPE:
            size = (context.long, context.short)
        canvas = Canvas(pdf, size[1])
        for n in range(section.pages):
            number += 1
            pdf.setPageSize(size)
            section.draw(canvas, n, where)
            pdf.showPage()
            if progress is not None:
                progress(number, where.pages)
    pdf.save()
    return buffer.getvalue()


def _new_pdf(context: DocumentContext, buffer: BytesIO) -> PdfCanvas:
    """A PDF without timestamps or random ids; title and language reveal neither patient nor drug."""
    pdf = PdfCanvas(
        buffer,
        pagesize=(context.short, context.long),
        pageCompression=1,
        invariant=1,
        lang=context.facts.language,
    )
    pdf.setTitle(context.words.say("title"))
    pdf.setAuthor("")
    pdf.setSubject("")
    pdf.setCreator("Taperplan")
    return pdf


@dataclass(frozen=True)
class FlowPart:
    """One part of a flow: its height, how to draw it at a y, and its heading."""

    high: float
    draw: Callable[[Canvas, float], None]
    heading: FlowPart | None = None


class Flow(Section):
    """Parts that flow over as many portrait pages as they need; a heading is repeated on each page with its parts.

    A page's parts are between `top` and `under` points from its foot. Raises DoesNotFit for a part that is higher than
    a page.
    """

    def __init__(
        self, context: DocumentContext, parts: Iterable[FlowPart], *, top: float, under: float
    ) -> None:
        floor = context.long - under
        self._placed: list[list[tuple[float, FlowPart]]] = [[]]
        y, ruling = top, None
        for part in parts:
            heading = part.heading if part.heading is not ruling else None
            if y + part.high + (heading.high if heading else 0) > floor and self._placed[-1]:
                self._placed.append([])
                y, heading = top, part.heading
            if heading is not None:
                self._placed[-1].append((y, heading))
                y += heading.high
            ruling = part.heading
            if y + part.high > floor:
                raise DoesNotFit(what="row")
            self._placed[-1].append((y, part))
            y += part.high

    @property
    def pages(self) -> int:
        """As many as the parts need, at least one."""
        return len(self._placed)

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Head, parts and foot of one page."""
        self.head(canvas)
        for at, part in self._placed[n]:
            part.draw(canvas, at)
        self.foot(canvas, where.first(self) + n, where.pages)

    def head(self, canvas: Canvas) -> None:
        """Draw what is above the parts on every page."""

    def foot(self, canvas: Canvas, page: int, pages: int) -> None:
        """Draw what is below the parts on every page."""
