"""The dose calendar as a PDF: the plan on the first pages, then a page a month. The same facts give the same bytes."""

from __future__ import annotations

from io import BytesIO

from plans.documents.facts import LAYOUT_REVISION, CalendarFacts, DoesNotFit, UnprintableText
from plans.documents.first_page import FrontPages, plan_front
from plans.documents.flow import Progress
from plans.documents.large_front import LargeFront
from plans.documents.layout import PageMap, month_pages
from plans.documents.month_pages import draw_footer_form, draw_month
from plans.documents.pen import Pen
from plans.documents.pharmacy_sheet import draw_pharmacy_sheet
from plans.documents.pieces_table import PiecesTable
from plans.documents.recipes import recipes
from plans.documents.sheet import Sheet, new_canvas
from plans.documents.step_table import steps_shown
from plans.documents.syringes import volumes_of_steps
from plans.documents.week_pages import define_week_footer, draw_week, week_pages


def draw_calendar(facts: CalendarFacts, progress: Progress | None = None) -> bytes:
    """The dose calendar of one version; `progress` is called with (pages drawn, pages in all).

    Raises DoesNotFit (nothing is ever clipped), UnprintableText (a clinic's text; a patient's name becomes "name as on
    record no. …"), NothingToShow, TooManyPieces.
    """
    sheet = Sheet(facts)
    months = None if facts.large else month_pages(sheet)
    weeks = week_pages(sheet) if months is None else []
    steps = steps_shown(sheet)
    apart = volumes_of_steps(steps) if months is None or not months.strip else ()
    front = (
        LargeFront(sheet, len(steps), len(apart))
        if facts.large
        else plan_front(sheet, len(steps), recipes(sheet), len(apart))
    )
    days = [month.days for month in months.months] if months else [week.days for week in weeks]
    page_of = {day.date: front.pages + 1 + n for n, page in enumerate(days) for day in page}
    table = PiecesTable(sheet, steps) if months and months.level.table else None
    last = front.pages + len(days)
    where = PageMap(page_of, last + (table.pages if table else 0), last + 1 if table else 0)
    tell = progress or (lambda _done, _all: None)
    buffer = BytesIO()
    canvas = new_canvas(sheet, buffer)
    upright, lying = Pen(canvas, sheet.long), Pen(canvas, sheet.short)
    small = None if isinstance(front, LargeFront) else FrontPages(sheet, front, where)
    for n in range(front.pages):
        if isinstance(front, LargeFront):
            front.draw(upright, n, where)
        elif small:
            small.draw(upright, n)
        canvas.showPage()
        tell(n + 1, where.pages)
    if months:
        draw_footer_form(lying, sheet, months)
    else:
        define_week_footer(upright, sheet)
    for n in range(len(days)):
        number = front.pages + 1 + n
        if months:
            canvas.setPageSize((sheet.long, sheet.short))
            draw_month(lying, sheet, months, months.months[n], where, number)
        else:
            draw_week(upright, sheet, weeks[n], number, where.pages, ends=n == len(weeks) - 1)
        canvas.showPage()
        tell(number, where.pages)
    for n in range(table.pages if table else 0):
        if table:
            canvas.setPageSize((sheet.short, sheet.long))
            table.draw(upright, n, last + n + 1, where.pages)
        canvas.showPage()
        tell(last + n + 1, where.pages)
    canvas.save()
    return buffer.getvalue()


__all__ = [
    "LAYOUT_REVISION",
    "CalendarFacts",
    "DoesNotFit",
    "UnprintableText",
    "draw_calendar",
    "draw_pharmacy_sheet",
]
