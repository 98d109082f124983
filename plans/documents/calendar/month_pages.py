"""Landscape month pages: header, weekdays, grid, quiet blocks, footer."""

from __future__ import annotations

from plans.documents.calendar.cells import CellPen, distinct, look
from plans.documents.calendar.layout import MonthPages, PageMap, column, month_name
from plans.documents.calendar.syringes import A_ROW, draw_filling, volumes
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.footer import define_month_footer, month_foot_top, stamp_page
from plans.documents.engine.styles import FOOTER_HIGH, GRID_FOOT, MONTH_MARGIN, QUIET_PAD, QUIET_SIZES
from plans.domain.documents.calendar import CHANGES, Mark, Month, Quiet, QuietWhy, Week, last_shown_day
from plans.domain.documents.facts import DoesNotFit

FOOTER = "month-footer"
FRAMED = CHANGES | {Mark.LAST_DAY}
RULE_Y = 67.0


def draw_footer_form(canvas: Canvas, context: DocumentContext, pages: MonthPages) -> None:
    """Define the footer all month pages share."""
    marks = {mark for month in pages.months for day in month.days for mark in day.marks}
    define_month_footer(canvas, context, FOOTER, context.long - 2 * MONTH_MARGIN, marks)


def draw_month(
    canvas: Canvas, context: DocumentContext, pages: MonthPages, month: Month, where: PageMap, page: int
) -> None:
    """Draw one month on the current page, which is landscape."""
    _header(canvas, context, month, where)
    _grid(canvas, context, pages, month, where)
    if pages.strip:
        _syringes(canvas, context, pages, month)
    foot = month_foot_top(canvas.height)
    canvas.place(FOOTER, MONTH_MARGIN, foot, FOOTER_HIGH)
    stamp_page(canvas, context, context.long - MONTH_MARGIN - FOOTER_HIGH - 3, foot + 52, page, where.pages)


def _syringes(canvas: Canvas, context: DocumentContext, pages: MonthPages, month: Month) -> None:
    """One syringe for each distinct volume of the month, above the footer."""
    wide = (context.long - 2 * MONTH_MARGIN) / A_ROW
    top = canvas.height - GRID_FOOT - pages.strip + 3
    for n, filling in enumerate(volumes(month)):
        draw_filling(canvas, context, filling, MONTH_MARGIN + n * wide, top, wide)
    foot = canvas.height - GRID_FOOT + 1
    canvas.rule(MONTH_MARGIN, foot, context.long - MONTH_MARGIN, foot, 0.5)


def _header(canvas: Canvas, context: DocumentContext, month: Month, where: PageMap) -> None:
    left, right, middle = MONTH_MARGIN, context.long - MONTH_MARGIN, context.long / 2
    title = context.words.month(month.year, month.month)
    half = width(title, BOLD, 25) / 2
    room = middle - half - left - 12
    one_line(canvas, left, 46, context.drug_title, (25, 21, 18, 15, 12), room, "drug", bold=True)
    canvas.text(middle, 46, title, 25, bold=True, align="centre")
    context.draw_name(canvas, right, 43, room)
    canvas.text(right, 60.5, context.second_fact, 10.5, align="right")
    # In table form the page says where its tablets stand; so does every cell that has room for it.
    pointer = f"  {context.words.say('pieces_on', page=where.table_page)}" if where.table_page else ""
    _subtitle(canvas, context, month, left, right, middle, pointer)
    canvas.rule(left, RULE_Y, right, RULE_Y, 1.5)


def _subtitle(
    canvas: Canvas,
    context: DocumentContext,
    month: Month,
    left: float,
    right: float,
    middle: float,
    pointer: str,
) -> None:
    """Products at the left, the month in one sentence in the middle: both on one line where they have room."""
    born = width(context.second_fact, REGULAR, 10.5) + 12
    sentences = _sentences(context, month)
    for products_size in (10.5, 9.5, 8.5, 7.5):
        named = width(context.products_line, REGULAR, products_size)
        products = named + width(pointer, BOLD, products_size)
        for sentence in sentences:
            for size in (10.5, 9.5, 8.5, 8.0):
                wide = width(sentence, REGULAR, size)
                start = max(left + products + 14, middle - wide / 2)
                if start + wide <= right - born:
                    canvas.text(left, 60.5, context.products_line, products_size)
                    if pointer:
                        canvas.text(left + named, 60.5, pointer, products_size, bold=True)
                    if sentence:
                        canvas.text(start, 60.5, sentence, size)
                    return
    raise DoesNotFit(what="products")


def _sentences(context: DocumentContext, month: Month) -> list[str]:
    """What happens this month, said at length, then shorter and shorter."""
    words, days = context.words, month.days
    changed = {
        mark: [day.date for day in days if mark in day.marks]
        for mark in (Mark.NEW_DOSE, Mark.RISE, Mark.SWITCH, Mark.SPREAD)
    }
    holds: list[list[int]] = []
    for n, day in enumerate(days):
        if Mark.HOLD in day.marks:
            if holds and holds[-1][1] == n - 1:
                holds[-1][1] = n
            else:
                holds.append([n, n])
    visits = [day.date for day in days if day.follow_up]
    long, short = [], []
    for mark, on in changed.items():
        if on:
            listed = words.listed([words.weekday_day(day) for day in on])
            long.append((on[0], words.say(f"{mark.value}_on", dates=listed)))
            short.append((on[0], words.say(f"{mark.value}_on", dates=words.days(on))))
    if holds:
        spans = words.listed([words.span(days[a].date, days[b].date) for a, b in holds])
        held = (days[holds[0][0]].date, words.say("hold_span", span=spans))
        long.append(held)
        short.append(held)
    for parts, form in ((long, words.weekday_day), (short, words.day)):
        if days and Mark.LAST_DAY in days[-1].marks:
            parts.append((days[-1].date, words.say("last_day_sentence", date=form(days[-1].date))))
    # Marks stand in their cells too; a visit stands here alone.
    told = [(visits[0], words.say("visits_on", dates=words.days(visits)))] if visits else []
    return [
        ".  ".join(text for _, text in sorted([*parts, *told], key=lambda part: part[0]))
        for parts in (long, short, [])
    ]


def _grid(canvas: Canvas, context: DocumentContext, pages: MonthPages, month: Month, where: PageMap) -> None:
    wide, high, top = column(context), pages.row(context, month), pages.top(month)
    cells = CellPen(context, pages.level, wide, high)
    left, right = MONTH_MARGIN, context.long - MONTH_MARGIN
    foot = top + high * len(month.weeks)
    _weekdays(canvas, context, left, top, wide)
    placed = [
        (MONTH_MARGIN + column_no * wide, top + row * high, day)
        for row, week in enumerate(month.weeks)
        for column_no, day in enumerate(week.days)
        if day is not None
    ]
    names = {}
    for key, cell in distinct(month.days).items():
        step, marks, changed = key
        names[key] = f"cell-{high:.0f}-{step}-{'-'.join(marks)}-{changed:d}"
        # A step that runs over the end of a month looks the same on both pages.
        if not canvas.pdf.hasForm(names[key]):
            with canvas.form(names[key], wide, high) as surface:
                cells.draw(surface, cell)
    # Grey first, plain cells next, framed cells last: a frame is never cut by a neighbour's line.
    for framed in (False, True):
        for x, y, day in placed:
            if bool(set(day.marks) & set(FRAMED)) is framed:
                canvas.place(names[look(day)], x, y, high)
        if not framed:
            _lines(canvas, month.weeks, left, top, wide, high)
            canvas.box(left, top, right - left, foot - top, thick=1)
    canvas.stamps([cells.date_at(x, y, day) for x, y, day in placed], pages.level.date)
    for x, y, day in placed:
        cells.stamp(canvas, x, y, day, month=month_name(context, month, day), table_page=where.table_page)
    said: set[QuietWhy] = set()
    for row, week in enumerate(month.weeks):
        for quiet in sorted(week.quiets, key=lambda q: -q.days):
            x, y = left + quiet.column * wide, top + row * high
            _quiet(canvas, context, quiet, x, y, wide * quiet.days, high, where, said)
    ends = any(day.date == last_shown_day(context.schedule) for _, _, day in placed)
    if ends and context.after_last_day and QuietWhy.AFTER not in said:
        raise DoesNotFit(what="after_last_day")


def _weekdays(canvas: Canvas, context: DocumentContext, left: float, top: float, wide: float) -> None:
    for n in range(7):
        name = context.words.weekdays[(n + context.facts.week_starts) % 7]
        middle = left + (n + 0.5) * wide
        one_line(canvas, middle, top - 5, name, (11, 10, 9), wide - 4, "weekday", bold=True, align="centre")


def _lines(
    canvas: Canvas, weeks: tuple[Week, ...], left: float, top: float, wide: float, high: float
) -> None:
    """Lines between days; none inside a quiet block."""
    for row, week in enumerate(weeks):
        y = top + row * high
        if row:
            canvas.rule(left, y, left + 7 * wide, y)
        inside = {n for quiet in week.quiets for n in range(quiet.column + 1, quiet.column + quiet.days)}
        for n in range(1, 7):
            if n not in inside:
                canvas.rule(left + n * wide, y, left + n * wide, y + high)


def _quiet(
    canvas: Canvas,
    context: DocumentContext,
    quiet: Quiet,
    x: float,
    y: float,
    wide: float,
    high: float,
    where: PageMap,
    said: set[QuietWhy],
) -> None:
    """Say once a page why days carry no doses; another page is named in every block it owns."""
    words = context.words
    if quiet.why is QuietWhy.OTHER_MONTH:
        text = words.say("on_page", span=words.span(quiet.first, quiet.last), page=where.page_of[quiet.first])
    elif quiet.why in said:
        return
    elif quiet.why is QuietWhy.AFTER:
        text = context.after_last_day
    elif quiet.why is QuietWhy.BEFORE:
        text = words.say("before_plan", date=words.weekday_day(context.schedule.start))
    else:
        text = words.say("before_made")
    said.add(quiet.why)
    strong = quiet.why is QuietWhy.AFTER
    room, floor = wide - QUIET_PAD[0], high - QUIET_PAD[1]
    try:
        lines, size = block(text, QUIET_SIZES, room, floor, "after_last_day", bold=strong)
    except DoesNotFit:
        if quiet.why is QuietWhy.AFTER and quiet.days < 7:
            # A wider block may follow; the grid refuses if none did.
            said.discard(quiet.why)
            return
        raise
    lead = size * 1.22
    base = y + high / 2 - lead * (len(lines) - 1) / 2 + size * 0.35
    for line in lines:
        canvas.text(x + wide / 2, base, line, size, bold=strong, align="centre")
        base += lead
