"""Upright pages with a row a day: large print, and plans whose days hold too much for a month's cells.

A page holds seven days, or fewer where their lines need the room; every day stands once, the row after the last day
says what comes next.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise

from plans.documents.calendar.cells import distinct, look
from plans.documents.calendar.week_rows import RowPen
from plans.documents.engine import qr
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, block, one_line
from plans.documents.engine.fonts import BOLD, width
from plans.documents.engine.footer import version_lines
from plans.documents.engine.portrait import draw_drugs
from plans.documents.engine.styles import LARGE_LEVELS, LARGE_MARGIN, WEEK_LEVELS
from plans.domain.documents.calendar import Day, last_shown_day, shown_days, week_of
from plans.domain.documents.facts import DoesNotFit
from plans.domain.documents.words import ending_key

TOP = 95.0
FOOT = 135.0
QR_SIDE = 88.0
FOOTER = "week-footer"
WEEK = 7
# Fewer days a page than this are not sorted into weeks.
LEAST_OF_WEEK = 3


@dataclass(frozen=True)
class WeekPage:
    """The days of a page, and what draws their rows."""

    days: tuple[Day, ...]
    rows: RowPen


def week_pages(context: DocumentContext) -> list[WeekPage]:
    """The days by page, at the first level that holds them all; a week that has room on a page stands on one though
    another has not. Raises DoesNotFit."""
    facts = context.facts
    days = shown_days(context.schedule, made_on=facts.made_on, follow_up=facts.follow_up)
    cells = list(distinct(days).values())
    levels = LARGE_LEVELS if facts.large else WEEK_LEVELS
    whole: RowPen | None = None
    for level in levels:
        rows = RowPen(context, level, (context.long - TOP - FOOT) / level.days)
        if all(rows.fits(cell) for cell in cells):
            return _with_ending(context, _pages(days, facts.week_starts, rows, whole))
        # The smallest size at which a page still holds a week.
        whole = rows if level.days == WEEK else whole
    raise DoesNotFit(what="day")


def _pages(days: tuple[Day, ...], week_starts: int, rows: RowPen, whole: RowPen | None) -> list[WeekPage]:
    """Whole weeks where they have room; else weeks shared out evenly, so that a page begins on the same weekdays each
    week; or as many days as fit."""
    pages: list[WeekPage] = []
    rest: list[Day] = []
    for _, group in groupby(days, key=lambda day: week_of(day.date, week_starts)):
        week = tuple(group)
        if rows.level.days == WEEK or (
            whole is not None and all(whole.fits(cell) for cell in distinct(week).values())
        ):
            pages += _few(rest, rows)
            rest = []
            pages.append(WeekPage(week, rows if rows.level.days == WEEK else whole or rows))
        elif rows.level.days < LEAST_OF_WEEK:
            rest += week
        else:
            begin = (week[0].date - week_of(week[0].date, week_starts)).days
            count = -(-WEEK // rows.level.days)
            inner = (-(-WEEK * n // count) - begin for n in range(1, count))
            cuts = [0, *(cut for cut in inner if 0 < cut < len(week)), len(week)]
            pages += [WeekPage(week[first:last], rows) for first, last in pairwise(cuts)]
    return pages + _few(rest, rows)


def _few(days: list[Day], rows: RowPen) -> list[WeekPage]:
    most = rows.level.days
    return [WeekPage(tuple(days[n : n + most]), rows) for n in range(0, len(days), most)]


def _with_ending(context: DocumentContext, pages: list[WeekPage]) -> list[WeekPage]:
    """Room for what comes after the last day: under it, under it on a page that it has for itself, or on the next."""
    *before, last = pages
    for some in ((last.days,), (last.days[:-1], last.days[-1:])):
        if all(some) and _ending(context, last.rows.row * len(some[-1])) is not None:
            return [*before, *(WeekPage(days, last.rows) for days in some)]
    return [*before, last, WeekPage((), last.rows)] if context.after_last_day else pages


def _ending(context: DocumentContext, used: float) -> tuple[list[str], float] | None:
    """What comes after the last day in lines and their size, under so many points of rows; None without room for it."""
    sizes = (18.0, 16.0, 15.0, 14.0) if context.facts.large else (14.0, 13.0, 12.0, 11.0)
    room, high = context.short - 2 * LARGE_MARGIN - 16, context.long - TOP - FOOT - used - 14
    if not context.after_last_day or high <= 0:
        return None
    try:
        return block(context.after_last_day, sizes, room, high, "after_last_day", bold=True)
    except DoesNotFit:
        return None


def define_week_footer(canvas: Canvas, context: DocumentContext) -> None:
    """Draw the footer of the portrait calendar pages as a form; the page number is stamped on later."""
    wide, words = context.short - 2 * LARGE_MARGIN, context.words
    with canvas.form(FOOTER, wide, FOOT - 30) as foot:
        room = wide - QR_SIDE - 8
        used = one_line(
            foot, 0, 25, context.clinic_phone, (27, 23, 19, 16), room * 0.6, "clinic_phone", bold=True
        )
        x = width(context.clinic_phone, BOLD, used) + 10
        lines, size = block(context.clinic_name, (16, 15, 14, 12), room - x, 30, "clinic_name", lead=1.1)
        foot.lines(x, 25 if len(lines) == 1 else 14, lines, size, size * 1.1)
        one_line(foot, 0, 46, words.say("see_page_one"), (16, 15, 14), room, "see_page_one")
        one_line(foot, 0, 65, words.say("never_stop"), (16, 15, 14, 13), room, "never_stop", bold=True)
        lines = version_lines(context)
        for n, line in enumerate(lines):
            one_line(foot, 0, 80 + 13 * n, line, (12, 11, 10), room, "version")
        qr.draw(foot, wide - QR_SIDE, 8, QR_SIDE, context.facts.status_url)


def draw_week(
    canvas: Canvas, context: DocumentContext, week: WeekPage, page: int, count: int, *, ends: bool
) -> None:
    """Draw some days on the current page, which is portrait; `ends`: what comes after the last day follows them."""
    words, left, right, days = context.words, LARGE_MARGIN, context.short - LARGE_MARGIN, week.days
    wide = right - left
    room = wide - 14 - draw_drugs(canvas, left, 52, context.drug_title, (28, 24, 20, 16), wide * 0.6)
    context.draw_name(canvas, right, 50, room, (19, 17, 15, 14, 12))
    visits = [day.date for day in days if day.follow_up]
    if visits:
        # A visit takes the line beside the dates; the year of birth moves up under the name.
        canvas.text(right, 66.5, context.second_fact, 13, align="right")
        told = words.say("visits_on", dates=words.days(visits))
        size = one_line(
            canvas, right, 84, told, (16, 15, 14, 13, 12), wide * 0.45, "visits", bold=True, align="right"
        )
        beside = width(told, BOLD, size)
    else:
        beside = canvas.text(right, 82, context.second_fact, 16, align="right")
    if days:
        span = words.span(days[0].date, days[-1].date, year=True)
    else:
        span = words.say(ending_key(context.schedule), date=words.day_year(last_shown_day(context.schedule)))
    one_line(canvas, left, 84, span, (25, 22, 19, 17, 15, 14, 13, 12), wide - beside - 14, "span", bold=True)
    rows, row = week.rows, week.rows.row
    forms = distinct(days)
    names = {key: f"row-{page}-{n}" for n, key in enumerate(forms)}
    for key, cell in forms.items():
        with canvas.form(names[key], wide, row) as surface:
            rows.draw(surface, cell)
    for n, day in enumerate(days):
        canvas.place(names[look(day)], left, TOP + n * row, row)
    for n, day in enumerate(days):
        canvas.box(left, TOP + n * row, wide, row, thick=0.8)
        rows.stamp(canvas, TOP + n * row, day)
    if context.after_last_day and ends:
        y = TOP + len(days) * row
        found = _ending(context, len(days) * row)
        if found is None:
            raise DoesNotFit(what="after_last_day")
        lines, size = found
        canvas.box(left, y, wide, len(lines) * size * 1.22 + 14, thick=0.8)
        canvas.lines(left + 8, y + size + 6, lines, size, size * 1.22, bold=True)
    canvas.place(FOOTER, left, canvas.height - FOOT + 2, FOOT - 30)
    foot = canvas.height - 24
    canvas.text(left, foot, words.say("page_of", page=page, pages=count), 15, bold=True)
    canvas.text(right - QR_SIDE - 8, foot, words.say("scan"), 12, bold=True, align="right")
