"""Landscape month pages: header, weekdays, grid, quiet blocks, footer."""

from __future__ import annotations

from plans.documents.cells import CellPen, distinct, look
from plans.documents.facts import DoesNotFit
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.footer import define_month_footer, month_foot_top, stamp_page
from plans.documents.layout import MonthPages, PageMap, column, month_name
from plans.documents.pen import Pen
from plans.documents.sheet import Sheet, block, one_line
from plans.documents.styles import FOOTER_HIGH, GRID_FOOT, MONTH_MARGIN, QUIET_PAD, QUIET_SIZES
from plans.documents.syringes import A_ROW, draw_filling, volumes
from plans.domain.calendar import CHANGES, Mark, Month, Quiet, QuietWhy, Week, last_shown_day

FOOTER = "month-footer"
FRAMED = CHANGES | {Mark.LAST_DAY}
RULE_Y = 67.0


def draw_footer_form(pen: Pen, sheet: Sheet, pages: MonthPages) -> None:
    """Define the footer all month pages share."""
    marks = {mark for month in pages.months for day in month.days for mark in day.marks}
    define_month_footer(pen, sheet, FOOTER, sheet.long - 2 * MONTH_MARGIN, marks)


def draw_month(pen: Pen, sheet: Sheet, pages: MonthPages, month: Month, where: PageMap, page: int) -> None:
    """Draw one month on the current page, which is landscape."""
    _header(pen, sheet, month, where)
    _grid(pen, sheet, pages, month, where)
    if pages.strip:
        _syringes(pen, sheet, pages, month)
    foot = month_foot_top(pen.height)
    pen.place(FOOTER, MONTH_MARGIN, foot, FOOTER_HIGH)
    stamp_page(pen, sheet, sheet.long - MONTH_MARGIN - FOOTER_HIGH - 3, foot + 52, page, where.pages)


def _syringes(pen: Pen, sheet: Sheet, pages: MonthPages, month: Month) -> None:
    """One syringe for each distinct volume of the month, above the footer."""
    wide = (sheet.long - 2 * MONTH_MARGIN) / A_ROW
    top = pen.height - GRID_FOOT - pages.strip + 3
    for n, filling in enumerate(volumes(month)):
        draw_filling(pen, sheet, filling, MONTH_MARGIN + n * wide, top, wide)
    foot = pen.height - GRID_FOOT + 1
    pen.rule(MONTH_MARGIN, foot, sheet.long - MONTH_MARGIN, foot, 0.5)


def _header(pen: Pen, sheet: Sheet, month: Month, where: PageMap) -> None:
    left, right, middle = MONTH_MARGIN, sheet.long - MONTH_MARGIN, sheet.long / 2
    title = sheet.words.month(month.year, month.month)
    half = width(title, BOLD, 25) / 2
    room = middle - half - left - 12
    one_line(pen, left, 46, sheet.drug_title, (25, 21, 18, 15, 12), room, "drug", bold=True)
    pen.text(middle, 46, title, 25, bold=True, align="centre")
    sheet.draw_name(pen, right, 43, room)
    pen.text(right, 60.5, sheet.second_fact, 10.5, align="right")
    # In table form the page says where its tablets stand; so does every cell that has room for it.
    pointer = f"  {sheet.words.say('pieces_on', page=where.table_page)}" if where.table_page else ""
    _subtitle(pen, sheet, month, left, right, middle, pointer)
    pen.rule(left, RULE_Y, right, RULE_Y, 1.5)


def _subtitle(
    pen: Pen, sheet: Sheet, month: Month, left: float, right: float, middle: float, pointer: str
) -> None:
    """Products at the left, the month in one sentence in the middle: both on one line where they have room."""
    born = width(sheet.second_fact, REGULAR, 10.5) + 12
    sentences = _sentences(sheet, month)
    for products_size in (10.5, 9.5, 8.5, 7.5):
        named = width(sheet.products_line, REGULAR, products_size)
        products = named + width(pointer, BOLD, products_size)
        for sentence in sentences:
            for size in (10.5, 9.5, 8.5, 8.0):
                wide = width(sentence, REGULAR, size)
                start = max(left + products + 14, middle - wide / 2)
                if start + wide <= right - born:
                    pen.text(left, 60.5, sheet.products_line, products_size)
                    if pointer:
                        pen.text(left + named, 60.5, pointer, products_size, bold=True)
                    if sentence:
                        pen.text(start, 60.5, sentence, size)
                    return
    raise DoesNotFit(what="products")


def _sentences(sheet: Sheet, month: Month) -> list[str]:
    """What happens this month, said at length, then shorter and shorter."""
    words, days = sheet.words, month.days
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


def _grid(pen: Pen, sheet: Sheet, pages: MonthPages, month: Month, where: PageMap) -> None:
    wide, high, top = column(sheet), pages.row(sheet, month), pages.top(month)
    cells = CellPen(sheet, pages.level, wide, high)
    left, right = MONTH_MARGIN, sheet.long - MONTH_MARGIN
    foot = top + high * len(month.weeks)
    _weekdays(pen, sheet, left, top, wide)
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
        if not pen.canvas.hasForm(names[key]):
            with pen.form(names[key], wide, high) as surface:
                cells.draw(surface, cell)
    # Grey first, plain cells next, framed cells last: a frame is never cut by a neighbour's line.
    for framed in (False, True):
        for x, y, day in placed:
            if bool(set(day.marks) & set(FRAMED)) is framed:
                pen.place(names[look(day)], x, y, high)
        if not framed:
            _lines(pen, month.weeks, left, top, wide, high)
            pen.box(left, top, right - left, foot - top, thick=1)
    pen.stamps([cells.date_at(x, y, day) for x, y, day in placed], pages.level.date)
    for x, y, day in placed:
        cells.stamp(pen, x, y, day, month=month_name(sheet, month, day), table_page=where.table_page)
    said: set[QuietWhy] = set()
    for row, week in enumerate(month.weeks):
        for quiet in sorted(week.quiets, key=lambda q: -q.days):
            x, y = left + quiet.column * wide, top + row * high
            _quiet(pen, sheet, quiet, x, y, wide * quiet.days, high, where, said)
    ends = any(day.date == last_shown_day(sheet.schedule) for _, _, day in placed)
    if ends and sheet.after_last_day and QuietWhy.AFTER not in said:
        raise DoesNotFit(what="after_last_day")


def _weekdays(pen: Pen, sheet: Sheet, left: float, top: float, wide: float) -> None:
    for n in range(7):
        name = sheet.words.weekdays[(n + sheet.facts.week_starts) % 7]
        middle = left + (n + 0.5) * wide
        one_line(pen, middle, top - 5, name, (11, 10, 9), wide - 4, "weekday", bold=True, align="centre")


def _lines(pen: Pen, weeks: tuple[Week, ...], left: float, top: float, wide: float, high: float) -> None:
    """Lines between days; none inside a quiet block."""
    for row, week in enumerate(weeks):
        y = top + row * high
        if row:
            pen.rule(left, y, left + 7 * wide, y)
        inside = {n for quiet in week.quiets for n in range(quiet.column + 1, quiet.column + quiet.days)}
        for n in range(1, 7):
            if n not in inside:
                pen.rule(left + n * wide, y, left + n * wide, y + high)


def _quiet(
    pen: Pen,
    sheet: Sheet,
    quiet: Quiet,
    x: float,
    y: float,
    wide: float,
    high: float,
    where: PageMap,
    said: set[QuietWhy],
) -> None:
    """Say once a page why days carry no doses; another page is named in every block it owns."""
    words = sheet.words
    if quiet.why is QuietWhy.OTHER_MONTH:
        text = words.say("on_page", span=words.span(quiet.first, quiet.last), page=where.page_of[quiet.first])
    elif quiet.why in said:
        return
    elif quiet.why is QuietWhy.AFTER:
        text = sheet.after_last_day
    elif quiet.why is QuietWhy.BEFORE:
        text = words.say("before_plan", date=words.weekday_day(sheet.schedule.start))
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
        pen.text(x + wide / 2, base, line, size, bold=strong, align="centre")
        base += lead
