"""Portrait week pages with one row per day: for large print, and for plans with too much per day for month cells.

A page has seven days, or fewer if their lines need the room; every day occurs once, and the row after the last day says
what comes next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby, pairwise

from plans.documents.calendar.cells import CellKey, distinct, look
from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.day_markers import marker_keys, marker_within
from plans.documents.engine import qr
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.head_and_foot import draw_drugs, version_lines
from plans.documents.engine.section import PageMap, Section
from plans.documents.engine.styles import LARGE_LEVELS, LARGE_MARGIN, WEEK_LEVELS, WeekLevel
from plans.documents.engine.text import wrap
from plans.domain.amounts import NBSP
from plans.domain.documents.calendar import (
    CHANGES,
    Day,
    DayMark,
    Entry,
    entries,
    last_shown_day,
    shown_days,
    slots,
    week_of,
)
from plans.domain.documents.facts import DoesNotFit
from plans.domain.documents.words import ending_key, set_in_lines
from plans.domain.taper.products import Take

DATE_WIDE = 136.0
PAD = 6.0
MARKER_HIGH = 24.0
SECOND_MARKER_HIGH = 17.0
BESIDE = 5.0


Block = tuple[Entry, ...]


class RowLayout:
    """Fits and draws rows of one height at one size level. One or two columns: three or four times take two lines.

    With one drug every time of day has a place; with two the drugs of a time are under it, so that morning and night
    keep their place throughout a switch.
    """

    def __init__(self, context: CalendarContext, level: WeekLevel, row: float) -> None:
        self.context, self.level, self.row, self.words = context, level, row, context.words
        self.wide = context.short - 2 * LARGE_MARGIN
        # A single dose per day has the width of both columns.
        self.columns = 1 if len(slots(context.schedule)) == 1 else 2
        self.column = (self.wide - DATE_WIDE) / self.columns
        self._lines_of: dict[Entry, list[tuple[Take | None, str]] | None] = {}

    def fits(self, cell: CellKey) -> bool:
        """Whether every line keeps inside its column and all of them inside the row."""
        highs = self._highs(cell)
        return highs is not None and sum(highs) + PAD <= self.row

    def _blocks(self, cell: CellKey) -> list[Block]:
        """The blocks of a cell: single doses, or with two drugs all doses of a time of day."""
        if not self.context.many_drugs:
            return [(entry,) for entry in cell.entries]
        times = dict.fromkeys(entry.slot.time for entry in cell.entries)
        if len(times) == 1:
            return [(entry,) for entry in cell.entries]
        return [tuple(entry for entry in cell.entries if entry.slot.time == time) for time in times]

    def _highs(self, cell: CellKey) -> list[float] | None:
        """Height of each line of blocks; None if a text is too wide."""
        if any(self._lines(entry) is None for entry in cell.entries):
            return None
        highs = [self._block_high(group) for group in self._blocks(cell)]
        return [max(highs[n : n + self.columns]) for n in range(0, len(highs), self.columns)]

    def _block_high(self, group: Block) -> float:
        return self._time_high + sum(self._entry_high(entry) for entry in group)

    @property
    def _time_high(self) -> float:
        """The height of a time of day above its drugs."""
        return self.level.lead if self.context.many_drugs else 0.0

    def _entry_high(self, entry: Entry) -> float:
        return self.level.dose * 1.25 + self.level.lead * len(self._lines(entry) or [])

    def _lines(self, entry: Entry) -> list[tuple[Take | None, str]] | None:
        """The lines under the dose: a drug's name, milligrams of a volume, pieces; None if one is too wide."""
        if entry not in self._lines_of:
            self._lines_of[entry] = self._measured(entry)
        return self._lines_of[entry]

    def _measured(self, entry: Entry) -> list[tuple[Take | None, str]] | None:
        level, head = self.level, self._head_wide(entry)
        lines: list[tuple[Take | None, str]] = []
        if self.context.many_drugs and not self._drug_beside:
            lines.append((None, entry.slot.drug))
        if self.context.measured(entry):
            lines.append((None, self.words.mg(entry.dose)))
        else:
            for piece in entry.pieces:
                broken = self._broken(self.context.phrase(piece))
                if broken is None:
                    return None
                lines += [(piece if n == 0 else None, text) for n, text in enumerate(broken)]
        room = self.column - PAD - self._indent
        if head > self.column - PAD or any(width(text, BOLD, level.words) > room + 20 for _, text in lines):
            return None
        return lines

    @property
    def _indent(self) -> float:
        return PAD + self.level.box + 6

    def _broken(self, phrase: str) -> list[str] | None:
        room = self.column - PAD - self._indent
        # A long bottle name takes as many lines as it needs; a number stays with its unit.
        held = phrase.replace(" mL", f"{NBSP}mL").split("|")
        wrapped = [line for part in held for line in wrap(part, REGULAR, self.level.words, room)]
        for lines in (*map(list, set_in_lines(phrase)), wrapped):
            if all(width(line, REGULAR, self.level.words) <= room for line in lines):
                return lines
        return None

    def _dose_text(self, entry: Entry) -> str:
        if not entry.dose:
            return self.words.say("no_dose")
        volume = entry.pieces[0].volume if self.context.measured(entry) else None
        return self.words.ml(volume) if volume is not None else self.words.mg(entry.dose)

    def _dose_size(self, entry: Entry) -> float:
        return self.level.dose if entry.dose else self.level.words

    def _dose_wide(self, entry: Entry) -> float:
        return width(self._dose_text(entry), BOLD, self._dose_size(entry))

    def _head_at(self, entry: Entry) -> float:
        """Where a dose's head begins: after its box, or at the edge without one."""
        return self._indent if entry.dose else PAD

    def _head_wide(self, entry: Entry) -> float:
        wide = self._head_at(entry) + self._dose_wide(entry)
        if self.context.many_drugs:
            return wide
        return wide + width(self.words.time(entry.slot.time), REGULAR, self.level.words) + BESIDE

    @cached_property
    def _drug_beside(self) -> bool:
        """Whether every dose of the plan has room for its drug on the same line."""
        schedule = self.context.schedule
        return all(
            self._indent + self._dose_wide(entry) + BESIDE + width(entry.slot.drug, BOLD, self.level.words)
            <= self.column - PAD
            for step in schedule
            for entry in entries(schedule, step)
        )

    def draw(self, canvas: Canvas, cell: CellKey) -> None:
        """Draw a row on its own surface, without weekday, number and month, which `stamp` adds."""
        marks, low_ink = cell.marks, self.context.facts.low_ink
        if DayMark.HOLD in marks:
            canvas.held(self.wide, self.row, inset=1.5, low_ink=low_ink)
        for n in range(self.columns):
            x = DATE_WIDE + n * self.column
            canvas.rule(x, 0, x, self.row)
        new = bool(CHANGES & set(marks))
        if new:
            canvas.box(1.5, 1.5, self.wide - 3, self.row - 3, thick=3)
        if DayMark.LAST_DAY in marks:
            canvas.box(0.8, 0.8, self.wide - 1.6, self.row - 1.6, thick=1.6)
            # Clear of the thicker frame of a new dose on the same day.
            inner = 4.6 if new else 3.6
            canvas.box(inner, inner, self.wide - 2 * inner, self.row - 2 * inner, thick=0.8)
        self._draw_markers(canvas, marks)
        highs = self._highs(cell) or []
        slack = self.row - sum(highs) - PAD
        y = PAD / 2 + min(3.0, slack / 2)
        gap = min(self.level.lead / 2, max(0.0, slack - 6) / max(1, len(highs)))
        blocks = self._blocks(cell)
        for line, high in enumerate(highs):
            first = self.columns * line
            for n, group in enumerate(blocks[first : first + self.columns]):
                self._block(canvas, DATE_WIDE + n * self.column, y, group)
            y += high + gap

    def _marker_high(self, marks: tuple[DayMark, ...]) -> float:
        return MARKER_HIGH if len(marker_keys(marks)) < 2 else SECOND_MARKER_HIGH

    def _draw_markers(self, canvas: Canvas, marks: tuple[DayMark, ...]) -> None:
        """Draw one marker per mark at the foot of the date, the first above the second."""
        high = self._marker_high(marks)
        markers = marker_keys(marks)
        sizes = (15.0, 14.0, 13.0, 12.0) if len(markers) < 2 else (13.0, 12.0, 11.0)
        for n, (mark, key) in enumerate(markers):
            found = marker_within(self.context, mark, key, sizes, high, 9.0, DATE_WIDE + 6)
            top = self.row - high * (len(markers) - n)
            found.draw(canvas, 0, top, low_ink=self.context.facts.low_ink, wide=DATE_WIDE)

    def _block(self, canvas: Canvas, x: float, y: float, group: Block) -> None:
        if self.context.many_drugs:
            time = self.words.time(group[0].slot.time)
            canvas.text(x + PAD, y + self.level.words * 1.1, time, self.level.words)
            y += self._time_high
        for entry in group:
            self._entry(canvas, x, y, entry)
            y += self._entry_high(entry)

    def _entry(self, canvas: Canvas, x: float, y: float, entry: Entry) -> None:
        level, many = self.level, self.context.many_drugs
        base, at = y + level.dose * 1.02, x + self._head_at(entry)
        if entry.dose:
            canvas.box(x + PAD, base - level.box * 0.88, level.box, level.box, thick=1.4, fill=1.0)
        if not many:
            at += canvas.text(at, base, self.words.time(entry.slot.time), level.words) + BESIDE
        wide = canvas.text(at, base, self._dose_text(entry), self._dose_size(entry), bold=True)
        if entry.changed:
            canvas.rule(at, base + 3.4, at + wide, base + 3.4, 2)
        if many and self._drug_beside:
            canvas.text(at + wide + BESIDE, base, entry.slot.drug, level.words, bold=True)
        for piece, text in self._lines(entry) or []:
            base += level.lead
            if piece is not None:
                size = level.words * 0.84
                two = piece.quarters == 8
                left = x + PAD - (1 if two else 0) + (0 if two else (level.box - size) / 2)
                self.context.draw_piece(
                    canvas,
                    left,
                    base - level.words * 0.33,
                    min(size, level.box * 0.56 if two else size),
                    piece,
                )
            canvas.text(
                x + self._indent, base, text, level.words, bold=piece is None and text == entry.slot.drug
            )

    def stamp(self, canvas: Canvas, y: float, day: Day) -> None:
        """Write weekday, number and month into a placed row."""
        left, small = LARGE_MARGIN + 9, max(14.0, self.level.words - 2) if self.context.facts.large else 11.0
        # The marker is at the foot of the row, so number and weekday stay above it.
        room = self.row - self._marker_high(day.marks) * len(marker_keys(day.marks))
        big = min(self.level.day, room - small - 8)
        base = y + small + 4
        weekday = self.words.weekdays[day.date.weekday()]
        one_line(
            canvas, left, base, weekday, (small, small - 1, 12.0, 10.0), DATE_WIDE - 14, "weekday", bold=True
        )
        base += big * 0.95 + 2
        wide = canvas.text(left, base, str(day.date.day), big, bold=True)
        month = self.words.months[day.date.month - 1]
        one_line(
            canvas, left + wide + 6, base, month, (small, 14.0, 12.0, 10.0), DATE_WIDE - wide - 17, "month"
        )


TOP = 95.0
FOOT = 135.0
QR_SIDE = 88.0
FOOTER = "week-footer"
WEEK = 7
# With fewer days per page than this, pages do not follow weeks.
LEAST_OF_WEEK = 3


@dataclass(frozen=True)
class WeekPage:
    """The days of a page, and the layout of their rows."""

    days: tuple[Day, ...]
    rows: RowLayout


class Weeks(Section):
    """One page per week, or per fewer days. Raises DoesNotFit."""

    def __init__(self, context: CalendarContext) -> None:
        self.context, self.words, self.weeks = context, context.words, _shared_out(context)
        self.left, self.right = LARGE_MARGIN, context.short - LARGE_MARGIN
        self.wide = self.right - self.left

    @property
    def pages(self) -> int:
        """As many as the days need; the last page may have only the text after the last day."""
        return len(self.weeks)

    def days(self, n: int) -> Sequence[date]:
        """The days of a page."""
        return [day.date for day in self.weeks[n].days]

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Draw the days of one page, and after the last day the text about what comes next."""
        if n == 0:
            _define_footer(canvas, self.context)
        page, week = where.first(self) + n, self.weeks[n]
        self._head(canvas, week.days)
        self._rows(canvas, week, page)
        if n == self.pages - 1 and self.context.after_last_day:
            self._after(canvas, len(week.days) * week.rows.row)
        canvas.place(FOOTER, self.left, canvas.height - FOOT + 2, FOOT - 30)
        foot = canvas.height - 24
        number = self.words.say("page_of", page=page, pages=where.pages)
        canvas.text(self.left, foot, number, 15, bold=True)
        scan = self.words.say("scan")
        canvas.text(self.right - QR_SIDE - 8, foot, scan, 12, bold=True, align="right")

    def _head(self, canvas: Canvas, days: tuple[Day, ...]) -> None:
        context, words, left, right, wide = self.context, self.words, self.left, self.right, self.wide
        room = wide - 14 - draw_drugs(canvas, left, 52, context.drug_title, (28, 24, 20, 16), wide * 0.6)
        context.draw_name(canvas, right, 50, room, (19, 17, 15, 14, 12))
        beside = self._visits(canvas, [day.date for day in days if day.follow_up])
        if days:
            span = words.span(days[0].date, days[-1].date, year=True)
        else:
            last = words.day_year(last_shown_day(context.schedule))
            span = words.say(ending_key(context.schedule), date=last)
        sizes = (25, 22, 19, 17, 15, 14, 13, 12)
        one_line(canvas, left, 84, span, sizes, wide - beside - 14, "span", bold=True)

    def _visits(self, canvas: Canvas, visits: list[date]) -> float:
        """Draw the visits beside the dates; returns their width."""
        if not visits:
            return canvas.text(self.right, 82, self.context.second_fact, 16, align="right")
        # Visits take the line beside the dates, so the year of birth moves up under the name.
        born = canvas.text(self.right, 66.5, self.context.second_fact, 13, align="right")
        visits_text = self.words.say("visits_on", dates=self.words.days(visits))
        sizes, room = (16, 15, 14, 13, 12, 11, 10, 9), self.wide * 0.45
        size = one_line(canvas, self.right, 84, visits_text, sizes, room, "visits", bold=True, align="right")
        return max(born, width(visits_text, BOLD, size))

    def _rows(self, canvas: Canvas, week: WeekPage, page: int) -> None:
        rows, row = week.rows, week.rows.row
        forms = distinct(week.days)
        names = {key: f"row-{page}-{n}" for n, key in enumerate(forms)}
        for key, cell in forms.items():
            with canvas.form(names[key], self.wide, row) as surface:
                rows.draw(surface, cell)
        for n, day in enumerate(week.days):
            canvas.place(names[look(day)], self.left, TOP + n * row, row)
        for n, day in enumerate(week.days):
            canvas.box(self.left, TOP + n * row, self.wide, row, thick=0.8)
            rows.stamp(canvas, TOP + n * row, day)

    def _after(self, canvas: Canvas, used: float) -> None:
        """Draw the text after the last day, under `used` points of rows."""
        found = _ending(self.context, used)
        if found is None:
            raise DoesNotFit(what="after_last_day")
        lines, size = found
        y = TOP + used
        canvas.box(self.left, y, self.wide, len(lines) * size * 1.22 + 14, thick=0.8)
        canvas.lines(self.left + 8, y + size + 6, lines, size, size * 1.22, bold=True)


def _shared_out(context: CalendarContext) -> list[WeekPage]:
    """The days by page, at the first size level at which they fit; weeks that fit on a page get one even if others do
    not. Raises DoesNotFit."""
    facts = context.facts
    days = shown_days(context.schedule, made_on=facts.made_on, follow_up=facts.follow_up)
    cells = list(distinct(days).values())
    levels = LARGE_LEVELS if facts.large else WEEK_LEVELS
    whole: RowLayout | None = None
    for level in levels:
        rows = RowLayout(context, level, (context.long - TOP - FOOT) / level.days)
        if all(rows.fits(cell) for cell in cells):
            return _with_ending(context, _pages(days, facts.week_starts, rows, whole))
        # The smallest size at which a week still fits on a page.
        whole = rows if level.days == WEEK else whole
    raise DoesNotFit(what="day")


def _pages(
    days: tuple[Day, ...], week_starts: int, rows: RowLayout, whole: RowLayout | None
) -> list[WeekPage]:
    """Whole weeks if they fit; else weeks divided evenly, so that pages begin on the same weekdays each week; else as
    many days as fit."""
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


def _few(days: list[Day], rows: RowLayout) -> list[WeekPage]:
    most = rows.level.days
    return [WeekPage(tuple(days[n : n + most]), rows) for n in range(0, len(days), most)]


def _with_ending(context: CalendarContext, pages: list[WeekPage]) -> list[WeekPage]:
    """Place the text after the last day: under it, under it on a page of its own, or on the next page."""
    *before, last = pages
    for some in ((last.days,), (last.days[:-1], last.days[-1:])):
        if all(some) and _ending(context, last.rows.row * len(some[-1])) is not None:
            return [*before, *(WeekPage(days, last.rows) for days in some)]
    return [*before, last, WeekPage((), last.rows)] if context.after_last_day else pages


def _ending(context: CalendarContext, used: float) -> tuple[list[str], float] | None:
    """The lines and size of the text after the last day, under `used` points of rows; None if it does not fit."""
    sizes = (18.0, 16.0, 15.0, 14.0) if context.facts.large else (14.0, 13.0, 12.0, 11.0)
    room, high = context.short - 2 * LARGE_MARGIN - 16, context.long - TOP - FOOT - used - 14
    if not context.after_last_day or high <= 0:
        return None
    try:
        return block(context.after_last_day, sizes, room, high, "after_last_day", bold=True)
    except DoesNotFit:
        return None


def _define_footer(canvas: Canvas, context: CalendarContext) -> None:
    """Draw the footer of the portrait calendar pages as a form; the page number is stamped later."""
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
