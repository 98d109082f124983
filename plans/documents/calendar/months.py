"""Landscape month pages: header, weekdays, grid, quiet blocks, and a strip with the key at the foot.

The layout is decided before anything is drawn: which months share a page, and the size of the cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Final

from plans.documents.calendar.cells import CellLayout, Look, distinct, look
from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.pieces_table import PiecesTable
from plans.documents.calendar.syringes import A_ROW, draw_filling, volumes
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
class MonthLayout:
    """The months and the common size level of their cells; `strip` is the height of the syringes above the footer."""

    months: tuple[Month, ...]
    level: SizeRung
    strip: float

    def row(self, context: CalendarContext, month: Month) -> float:
        """Height of a week's row: five weeks fill the page; a sixth makes all rows of that page lower."""
        more = SIX_WEEKS_TOP + SIX_WEEKS_FOOT if len(month.weeks) > 5 else 0.0
        return (context.short - GRID_TOP - GRID_FOOT - self.strip + more) / max(5, len(month.weeks))

    @staticmethod
    def top(month: Month) -> float:
        """The top of the grid."""
        return GRID_TOP - (SIX_WEEKS_TOP if len(month.weeks) > 5 else 0.0)


def column(context: CalendarContext) -> float:
    """The width of a day."""
    return (context.long - 2 * MONTH_MARGIN) / 7


def month_name(context: CalendarContext, month: Month, day: Day) -> str:
    """The month's name for a day of a joined month; empty for days of the page's own month."""
    return "" if day.date.month == month.month else context.words.months[day.date.month - 1]


def month_layout(context: CalendarContext) -> MonthLayout | None:
    """The months at the first size level at which every cell and the text after them fit; None if even the smallest
    does not fit, and then the calendar gets week pages."""
    wide = column(context)
    strip = SYRINGE_STRIP if context.liquids else 0.0
    for join in (True, False):
        months = context.months(join_short=join)
        if any(len(volumes(month)) > A_ROW for month in months):
            strip = 0.0
        for level in LEVELS:
            layout = MonthLayout(months, level, strip)
            if _all_fit(context, layout, wide) and _ending_fits(context, layout, wide):
                return layout
    return None


def _all_fit(context: CalendarContext, layout: MonthLayout, wide: float) -> bool:
    tried: set[tuple[float, Look]] = set()
    for month in layout.months:
        row = layout.row(context, month)
        measured = CellLayout(context, layout.level, wide, row)
        cells = {key: cell for key, cell in distinct(month.days).items() if (row, key) not in tried}
        tried.update((row, key) for key in cells)
        if not all(measured.fits(cell) for cell in cells.values()):
            return False
        # A date without a marker or a month's name fits at every size.
        dated = [day for day in month.days if day.marks or day.date.month != month.month]
        if not all(measured.date_fits(day, month=month_name(context, month, day)) for day in dated):
            return False
    return True


def _ending_fits(context: CalendarContext, layout: MonthLayout, wide: float) -> bool:
    """Whether the text after the plan fits in a stretch of days after its last one."""
    if not context.after_last_day:
        return True
    month = layout.months[-1]
    room, floor = QUIET_PAD
    stretches = {quiet.days for week in month.weeks for quiet in week.quiets if quiet.why is QuietWhy.AFTER}
    try:
        block(
            context.after_last_day,
            QUIET_SIZES,
            wide * max(stretches, default=0) - room,
            layout.row(context, month) - floor,
            "after_last_day",
            bold=True,
        )
    except DoesNotFit:
        return False
    return True


FOOTER = "month-footer"
FRAMED = CHANGES | {DayMark.LAST_DAY}
RULE_Y = 67.0


class Months(Section):
    """One landscape page per month, with all cells at one size. `pieces` is the table of what doses are made of, if the
    cells have no room for it."""

    orientation = Orientation.LANDSCAPE

    def __init__(
        self, context: CalendarContext, layout: MonthLayout, pieces: PiecesTable | None = None
    ) -> None:
        self.context, self.words, self.layout, self.pieces = context, context.words, layout, pieces
        self.left, self.right = MONTH_MARGIN, context.long - MONTH_MARGIN
        self.column = column(context)

    @property
    def pages(self) -> int:
        """One per month, short ones joined."""
        return len(self.layout.months)

    def days(self, n: int) -> Sequence[date]:
        """The days of a page's month."""
        return [day.date for day in self.layout.months[n].days]

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Draw one month."""
        if n == 0:
            marks = {mark for month in self.layout.months for day in month.days for mark in day.marks}
            _define_footer(canvas, self.context, self.right - self.left, marks)
        month = self.layout.months[n]
        self._header(canvas, month, where.first(self.pieces))
        self._grid(canvas, month, where)
        if self.layout.strip:
            self._syringes(canvas, month)
        foot = canvas.height - MONTH_MARGIN - FOOTER_HIGH
        canvas.place(FOOTER, MONTH_MARGIN, foot, FOOTER_HIGH)
        stamp_page(
            canvas, self.context, self.right - FOOTER_HIGH - 3, foot + 52, where.first(self) + n, where.pages
        )

    def _syringes(self, canvas: Canvas, month: Month) -> None:
        """One syringe for each distinct volume of the month, above the footer."""
        wide = (self.right - self.left) / A_ROW
        top = canvas.height - GRID_FOOT - self.layout.strip + 3
        for n, filling in enumerate(volumes(month)):
            draw_filling(canvas, self.context, filling, MONTH_MARGIN + n * wide, top, wide)
        foot = canvas.height - GRID_FOOT + 1
        canvas.rule(self.left, foot, self.right, foot, 0.5)

    def _header(self, canvas: Canvas, month: Month, table_page: int) -> None:
        context, words, middle = self.context, self.words, self.context.long / 2
        title = words.month(month.year, month.month)
        room = middle - width(title, BOLD, 25) / 2 - self.left - 12
        one_line(canvas, self.left, 46, context.drug_title, (25, 21, 18, 15, 12), room, "drug", bold=True)
        canvas.text(middle, 46, title, 25, bold=True, align="centre")
        context.draw_name(canvas, self.right, 43, room)
        canvas.text(self.right, 60.5, context.second_fact, 10.5, align="right")
        # In table form the page names the page of its tablets; so does every cell with room for it.
        pointer = f"  {words.say('pieces_on', page=table_page)}" if table_page else ""
        self._subtitle(canvas, _sentences(context, month), pointer)
        canvas.rule(self.left, RULE_Y, self.right, RULE_Y, 1.5)

    def _subtitle(self, canvas: Canvas, sentences: list[str], pointer: str) -> None:
        """Draw products at the left and the month in one sentence in the middle, on one line if both fit."""
        context, left = self.context, self.left
        born = width(context.second_fact, REGULAR, 10.5) + 12
        for products_size in (10.5, 9.5, 8.5, 7.5):
            named = width(context.products_line, REGULAR, products_size)
            products = named + width(pointer, BOLD, products_size)
            for sentence, size in product(sentences, (10.5, 9.5, 8.5, 8.0)):
                wide = width(sentence, REGULAR, size)
                start = max(left + products + 14, context.long / 2 - wide / 2)
                if start + wide <= self.right - born:
                    canvas.text(left, 60.5, context.products_line, products_size)
                    if pointer:
                        canvas.text(left + named, 60.5, pointer, products_size, bold=True)
                    if sentence:
                        canvas.text(start, 60.5, sentence, size)
                    return
        raise DoesNotFit(what="products")

    def _grid(self, canvas: Canvas, month: Month, where: PageMap) -> None:
        wide, high, top = self.column, self.layout.row(self.context, month), self.layout.top(month)
        cells = CellLayout(self.context, self.layout.level, wide, high)
        self._weekdays(canvas, top)
        placed = [
            (self.left + column_no * wide, top + row * high, day)
            for row, week in enumerate(month.weeks)
            for column_no, day in enumerate(week.days)
            if day is not None
        ]
        self._place_cells(canvas, month, cells, placed)
        canvas.stamps([cells.date_at(x, y, day) for x, y, day in placed], self.layout.level.date)
        table_page = where.first(self.pieces)
        for x, y, day in placed:
            name = month_name(self.context, month, day)
            cells.stamp(canvas, x, y, day, month=name, table_page=table_page)
        said = self._quiet_blocks(canvas, month, where)
        ends = any(day.date == last_shown_day(self.context.schedule) for _, _, day in placed)
        if ends and self.context.after_last_day and QuietWhy.AFTER not in said:
            raise DoesNotFit(what="after_last_day")

    def _place_cells(
        self, canvas: Canvas, month: Month, cells: CellLayout, placed: list[tuple[float, float, Day]]
    ) -> None:
        """Draw each distinct cell once per document as a form, place it on its days, and draw the lines between
        them."""
        high, top = cells.row, self.layout.top(month)
        names = {}
        for key, cell in distinct(month.days).items():
            step, marks, changed, doses = key
            names[key] = f"cell-{high:.0f}-{step}-{'-'.join(marks)}-{changed:d}-{'-'.join(map(str, doses))}"
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

    def _quiet_blocks(self, canvas: Canvas, month: Month, where: PageMap) -> set[QuietWhy]:
        """Say why days have no doses, each reason once per page; returns what was said."""
        said: set[QuietWhy] = set()
        high, top = self.layout.row(self.context, month), self.layout.top(month)
        for row, week in enumerate(month.weeks):
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


def _sentences(context: CalendarContext, month: Month) -> list[str]:
    """What happens this month, in shorter and shorter versions."""
    words, days = context.words, month.days
    changed = {
        mark: [day.date for day in days if mark in day.marks]
        for mark in (DayMark.NEW_DOSE, DayMark.RISE, DayMark.SWITCH, DayMark.SPREAD)
    }
    holds: list[list[int]] = []
    for n, day in enumerate(days):
        if DayMark.HOLD in day.marks:
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
        if days and DayMark.LAST_DAY in days[-1].marks:
            parts.append((days[-1].date, words.say("last_day_sentence", date=form(days[-1].date))))
    # Marks are in their cells too; visits are only here.
    visit_part = [(visits[0], words.say("visits_on", dates=words.days(visits)))] if visits else []
    return [
        ".  ".join(text for _, text in sorted([*parts, *visit_part], key=lambda part: part[0]))
        for parts in (long, short, [])
    ]


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
    ring: bool = True,
    brief: bool = False,
) -> list[KeyRow]:
    """The key, with only the signs that this document uses; `brief`: with the short words in the cells."""
    words = context.words
    rows = [KeyRow(words.say("key_tick"), _tick)]
    rows += [KeyRow(context.plain_phrase(piece), _piece_sign(context, piece)) for piece in pieces]
    if context.liquids and ring:
        rows.append(KeyRow(words.say("key_ring"), _ring))
    rows += [
        KeyRow(words.say(mark.value if brief else key), _change_sign(mark))
        for mark, key in _CHANGE_KEYS.items()
        if mark in marks
    ]
    if DayMark.HOLD in marks:
        rows.append(KeyRow(words.say("hold" if brief else "key_hold"), _hold))
    return rows


def _define_footer(canvas: Canvas, context: CalendarContext, wide: float, marks: set[DayMark]) -> None:
    """Draw the strip at the foot as a form `wide` points wide; the page number is stamped later."""
    with canvas.form(FOOTER, wide, FOOTER_HIGH) as foot:
        _key(foot, context, marks, wide)
        _clinic(foot, context, wide)
        _version(foot, context, wide)


def _key(canvas: Canvas, context: CalendarContext, marks: set[DayMark], wide: float) -> None:
    room = wide * 0.35
    warnings = [context.words.say("never_stop")]
    if context.liquids:
        warnings.insert(0, context.words.say("never_spoon"))
    high = FOOTER_HIGH - 6 - LEAD * (len(warnings) - 1) - WARNING_SIZE * 0.7
    rows, count, columns, size, lead, widest = _key_fitted(context, marks, room, high)
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
    context: CalendarContext, marks: set[DayMark], room: float, high: float
) -> tuple[list[KeyRow], int, int, float, float, list[float]]:
    """The fullest key that fits: all parts, only whole ones, or no pieces at all, since each cell has them in words.

    A plan with every kind of change has room only for the short words, and finally not for the syringe's ring.
    """
    signed = tuple(piece for piece in context.used_pieces if context.signed(piece))
    whole = tuple(piece for piece in signed if piece.quarters == 4)
    for rows in (
        key_rows(context, marks, signed),
        key_rows(context, marks, whole),
        key_rows(context, marks, ()),
        key_rows(context, marks, (), brief=True),
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
