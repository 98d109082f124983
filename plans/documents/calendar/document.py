"""The dose calendar as a PDF: the plan on the first pages, then a page a month. The same facts give the same bytes."""

from __future__ import annotations

from io import BytesIO

from plans.documents.calendar.front import FrontPages, plan_front
from plans.documents.calendar.large_front import LargeFront
from plans.documents.calendar.layout import PageMap, month_pages
from plans.documents.calendar.month_pages import draw_footer_form, draw_month
from plans.documents.calendar.pieces_table import PiecesTable
from plans.documents.calendar.recipes import recipes
from plans.documents.calendar.step_table import steps_shown
from plans.documents.calendar.syringes import volumes_of_steps
from plans.documents.calendar.week_pages import define_week_footer, draw_week, week_pages
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, new_canvas
from plans.documents.engine.flow import Progress
from plans.documents.pharmacy.sheet import draw_pharmacy_sheet
from plans.domain.documents.facts import LAYOUT_REVISION, CalendarFacts, DoesNotFit, UnprintableText


def draw_calendar(facts: CalendarFacts, progress: Progress | None = None) -> bytes:
    """The dose calendar of one version; `progress` is called with (pages drawn, pages in all).

    Raises DoesNotFit (nothing is ever clipped), UnprintableText (a clinic's text; a patient's name becomes "name as on
    record no. …"), NothingToShow, TooManyPieces.
    """
    context = DocumentContext(facts)
    months = None if facts.large else month_pages(context)
    weeks = week_pages(context) if months is None else []
    steps = steps_shown(context)
    apart = volumes_of_steps(steps) if months is None or not months.strip else ()
    front = (
        LargeFront(context, len(steps), len(apart))
        if facts.large
        else plan_front(context, len(steps), recipes(context), len(apart))
    )
    days = [month.days for month in months.months] if months else [week.days for week in weeks]
    page_of = {day.date: front.pages + 1 + n for n, page in enumerate(days) for day in page}
    table = PiecesTable(context, steps) if months and months.level.table else None
    last = front.pages + len(days)
    where = PageMap(page_of, last + (table.pages if table else 0), last + 1 if table else 0)
    tell = progress or (lambda _done, _all: None)
    buffer = BytesIO()
    pdf = new_canvas(context, buffer)
    portrait, landscape = Canvas(pdf, context.long), Canvas(pdf, context.short)
    small = None if isinstance(front, LargeFront) else FrontPages(context, front, where)
    for n in range(front.pages):
        if isinstance(front, LargeFront):
            front.draw(portrait, n, where)
        elif small:
            small.draw(portrait, n)
        pdf.showPage()
        tell(n + 1, where.pages)
    if months:
        draw_footer_form(landscape, context, months)
    else:
        define_week_footer(portrait, context)
    for n in range(len(days)):
        number = front.pages + 1 + n
        if months:
            pdf.setPageSize((context.long, context.short))
            draw_month(landscape, context, months, months.months[n], where, number)
        else:
            draw_week(portrait, context, weeks[n], number, where.pages, ends=n == len(weeks) - 1)
        pdf.showPage()
        tell(number, where.pages)
    for n in range(table.pages if table else 0):
        if table:
            pdf.setPageSize((context.short, context.long))
            table.draw(portrait, n, last + n + 1, where.pages)
        pdf.showPage()
        tell(last + n + 1, where.pages)
    pdf.save()
    return buffer.getvalue()


__all__ = [
    "LAYOUT_REVISION",
    "CalendarFacts",
    "DoesNotFit",
    "UnprintableText",
    "draw_calendar",
    "draw_pharmacy_sheet",
]
