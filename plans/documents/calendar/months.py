"""Landscape month pages: header, weekdays, grid, quiet blocks, and a strip with the key at the foot.

The layout is decided before anything is drawn, for each month by itself: the size of its cells, or that it has to be a
list of days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Final

from plans.documents.calendar.cells import CellLayout, distinct, look
from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.sentences import month_sentences
from plans.documents.calendar.syringes import A_ROW, draw_filling, volumes_of_days
from plans.documents.engine import qr, signs
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.head_and_foot import draw_version_lines, stamp_page
from plans.documents.engine.section import Orientation, PageMap, Section
from plans.documents.engine.styles import (
    FOOTER_HIGH,
    GRID_FOOT,
    GRID_TOP,
    LEVELS,
    MONTH_MARGIN,
    QUIET_PAD,
    QUIET_SIZES,
    SIX_WEEKS_FOOT,
    SIX_WEEKS_TOP,
    SYRINGE_STRIP,
    SizeRung,
)
from plans.documents.engine.text import fits, largest, wrap
from plans.domain.documents.calendar import (
    CHANGES,
    Day,
    DayMark,
    Month,
    Quiet,
    QuietWhy,
    Week,
    last_shown_day,
)
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Take


@dataclass(frozen=True)
class MonthPage:
    """A month, the size level of its cells, and the height of the strip of syringes above the footer."""

    month: Month
    level: SizeRung
    strip: float

    @property
    def more_weeks(self) -> bool:
        """Whether it has six weeks: five fill the page, and a sixth makes all rows lower."""
        return len(self.month.weeks) > 5

    def row(self, context: CalendarContext) -> float:
        """Height of a week's row."""
        more = SIX_WEEKS_TOP + SIX_WEEKS_FOOT if self.more_weeks else 0.0
        return (context.short - GRID_TOP - GRID_FOOT - self.strip + more) / max(5, len(self.month.weeks))

    @property
    def top(self) -> float:
        """The top of the grid."""
        return GRID_TOP - (SIX_WEEKS_TOP if self.more_weeks else 0.0)


# More times of day than this have columns of their own, in a list of days.
MOST_TIMES: Final = 2


def column(context: CalendarContext) -> float:
    """The width of a day."""
    return (context.long - 2 * MONTH_MARGIN) / 7


def month_name(context: CalendarContext, month: Month, day: Day) -> str:
    """The month's name for a day of a joined month; empty for days of the page's own month."""
    return "" if day.date.month == month.month else context.words.months[day.date.month - 1]


def month_page(context: CalendarContext, month: Month) -> MonthPage | None:
    """A month's grid at the first size level at which every cell and the text after the plan fit; None if it has to be
    a list of days."""
    times = max(len({entry.slot.time for entry in day.entries}) for day in month.days)
    filled = len(volumes_of_days(month.days))
    if context.facts.large or times > MOST_TIMES or filled > A_ROW:
        return None
    for level in LEVELS:
        page = MonthPage(month, level, SYRINGE_STRIP if filled else 0.0)
        if _all_fit(context, page) and _ending_fits(context, page):
            return page
    return None


def _all_fit(context: CalendarContext, page: MonthPage) -> bool:
    month = page.month
    measured = CellLayout(
        context, page.level, column(context), page.row(context), context.drugs_on(month.days)
    )
    if not all(measured.fits(cell) for cell in distinct(month.days).values()):
        return False
    # A date without a marker or a month's name fits at every size.
    dated = [day for day in month.days if day.marks or day.date.month != month.month]
    return all(measured.date_fits(day, month=month_name(context, month, day)) for day in dated)


def _ending_fits(context: CalendarContext, page: MonthPage) -> bool:
    """Whether the text after the plan fits in a stretch of days after its last one, where that is on the page."""
    ends = page.month.days[-1].date == last_shown_day(context.schedule)
    if not context.after_last_day or not ends:
        return True
    room, floor = QUIET_PAD
    weeks = page.month.weeks
    stretches = {quiet.days for week in weeks for quiet in week.quiets if quiet.why is QuietWhy.AFTER}
    wide, high = column(context) * max(stretches, default=0) - room, page.row(context) - floor
    try:
        block(context.after_last_day, QUIET_SIZES, wide, high, "after_last_day", bold=True)
    except DoesNotFit:
        return False
    return True


FRAMED = CHANGES | {DayMark.LAST_DAY}
RULE_Y = 67.0


class Months(Section):
    """Consecutive landscape pages of a month each. `number` tells the document's runs of them apart."""

    orientation = Orientation.LANDSCAPE

    def __init__(self, context: CalendarContext, months: Sequence[MonthPage], number: int = 0) -> None:
        self.context, self.words, self.months = context, context.words, list(months)
        self.footer = f"month-footer-{number}"
        self.left, self.right = MONTH_MARGIN, context.long - MONTH_MARGIN
        self.column = column(context)

    @property
    def pages(self) -> int:
        """One per month, short ones joined."""
        return len(self.months)

    def days(self, n: int) -> Sequence[date]:
        """The days of a page's month."""
        return [day.date for day in self.months[n].month.days]

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Draw one month."""
        if n == 0:
            days = [day for page in self.months for day in page.month.days]
            _define_footer(canvas, self.context, self.right - self.left, days, self.footer)
        page = self.months[n]
        self._header(canvas, page.month)
        self._grid(canvas, page, where)
        if page.strip:
            self._syringes(canvas, page)
        foot = canvas.height - MONTH_MARGIN - FOOTER_HIGH
        canvas.place(self.footer, MONTH_MARGIN, foot, FOOTER_HIGH)
        right, number = self.right - FOOTER_HIGH - 3, where.first(self) + n
        stamp_page(canvas, self.context, right, foot + 52, number, where.pages)

    def _syringes(self, canvas: Canvas, page: MonthPage) -> None:
        """One syringe for each distinct volume of the month, above the footer."""
        wide = (self.right - self.left) / A_ROW
        top = canvas.height - GRID_FOOT - page.strip + 3
        for n, filling in enumerate(volumes_of_days(page.month.days)):
            draw_filling(canvas, self.context, filling, MONTH_MARGIN + n * wide, top, wide)
        foot = canvas.height - GRID_FOOT + 1
        canvas.rule(self.left, foot, self.right, foot, 0.5)

    def _header(self, canvas: Canvas, month: Month) -> None:
        context, words, middle = self.context, self.words, self.context.long / 2
        title = words.month(month.year, month.month)
        room = middle - width(title, BOLD, 25) / 2 - self.left - 12
        drugs = context.title_of(context.drugs_on(month.days))
        one_line(canvas, self.left, 46, drugs, (25, 21, 18, 15, 12), room, "drug", bold=True)
        canvas.text(middle, 46, title, 25, bold=True, align="centre")
        context.draw_name(canvas, self.right, 43, room)
        canvas.text(self.right, 60.5, context.second_fact, 10.5, align="right")
        self._subtitle(canvas, month, month_sentences(context, month.days))
        canvas.rule(self.left, RULE_Y, self.right, RULE_Y, 1.5)

    def _subtitle(self, canvas: Canvas, month: Month, sentences: list[str]) -> None:
        """Draw products at the left and the month in one sentence in the middle, on one line if both fit."""
        context, left = self.context, self.left
        born = width(context.second_fact, REGULAR, 10.5) + 12
        said = context.products_on(month.days)
        for products_size in (10.5, 9.5, 8.5, 7.5):
            products = width(said, REGULAR, products_size)
            for sentence, size in product(sentences, (10.5, 9.5, 8.5, 8.0)):
                wide = width(sentence, REGULAR, size)
                start = max(left + products + 14, context.long / 2 - wide / 2)
                if start + wide <= self.right - born:
                    canvas.text(left, 60.5, said, products_size)
                    if sentence:
                        canvas.text(start, 60.5, sentence, size)
                    return
        raise DoesNotFit(what="products")

    def _grid(self, canvas: Canvas, page: MonthPage, where: PageMap) -> None:
        month, wide, high, top = page.month, self.column, page.row(self.context), page.top
        cells = CellLayout(self.context, page.level, wide, high, self.context.drugs_on(month.days))
        self._weekdays(canvas, top)
        placed = [
            (self.left + column_no * wide, top + row * high, day)
            for row, week in enumerate(month.weeks)
            for column_no, day in enumerate(week.days)
            if day is not None
        ]
        self._place_cells(canvas, page, cells, placed)
        canvas.stamps([cells.date_at(x, y, day) for x, y, day in placed], page.level.date)
        for x, y, day in placed:
            name = month_name(self.context, month, day)
            if name:
                cells.stamp_month(canvas, x, y, day, name)
        said = self._quiet_blocks(canvas, page, where)
        ends = any(day.date == last_shown_day(self.context.schedule) for _, _, day in placed)
        if ends and self.context.after_last_day and QuietWhy.AFTER not in said:
            raise DoesNotFit(what="after_last_day")

    def _place_cells(
        self, canvas: Canvas, page: MonthPage, cells: CellLayout, placed: list[tuple[float, float, Day]]
    ) -> None:
        """Draw each distinct cell once per document as a form, place it on its days, and draw the lines between
        them."""
        high, top, month = cells.row, page.top, page.month
        names = {}
        for key, cell in distinct(month.days).items():
            step, marks, changed, doses = key
            drugs = "-".join(cells.drugs) if cells.many else ""
            names[key] = (
                f"cell-{high:.0f}-{page.level.dose}-{drugs}-{step}-{'-'.join(marks)}-{changed:d}-"
                f"{'-'.join(map(str, doses))}"
            )
            # A step across the end of a month looks the same on both pages.
            if not canvas.pdf.hasForm(names[key]):
                with canvas.form(names[key], cells.column, high) as surface:
                    cells.draw(surface, cell)
        # Grey first, plain cells next, framed cells last, so that no neighbour's line cuts a frame.
        for framed in (False, True):
            for x, y, day in placed:
                if bool(set(day.marks) & set(FRAMED)) is framed:
                    canvas.place(names[look(day)], x, y, high)
            if not framed:
                _lines(canvas, month.weeks, self.left, top, cells.column, high)
                canvas.box(self.left, top, self.right - self.left, high * len(month.weeks), thick=1)

    def _weekdays(self, canvas: Canvas, top: float) -> None:
        for n in range(7):
            name = self.words.weekdays[(n + self.context.facts.week_starts) % 7]
            middle, room = self.left + (n + 0.5) * self.column, self.column - 4
            one_line(canvas, middle, top - 5, name, (11, 10, 9), room, "weekday", bold=True, align="centre")

    # Days without doses

    def _quiet_blocks(self, canvas: Canvas, page: MonthPage, where: PageMap) -> set[QuietWhy]:
        """Say why days have no doses, each reason once per page; returns what was said."""
        said: set[QuietWhy] = set()
        high, top = page.row(self.context), page.top
        for row, week in enumerate(page.month.weeks):
            for quiet in sorted(week.quiets, key=lambda q: -q.days):
                if quiet.why in said and quiet.why is not QuietWhy.OTHER_MONTH:
                    continue
                x, y = self.left + quiet.column * self.column, top + row * high
                if self._quiet(canvas, quiet, x, y, high, self._quiet_words(quiet, where)):
                    said.add(quiet.why)
        return said

    def _quiet_words(self, quiet: Quiet, where: PageMap) -> str:
        words = self.words
        match quiet.why:
            case QuietWhy.OTHER_MONTH:
                page = where.page_of[quiet.first]
                return words.say("on_page", span=words.span(quiet.first, quiet.last), page=page)
            case QuietWhy.AFTER:
                return self.context.after_last_day
            case QuietWhy.BEFORE:
                return words.say("before_plan", date=words.weekday_day(self.context.schedule.start))
            case _:
                return words.say("before_made")

    def _quiet(self, canvas: Canvas, quiet: Quiet, x: float, y: float, high: float, text: str) -> bool:
        """Write into a block of days; False if it does not fit and a wider block may follow."""
        wide, strong = self.column * quiet.days, quiet.why is QuietWhy.AFTER
        room, floor = wide - QUIET_PAD[0], high - QUIET_PAD[1]
        try:
            lines, size = block(text, QUIET_SIZES, room, floor, "after_last_day", bold=strong)
        except DoesNotFit:
            if strong and quiet.days < 7:
                # The grid raises if no block had room.
                return False
            raise
        lead = size * 1.22
        base = y + high / 2 - lead * (len(lines) - 1) / 2 + size * 0.35
        for line in lines:
            canvas.text(x + wide / 2, base, line, size, bold=strong, align="centre")
            base += lead
        return True


def _lines(
    canvas: Canvas, weeks: tuple[Week, ...], left: float, top: float, wide: float, high: float
) -> None:
    """Draw lines between days; none inside a quiet block."""
    for row, week in enumerate(weeks):
        y = top + row * high
        if row:
            canvas.rule(left, y, left + 7 * wide, y)
        inside = {n for quiet in week.quiets for n in range(quiet.column + 1, quiet.column + quiet.days)}
        for n in range(1, 7):
            if n not in inside:
                canvas.rule(left + n * wide, y, left + n * wide, y + high)


# The strip at the foot: key, clinic, version, code

LEAD = 13.2
# The baseline of the key's first row, and the size of the warnings under it.
FIRST_ROW = 10.6
WARNING_SIZE = 9.5
KeySign = Callable[[Canvas, float, float], object]


@dataclass(frozen=True)
class KeyRow:
    """One sign of the key and its words; `sign` draws it at x on a baseline."""

    words: str
    sign: KeySign


_CHANGE_KEYS: Final = {
    DayMark.NEW_DOSE: "key_new",
    DayMark.RISE: "key_rise",
    DayMark.SWITCH: "key_switch",
    DayMark.SPREAD: "key_spread",
}


def _tick(canvas: Canvas, x: float, y: float) -> None:
    # A little lower than the line, because the grid of a month of six weeks ends right above it.
    canvas.box(x, y - 7.4, 9.6, 9.6, thick=1)


def _ring(canvas: Canvas, x: float, y: float) -> None:
    canvas.box(x + 4, y - 9, 3, 11, thick=0, fill=0.0)


def _hold(canvas: Canvas, x: float, y: float) -> None:
    signs.bars(canvas, x + 2, y + 0.5, 11)


def _piece_sign(context: CalendarContext, piece: Take) -> KeySign:
    return lambda canvas, x, y: context.draw_piece(canvas, x + 1, y - 3.4, 9.4, piece)


def _change_sign(mark: DayMark) -> KeySign:
    return lambda canvas, x, y: signs.change(canvas, x + 1.5, y, 10.5, mark.value)


def key_rows(
    context: CalendarContext,
    marks: set[DayMark],
    pieces: tuple[Take, ...],
    *,
    ring: bool,
    brief: bool = False,
) -> list[KeyRow]:
    """The key, with only the signs that this document uses; `brief`: with the short words in the cells."""
    words = context.words
    rows = [KeyRow(words.say("key_tick"), _tick)]
    rows += [KeyRow(context.plain_phrase(piece), _piece_sign(context, piece)) for piece in pieces]
    if ring:
        rows.append(KeyRow(words.say("key_ring"), _ring))
    rows += [
        KeyRow(words.say(mark.value if brief else key), _change_sign(mark))
        for mark, key in _CHANGE_KEYS.items()
        if mark in marks
    ]
    if DayMark.HOLD in marks:
        rows.append(KeyRow(words.say("hold" if brief else "key_hold"), _hold))
    return rows


def _define_footer(
    canvas: Canvas, context: CalendarContext, wide: float, days: Sequence[Day], name: str
) -> None:
    """Draw the strip at the foot of these days as a form `wide` points wide; the page number is stamped later."""
    with canvas.form(name, wide, FOOTER_HIGH) as foot:
        _key(foot, context, days, wide)
        _clinic(foot, context, wide)
        _version(foot, context, wide)


def _key(canvas: Canvas, context: CalendarContext, days: Sequence[Day], wide: float) -> None:
    room = wide * 0.35
    warnings = [context.words.say("never_stop")]
    pieces = context.pieces_on(days)
    if any(piece.volume is not None for piece in pieces):
        warnings.insert(0, context.words.say("never_spoon"))
    high = FOOTER_HIGH - 6 - LEAD * (len(warnings) - 1) - WARNING_SIZE * 0.7
    rows, count, columns, size, lead, widest = _key_fitted(context, days, room, high)
    x = 0.0
    spare = min(30.0, (room + 8 - sum(widest)) / columns)
    for n in range(columns):
        for r, row in enumerate(rows[n * count : (n + 1) * count]):
            base = FIRST_ROW + r * lead
            canvas.pdf.saveState()
            scale = min(1.0, lead / LEAD)
            canvas.pdf.translate(x, canvas.height - base)
            canvas.pdf.scale(scale, scale)
            row.sign(Canvas(canvas.pdf, 0), 0, 0)
            canvas.pdf.restoreState()
            canvas.text(x + 18, base, row.words, size)
        x += widest[n] + spare
    for n, warning in enumerate(warnings):
        base = FOOTER_HIGH - 6 - LEAD * (len(warnings) - 1 - n)
        one_line(canvas, 0, base, warning, (WARNING_SIZE, 9.0, 8.5, 8.0, 7.5), room, "key", bold=True)


def _key_fitted(
    context: CalendarContext, days: Sequence[Day], room: float, high: float
) -> tuple[list[KeyRow], int, int, float, float, list[float]]:
    """The fullest key that fits: all parts, only whole ones, or no pieces at all, since each cell has them in words.

    A plan with every kind of change has room only for the short words, and finally not for the syringe's ring.
    """
    marks, pieces = {mark for day in days for mark in day.marks}, context.pieces_on(days)
    signed = tuple(piece for piece in context.parts_of(pieces) if context.signed(piece))
    ringed = any(piece.volume is not None for piece in pieces)
    whole = tuple(piece for piece in signed if piece.quarters == 4)
    for rows in (
        key_rows(context, marks, signed, ring=ringed),
        key_rows(context, marks, whole, ring=ringed),
        key_rows(context, marks, (), ring=ringed),
        key_rows(context, marks, (), brief=True, ring=ringed),
        key_rows(context, marks, (), brief=True, ring=False),
    ):
        for columns, size, lead in (
            (2, 9.0, LEAD),
            (2, 8.0, 10.6),
            (3, 7.5, 10.6),
            (2, 7.5, 8.6),
            (3, 7.5, 8.6),
        ):
            count = -(-len(rows) // columns)
            # Keep the descenders of the last row clear of the capitals of the warning under it.
            if FIRST_ROW + lead * (count - 1) + 0.2 * size + 1 > high:
                continue
            widest = [
                max(
                    (width(row.words, REGULAR, size) for row in rows[n * count : (n + 1) * count]),
                    default=0.0,
                )
                + 26
                for n in range(columns)
            ]
            if sum(widest) <= room + 8:
                return rows, count, columns, size, lead, widest
    raise DoesNotFit(what="key")


def _clinic(canvas: Canvas, context: CalendarContext, wide: float) -> None:
    left, room = wide * 0.38, wide * 0.28
    canvas.rule(left - 11, 0, left - 11, FOOTER_HIGH, 0.5)
    one = largest(context.clinic_name, BOLD, (9.5, 8.5, 8), room)
    if one is not None:
        canvas.text(left, 9, context.clinic_name, one, bold=True)
        phone_y, largest_phone = 27.0, 17
    else:
        # A long name takes a second line, at the cost of the telephone number.
        lines, size = block(context.clinic_name, (8.5, 8, 7.5), room, 20, "clinic_name", bold=True, lead=1.12)
        canvas.lines(left, 8, lines, size, size * 1.12, bold=True)
        phone_y, largest_phone = 29.5, 13
    sizes = tuple(size for size in (17, 15, 13, 11) if size <= largest_phone)
    one_line(canvas, left, phone_y, context.clinic_phone, sizes, room, "clinic_phone", bold=True)
    see_y = 52.0
    hours = wrap(context.clinic_hours, REGULAR, 7.5, room) if context.clinic_hours else []
    one_size = largest(context.clinic_hours, REGULAR, (9, 8.5, 8, 7.5), room)
    if one_size is not None:
        canvas.text(left, 39.5, context.clinic_hours, one_size)
    elif len(hours) == 2 and fits(hours, REGULAR, 7.5, room):
        canvas.lines(left, 38.5, hours, 7.5, 8.6)
        see_y = 56.5
    # Longer hours are on page 1, to which the next line refers.
    one_line(canvas, left, see_y, context.words.say("see_page_one"), (9, 8.5, 8, 7.5), room, "see_page_one")


def _version(canvas: Canvas, context: CalendarContext, wide: float) -> None:
    right, room = wide - FOOTER_HIGH - 3, wide * 0.24
    one_line(
        canvas, right, 9, context.words.say("scan"), (9.5, 8.5, 7.5), room, "scan", bold=True, align="right"
    )
    draw_version_lines(canvas, context, right, 0, room)
    qr.draw(canvas, wide - FOOTER_HIGH, 0, FOOTER_HIGH, context.facts.status_url)
