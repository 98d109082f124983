"""Portrait pages with a row for each day and one fixed column for each time of day, empty where nothing is due.

For months with more than two times of day, or more in a day than a cell of a month's grid holds, and for large print. A
month is one page, or as many equal parts as its days and the strip under them need; every day is on exactly one page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import pairwise, product
from typing import Final

from plans.documents.calendar.cells import CellKey, distinct, look
from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.day_cells import DoseLines, ListSizes
from plans.documents.calendar.day_markers import DayMarker, day_marker
from plans.documents.calendar.page_strip import CLOSE_STRIP, LARGE_STRIP, NORMAL_STRIP, PageStrip
from plans.documents.calendar.sentences import month_sentences
from plans.documents.engine import qr
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.head_and_foot import draw_drugs, draw_version_lines, version_lines
from plans.documents.engine.section import PageMap, Section
from plans.documents.engine.styles import LARGE_MARGIN, MONTH_MARGIN
from plans.documents.engine.text import largest
from plans.domain.documents.calendar import CHANGES, Day, DayMark, Entry, initials, last_shown_day, week_of
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.schedule import TimeOfDay, in_order

_NORMAL: Final = ListSizes(14, 10, 12, 10, 9.5, 10.5, 14.2, 3.2, 8.8, 11, 10)
_LARGE: Final = ListSizes(22, 18, 20, 18, 17, 17, 23, 5, 16, 18, 18)
# Scales of type and of the distance between lines: a page with room to spare has larger type.
_SCALES: Final = ((1.35, 1.0), (1.25, 1.0), (1.15, 1.0), (1.08, 1.0), (1.0, 1.0), (1.0, 0.9))
_LARGE_SCALES: Final = ((1.15, 1.0), (1.0, 1.0), (1.0, 0.92))
# A day that needs more than a page has smaller type before it is refused.
_ALONE: Final = ((0.88, 0.9), (0.8, 0.9))
_CHANGE_FRAME: Final = 2.0
_GAP: Final = 4.0


@dataclass(frozen=True, slots=True)
class ListLook:
    """Where the parts of a page are: in normal or in large print."""

    margin: float
    top: float
    foot: float
    code: float


NORMAL_LOOK: Final = ListLook(MONTH_MARGIN, 88.0, 84.0, 58.0)
LARGE_LOOK: Final = ListLook(LARGE_MARGIN, 94.0, 92.0, 68.0)


def month_of(days: Sequence[Day]) -> tuple[int, int]:
    """The year and month that most of some days lie in."""
    months = Counter((day.date.year, day.date.month) for day in days)
    return months.most_common(1)[0][0]


def list_look(context: CalendarContext) -> ListLook:
    """The look of a document's lists."""
    return LARGE_LOOK if context.facts.large else NORMAL_LOOK


class Arranged(StrEnum):
    """How the doses of a day are arranged, the clearest first.

    A column for each time of day, with two drugs one for each of them too, or their names, or beginnings of names in
    frames; where columns would be too narrow, a line for each time of day, which names it.
    """

    COLUMNS = "columns"
    NAMES = "names"
    BEGINNINGS = "beginnings"
    LINES = "lines"


# A time of day, and the drug of a column that is for one drug; no time of a column with a line for each.
Column = tuple[str, str]


class ListPage:
    """The days of one page, measured at one scale: `beside` puts markers beside the date instead of under it, `told` is
    how the doses are arranged. `highs` is None where not all of it has room."""

    def __init__(
        self,
        context: CalendarContext,
        strip: PageStrip,
        scale: tuple[float, float],
        *,
        beside: bool,
        told: Arranged,
        apart: bool = False,
    ) -> None:
        self.context, self.strip, self.days, self.words = context, strip, strip.days, context.words
        self.whole_month, self.apart = True, apart
        self.month = month_of(strip.days)
        self.look = list_look(context)
        self.sizes = (_LARGE if context.facts.large else _NORMAL).scaled(*scale)
        self.beside = beside
        self.wide = context.short - 2 * self.look.margin
        self.drugs = context.drugs_on(self.days)
        slots = {(entry.slot.time, entry.slot.drug) for day in self.days for entry in day.entries}
        times = in_order(time for time, _ in slots)
        columns = self.drugs if told is Arranged.COLUMNS else ("",)
        self.lines = told is Arranged.LINES
        self.columns: tuple[Column, ...] = (
            (("", ""),)
            if self.lines
            else tuple(
                (time, drug) for time in times for drug in columns if not drug or (time, drug) in slots
            )
        )
        names = [self.words.time(time) for time in times] if self.lines else []
        # The times of day at the left of their lines.
        self.label = max((width(name, REGULAR, self.sizes.words) + 6 for name in names), default=0.0)
        self.column = (self.wide - self.date_wide) / max(1, len(self.columns))
        self.doses = DoseLines(context, self.sizes, self.column - 2 * _GAP - self.label, self._tags(told))
        self.cells = distinct(self.days)
        self.ending = self._ending()

    def _tags(self, told: Arranged) -> dict[str, str]:
        if len(self.drugs) < 2 or told is Arranged.COLUMNS:
            return {}
        names = told in (Arranged.NAMES, Arranged.LINES)
        return {drug: drug for drug in self.drugs} if names else initials(self.drugs)

    @property
    def head_high(self) -> float:
        """The height of the columns' headings."""
        if self.lines:
            return 2.0
        return self.sizes.heading * (2.7 if self.columns[0][1] else 1.6)

    # Dates and markers

    @cached_property
    def _names_wide(self) -> float:
        sizes = self.sizes
        number = width("30", BOLD, sizes.number)
        names = [[self.words.weekdays[day.date.weekday()], self.month_name(day)] for day in self.days]
        return number + 4 + max(width(" ".join(filter(None, name)), BOLD, sizes.weekday) for name in names)

    def month_name(self, day: Day) -> str:
        """The name of a joined month, beside its days."""
        return "" if day.date.month == self.month[1] else self.words.months[day.date.month - 1]

    @cached_property
    def date_wide(self) -> float:
        """The width of the dates, with the markers beside or under them."""
        markers = max((self._markers_wide(day.marks) for day in self.days), default=0.0)
        if self.beside:
            return 2 * _GAP + self._names_wide + (markers + _GAP if markers else 0.0)
        return max(2 * _GAP + self._names_wide, markers + 2)

    def markers(self, marks: tuple[DayMark, ...]) -> list[DayMarker]:
        """One marker per mark, the last day's last."""
        size = self.sizes.marker
        found = [day_marker(self.context, mark, mark.value, size, size * 1.45, size * 0.4) for mark in marks]
        return [found[0], found[-1]] if len(found) > 2 else found

    def _markers_wide(self, marks: tuple[DayMark, ...]) -> float:
        return max((marker.wide for marker in self.markers(marks)), default=0.0)

    # Heights

    @staticmethod
    def entries_in(cell: CellKey, column: Column) -> list[Entry]:
        """The doses of a day that stand in a column."""
        time, drug = column
        return [one for one in cell.entries if time in ("", one.slot.time) and drug in ("", one.slot.drug)]

    def cell_lines(self, cell: CellKey, column: Column) -> int | None:
        """How many lines the doses in a column take; None if one is too wide."""
        count = 0
        for entry in self.entries_in(cell, column):
            lines = self.doses.lines(entry)
            if lines is None:
                return None
            count += len(lines)
        return count

    def row_high(self, cell: CellKey) -> float | None:
        """The least height of a day's row; None if a text of it is too wide."""
        counts = [self.cell_lines(cell, column) for column in self.columns]
        if any(count is None for count in counts):
            return None
        sizes = self.sizes
        doses = max((count or 0 for count in counts), default=0) * sizes.lead
        marked = sum(marker.high + 1 for marker in self.markers(cell.marks))
        dated = sizes.number * 0.85 + (marked + 3 if marked and not self.beside else 0)
        return max(doses, dated, marked) + sizes.pad

    def _ending(self) -> tuple[list[str], float]:
        """The lines and size of the text after the last day, where that is on this page."""
        if self.days[-1].date != last_shown_day(self.context.schedule) or not self.context.after_last_day:
            return [], 0.0
        sizes = (18.0, 17.0, 16.0) if self.context.facts.large else (12.0, 11.0, 10.0)
        return block(self.context.after_last_day, sizes, self.wide - 16, 150, "after_last_day", bold=True)

    @property
    def ending_high(self) -> float:
        """The height of the text after the last day."""
        lines, size = self.ending
        return len(lines) * size * 1.22 + 12 if lines else 0.0

    @property
    def room(self) -> float:
        """What the rows may take."""
        look = self.look
        strip = 0.0 if self.apart else self.strip.high + 8
        return self.context.long - look.top - self.head_high - strip - self.ending_high - look.foot

    @cached_property
    def highs(self) -> dict[object, float] | None:
        """The height of each distinct row, stretched over the page; None if they do not fit."""
        least = {key: self.row_high(cell) for key, cell in self.cells.items()}
        known = {key: high for key, high in least.items() if high is not None}
        heads = {
            text for time, drug in self.columns if time for text in (self.words.time(TimeOfDay(time)), drug)
        }
        narrow = any(width(head, BOLD, self.sizes.heading) > self.column - 6 for head in heads)
        if len(known) < len(least) or narrow:
            return None
        total = sum(known[look(day)] for day in self.days)
        if total > self.room:
            return None
        spare = min((self.room - total) / len(self.days), self.sizes.lead * 0.8)
        return {key: high + spare for key, high in known.items()}


def list_pages(context: CalendarContext, days: Sequence[Day]) -> list[ListPage]:
    """The pages of one month's days: the fewest equal parts at which all fit, then full names before beginnings of
    names, then the largest type. Raises DoesNotFit."""
    for parts in range(1, len(days) + 1):
        ends = [round(len(days) * n / parts) for n in range(parts + 1)]
        pages = []
        for first, last in pairwise(ends):
            page = _fitted(context, days[first:last])
            if page is None:
                break
            page.whole_month = parts == 1
            pages.append(page)
        else:
            return pages
    raise DoesNotFit(what="day")


def _fitted(context: CalendarContext, days: Sequence[Day]) -> ListPage | None:
    """A page of some days at the largest sizes at which they fit; None if they fit at none."""
    large, alone = context.facts.large, len(days) == 1
    wide = context.short - 2 * list_look(context).margin
    name = f"strip-{days[0].date.isoformat()}-{len(days)}"
    room = context.long - list_look(context).top - list_look(context).foot - 8
    for sizes in [LARGE_STRIP if large else NORMAL_STRIP, *([CLOSE_STRIP] if large and alone else ())]:
        try:
            strip = PageStrip(context, days, wide, sizes, name)
        except DoesNotFit:
            continue
        page = _fitted_over(context, strip)
        if page is None and alone and strip.high <= room:
            page = _fitted_over(context, strip, apart=True)
        if page is not None:
            return page
    return None


def _fitted_over(context: CalendarContext, strip: PageStrip, *, apart: bool = False) -> ListPage | None:
    """A page over a strip, or with `apart` on the page before it, at the largest sizes at which it fits."""
    days, large = strip.days, context.facts.large
    scales = (*(_LARGE_SCALES if large else _SCALES), *(_ALONE if len(days) == 1 else ()))
    many = len(context.drugs_on(days)) > 1
    for told in Arranged if many else (Arranged.NAMES, Arranged.LINES):
        sides = [
            beside
            for beside in (True, False)
            if ListPage(context, strip, scales[-1], beside=beside, told=told, apart=apart).highs is not None
        ]
        for scale, beside in product(scales, sides):
            page = ListPage(context, strip, scale, beside=beside, told=told, apart=apart)
            if page.highs is not None:
                return page
    return None


class DayList(Section):
    """Consecutive pages of days in rows. `number` tells the document's lists apart."""

    def __init__(self, context: CalendarContext, pages: Sequence[ListPage], number: int = 0) -> None:
        self.context, self.words = context, context.words
        # A day that fills its page has its strip on the next one.
        self._parts = [(page, part) for page in pages for part in ((True, False) if page.apart else (True,))]
        self.footer = f"list-footer-{number}"
        self.look = list_look(context)
        self.left, self.right = self.look.margin, context.short - self.look.margin

    @property
    def pages(self) -> int:
        """One for each part of a month, and one for a strip that has no room under its day."""
        return len(self._parts)

    def days(self, n: int) -> Sequence[date]:
        """The days of a page."""
        page, rows = self._parts[n]
        return [day.date for day in page.days] if rows else []

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Draw the days of one page, the strip under them, and after the last day what comes next."""
        if n == 0:
            self._define_footer(canvas)
        (page, rows), number = self._parts[n], where.first(self) + n
        self._head(canvas, page)
        if rows:
            self._after(canvas, page, self._rows(canvas, page, number))
        if not page.apart:
            page.strip.draw(canvas, self.left, canvas.height - self.look.foot - page.strip.high - 3)
        elif not rows:
            page.strip.draw(canvas, self.left, self.look.top + 3)
        foot = canvas.height - self.look.foot
        canvas.place(self.footer, self.left, foot, self._foot_high)
        self._page_number(canvas, number, where.pages)

    # Head

    def _head(self, canvas: Canvas, page: ListPage) -> None:
        context, words, large = self.context, self.words, self.context.facts.large
        title = context.title_of(page.drugs)
        sizes = (28, 24, 20, 18) if large else (25, 21, 18, 15, 12)
        used = draw_drugs(canvas, self.left, 44, title, sizes, page.wide * 0.58)
        names = (19, 18, 17, 16) if large else (15, 13, 11, 10)
        context.draw_name(canvas, self.right, 42, page.wide - used - 14, names)
        small = 16 if large else 10.5
        born = canvas.text(self.right, 62 if large else 58, context.second_fact, small, align="right")
        base = 68 if large else 66
        month = canvas.text(self.left, base, words.month(*page.month), 22 if large else 19, bold=True)
        if not page.whole_month:
            span, at = words.span(page.days[0].date, page.days[-1].date), self.left + month + 10
            room = self.right - born - at - 8
            one_line(canvas, at, base, span, (16, 15, 14, 13, 12) if large else (12, 11, 10), room, "span")
        self._sentence(canvas, page, large=large)
        top = self.look.top
        canvas.rule(self.left, top - 1, self.right, top - 1, 1.5)

    def _sentence(self, canvas: Canvas, page: ListPage, *, large: bool) -> None:
        for sentence in month_sentences(self.context, page.days):
            size = largest(sentence, REGULAR, (16, 15, 14) if large else (10.5, 9.5, 8.5, 8.0), page.wide)
            if size is not None:
                if sentence:
                    canvas.text(self.left, self.look.top - 7, sentence, size)
                return
        raise DoesNotFit(what="visits")

    # Rows

    def _rows(self, canvas: Canvas, page: ListPage, number: int) -> float:
        y = self.look.top
        self._headings(canvas, page, y)
        y += page.head_high
        top, highs = y, page.highs or {}
        names = {}
        for n, (key, cell) in enumerate(page.cells.items()):
            names[key] = f"list-{number}-{n}"
            with canvas.form(names[key], page.wide, highs[key]) as surface:
                self._row(surface, page, cell, highs[key])
        lines = [y]
        for framed in (False, True):
            y = top
            for day in page.days:
                if bool(set(day.marks) & (CHANGES | {DayMark.LAST_DAY})) is framed:
                    canvas.place(names[look(day)], self.left, y, highs[look(day)])
                y += highs[look(day)]
                if not framed:
                    lines.append(y)
            if not framed:
                self._lines(canvas, page, lines)
        y = top
        for day in page.days:
            self._date(canvas, page, day, y)
            y += highs[look(day)]
        return y

    def _headings(self, canvas: Canvas, page: ListPage, y: float) -> None:
        size = page.sizes.heading
        for n, (time, drug) in enumerate(page.columns):
            x, base = self._column_at(page, n) + _GAP, y + size * 1.2
            if time:
                canvas.text(x, base, self.words.time(TimeOfDay(time)), size, bold=True)
            if drug:
                canvas.text(x, base + size * 1.15, drug, size, bold=True)

    def _column_at(self, page: ListPage, n: int) -> float:
        return self.left + page.date_wide + n * page.column

    def _lines(self, canvas: Canvas, page: ListPage, lines: list[float]) -> None:
        """Lines between days, thicker between weeks, and between the columns."""
        starts = self.context.facts.week_starts
        for n, y in enumerate(lines):
            opens = n < len(page.days) and page.days[n].date == week_of(page.days[n].date, starts)
            edge = n in (0, len(lines) - 1)
            canvas.rule(self.left, y, self.right, y, 1.0 if edge else 1.3 if opens else 0.4)
        for n in range(len(page.columns)):
            x = self._column_at(page, n)
            canvas.rule(x, lines[0], x, lines[-1], 0.8)
        for x in (self.left, self.right):
            canvas.rule(x, lines[0], x, lines[-1], 1.0)

    def _row(self, canvas: Canvas, page: ListPage, cell: CellKey, high: float) -> None:
        sizes, marks, low_ink = page.sizes, cell.marks, self.context.facts.low_ink
        if DayMark.HOLD in marks:
            canvas.held(page.wide, high, inset=1.2, low_ink=low_ink)
        if CHANGES & set(marks):
            canvas.box(1, 1, page.wide - 2, high - 2, thick=_CHANGE_FRAME)
        if DayMark.LAST_DAY in marks:
            canvas.box(0.6, 0.6, page.wide - 1.2, high - 1.2, thick=1.2)
            inner = 3.4 if CHANGES & set(marks) else 2.4
            canvas.box(inner, inner, page.wide - 2 * inner, high - 2 * inner, thick=0.6)
        self._markers(canvas, page, marks, high)
        for n, column in enumerate(page.columns):
            x = self._column_at(page, n) - self.left + _GAP
            count = page.cell_lines(cell, column) or 0
            base = (high - count * sizes.lead) / 2 + sizes.lead * 0.5 + sizes.dose * 0.36
            said = ""
            for entry in page.entries_in(cell, column):
                if page.lines and entry.slot.time != said:
                    said = entry.slot.time
                    canvas.text(x, base, self.words.time(entry.slot.time), sizes.words)
                base = page.doses.draw(canvas, x + page.label, base, entry)

    def _markers(self, canvas: Canvas, page: ListPage, marks: tuple[DayMark, ...], high: float) -> None:
        """Beside the date in the middle of the row, or under it at its foot."""
        markers = page.markers(marks)
        total = sum(marker.high + 1 for marker in markers)
        y = (high - total) / 2 + 0.5 if page.beside else high - total - 1
        for marker in markers:
            left = page.date_wide - marker.wide - 1 if page.beside else 1
            marker.draw(canvas, left, y, low_ink=self.context.facts.low_ink)
            y += marker.high + 1

    def _date(self, canvas: Canvas, page: ListPage, day: Day, y: float) -> None:
        sizes, high = page.sizes, (page.highs or {})[look(day)]
        marked = 0.0 if page.beside else sum(marker.high + 1 for marker in page.markers(day.marks))
        base = y + (high - marked) / 2 + sizes.number * 0.36
        number = width("30", BOLD, sizes.number)
        x = self.left + _GAP
        canvas.text(x + number, base, str(day.date.day), sizes.number, bold=True, align="right")
        weekday = self.words.weekdays[day.date.weekday()]
        x += number + 4
        x += canvas.text(x, base, weekday, sizes.weekday, bold=day.follow_up) + sizes.weekday * 0.3
        if page.month_name(day):
            canvas.text(x, base, page.month_name(day), sizes.weekday, bold=True)

    def _after(self, canvas: Canvas, page: ListPage, y: float) -> None:
        lines, size = page.ending
        if lines:
            canvas.box(self.left, y + 2, page.wide, page.ending_high - 4, thick=0.8)
            canvas.lines(self.left + 8, y + size + 5, lines, size, size * 1.22, bold=True)

    # Foot

    @property
    def _foot_high(self) -> float:
        return self.look.foot - 20

    def _page_number(self, canvas: Canvas, number: int, pages: int) -> None:
        said = self.words.say("page_of", page=number, pages=pages)
        right, foot = self.right - self.look.code - 6, canvas.height - self.look.foot
        if self.context.facts.large:
            canvas.text(self.left, foot + 69.5, said, 16, bold=True)
        else:
            canvas.text(right, foot + 56, said, 10.5, bold=True, align="right")

    def _define_footer(self, canvas: Canvas) -> None:
        wide = self.right - self.left
        with canvas.form(self.footer, wide, self._foot_high) as foot:
            qr.draw(
                foot,
                wide - self.look.code,
                2,
                min(self.look.code, self._foot_high - 2),
                self.context.facts.status_url,
            )
            if self.context.facts.large:
                self._large_foot(foot, wide - self.look.code - 8)
            else:
                self._foot(foot, wide)

    def _foot(self, foot: Canvas, wide: float) -> None:
        context, words = self.context, self.words
        room = wide * 0.52
        used = one_line(
            foot, 0, 19, context.clinic_phone, (17, 15, 13, 11), room * 0.5, "clinic_phone", bold=True
        )
        x = width(context.clinic_phone, BOLD, used) + 8
        lines, size = block(
            context.clinic_name, (9.5, 8.5, 8, 7.5), room - x, 20, "clinic_name", bold=True, lead=1.12
        )
        foot.lines(x, 19 - size * 1.12 * (len(lines) - 1), lines, size, size * 1.12, bold=True)
        one_line(foot, 0, 33, words.say("see_page_one"), (9, 8.5, 8, 7.5), room, "see_page_one")
        one_line(foot, 0, 46, words.say("never_stop"), (9.5, 9, 8.5, 8, 7.5), room, "key", bold=True)
        tick = 12 + foot.text(12, 58, words.say("key_tick"), 9)
        foot.box(0, 50.4, 9, 9, thick=1)
        one_line(foot, tick + 12, 58, words.say("key_hold"), (9, 8.5, 8, 7.5), room - tick - 12, "key")
        right, room = wide - self.look.code - 6, wide * 0.36
        one_line(foot, right, 9, words.say("scan"), (9.5, 8.5, 7.5), room, "scan", bold=True, align="right")
        draw_version_lines(foot, context, right, 0, room)

    def _large_foot(self, foot: Canvas, room: float) -> None:
        context, words = self.context, self.words
        sizes = (24, 22, 19, 17, 16)
        used = one_line(foot, 0, 20, context.clinic_phone, sizes, room * 0.6, "clinic_phone", bold=True)
        x = width(context.clinic_phone, BOLD, used) + 10
        names = (16, 15, 14, 13, 12, 11, 10, 9.5, 9)
        lines, size = block(context.clinic_name, names, room - x, 22, "clinic_name", lead=1.08)
        foot.lines(x, 20 - size * 1.08 * (len(lines) - 1), lines, size, size * 1.08)
        one_line(foot, 0, 35, words.say("see_page_one"), (16, 15), room, "see_page_one")
        one_line(foot, 0, 50, words.say("never_stop"), (16, 15), room, "never_stop", bold=True)
        # The page number stands at the left of these lines.
        x = width(words.say("page_of", page=888, pages=888), BOLD, 16) + 8
        small = "  ".join([*version_lines(context), words.say("scan")])
        lines, size = block(small, (8.5, 8, 7.5), room - x, 21, "version", lead=1.05)
        for n, line in enumerate(lines):
            foot.text(x, 69.5 - size * 1.05 * (len(lines) - 1 - n), line, size)


def days_by_month(days: Sequence[Day]) -> Iterator[list[Day]]:
    """The days of each month by themselves."""
    month: list[Day] = []
    for day in days:
        if month and month[-1].date.replace(day=1) != day.date.replace(day=1):
            yield month
            month = []
        month.append(day)
    if month:
        yield month
