"""The dose calendar as a PDF: the plan on the first pages, then a page a month. The same facts give the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from plans.documents.facts import LAYOUT_REVISION, CalendarFacts, DoesNotFit, UnprintableText
from plans.documents.first_page import FrontPages, plan_front
from plans.documents.layout import PageMap, month_pages
from plans.documents.month_pages import draw_footer_form, draw_month
from plans.documents.pen import Pen
from plans.documents.recipes import recipes
from plans.documents.sheet import Sheet
from plans.documents.step_table import steps_shown

Progress = Callable[[int, int], None]


def new_canvas(sheet: Sheet, buffer: BytesIO) -> Canvas:
    """A canvas without clock or chance; title and language say nothing of the patient or the drug."""
    canvas = Canvas(
        buffer,
        pagesize=(sheet.short, sheet.long),
        pageCompression=1,
        invariant=1,
        lang=sheet.facts.language,
    )
    canvas.setTitle(sheet.words.say("title"))
    canvas.setAuthor("")
    canvas.setSubject("")
    canvas.setCreator("Taperplan")
    return canvas


def draw_calendar(facts: CalendarFacts, progress: Progress | None = None) -> bytes:
    """The dose calendar of one version; `progress` is called with (pages drawn, pages in all).

    Raises DoesNotFit (nothing is ever clipped), UnprintableText (a clinic's text; a patient's name becomes "name as on
    record no. …"), NothingToShow, TooManyPieces.
    """
    sheet = Sheet(facts)
    pages = month_pages(sheet)
    if pages is None:
        raise DoesNotFit(what="day")
    front = plan_front(sheet, len(steps_shown(sheet)), recipes(sheet))
    page_of = {day.date: front.pages + 1 + n for n, month in enumerate(pages.months) for day in month.days}
    where = PageMap(page_of, front.pages + len(pages.months))
    tell = progress or (lambda _done, _all: None)
    buffer = BytesIO()
    canvas = new_canvas(sheet, buffer)
    upright = Pen(canvas, sheet.long)
    first = FrontPages(sheet, front, where)
    first.first(upright)
    canvas.showPage()
    tell(1, where.pages)
    for n in range(1, front.pages):
        first.more(upright, n)
        canvas.showPage()
        tell(n + 1, where.pages)
    lying = Pen(canvas, sheet.short)
    draw_footer_form(lying, sheet, pages)
    for n, month in enumerate(pages.months):
        canvas.setPageSize((sheet.long, sheet.short))
        draw_month(lying, sheet, pages, month, where, front.pages + 1 + n)
        canvas.showPage()
        tell(front.pages + 1 + n, where.pages)
    canvas.save()
    return buffer.getvalue()


__all__ = ["LAYOUT_REVISION", "CalendarFacts", "DoesNotFit", "UnprintableText", "draw_calendar"]
