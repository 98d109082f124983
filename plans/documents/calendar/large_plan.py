"""The plan in large print: one row per step, and nothing under 14 points.

In normal print the same rows replace the table if a day has more doses than a table has room for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.day_markers import marker_keys
from plans.documents.calendar.step_table import StepTableRow, entries_text, rows
from plans.documents.engine import signs
from plans.documents.engine.canvas import GREY, Canvas
from plans.documents.engine.context import one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.section import PageMap
from plans.documents.engine.styles import LARGE_MARGIN, PAGE_MARGIN
from plans.documents.engine.text import wrap
from plans.domain.amounts import NBSP
from plans.domain.documents.calendar import CHANGES, DayMark, Entry, Slot, slots
from plans.domain.documents.facts import DoesNotFit

# A space that holds words together, other than the one between a number and its unit.
_NOT_AT_UNIT: Final = re.compile(f"{NBSP}(?!m[gL])")


@dataclass(frozen=True, slots=True)
class RowSizes:
    """Measures of a step's row: lead, sizes of dates and doses, minimum widths, and doses per line."""

    margin: float
    row_least: float
    line: float
    small: float
    doses: tuple[float, ...]
    date_wide: float
    dose_least: float
    mark_wide: float
    a_line: int


LARGE_ROWS: Final = RowSizes(LARGE_MARGIN, 46, 19, 14, (18, 16, 15, 14), 150, 92, 138, 2)
NORMAL_ROWS: Final = RowSizes(PAGE_MARGIN, 32, 13, 10, (12, 11, 10), 100, 66, 96, 4)
# Further sizes of a dose that has days of the week with it.
_WITH_DAYS: Final = (13.0, 12.0, 11.0, 10.0, 9.0)


class LargePlan:
    """The rows, measured once and drawn in runs on the pages they fall on."""

    def __init__(self, context: CalendarContext, sizes: RowSizes = LARGE_ROWS) -> None:
        self.context, self.words, self.sizes = context, context.words, sizes
        self.wide = context.short - 2 * sizes.margin

    # The table of steps

    @cached_property
    def _used(self) -> tuple[Slot, ...]:
        return slots(self.context.schedule)

    @cached_property
    def _dose_least(self) -> float:
        """The minimum width of a dose: its time and its drug on one line each."""
        texts = [self.words.time(slot.time) for slot in self._used]
        texts += [slot.drug for slot in self._used] if self.context.many_drugs else []
        return max(self.sizes.dose_least, *(width(text, REGULAR, self.sizes.small) + 8 for text in texts))

    @cached_property
    def _columns(self) -> int:
        """Doses per line: as many as leave the dates their minimum width."""
        room = self.wide - self.sizes.mark_wide - self.sizes.date_wide * 0.6
        return max(1, min(self.sizes.a_line, len(self._used), int(room // self._dose_least)))

    @cached_property
    def row_highs(self) -> list[float]:
        """Height of each step's row: three or four doses a day take two lines, long dates as many as they need."""
        return [self._row_high(row) for row in self._rows(PageMap({}, 0))]

    def _row_high(self, row: StepTableRow) -> float:
        doses = -(-len(row.entries) // self._columns) * self._entry_high
        marks = len(marker_keys([row.mark] if row.mark else [])) + 1
        lines = max(len(self._dates(row)), marks)
        return max(self.sizes.row_least, 8 + self.sizes.line * lines, 8 + doses)

    @property
    def _entry_high(self) -> float:
        return self.sizes.line * (3 if self.context.many_drugs else 2)

    def _rows(self, where: PageMap) -> list[StepTableRow]:
        return rows(self.context, where, weekday=False, year=True)

    def _dates(self, row: StepTableRow) -> list[str]:
        room = self._date_wide - 8
        return [
            line for text in self._date_texts(row) for line in wrap(text, REGULAR, self.sizes.small, room)
        ]

    def _date_texts(self, row: StepTableRow) -> tuple[str, str]:
        return row.start, self.words.say("to_date", date=row.until)

    @cached_property
    def _date_wide(self) -> float:
        """The width of the longest date, as long as the doses keep their minimum."""
        texts = [text for row in self._rows(PageMap({}, 0)) for text in self._date_texts(row)]
        longest = max((width(text, REGULAR, self.sizes.small) for text in texts), default=0.0)
        most = self.wide - self.sizes.mark_wide - self._columns * self._dose_least
        return min(max(self.sizes.date_wide, longest + 10), most)

    def table(
        self, canvas: Canvas, y: float, where: PageMap, first: int, last: int, *, floor: float | None
    ) -> None:
        """Draw some steps from y down; with a floor also the text after the last one. Raises DoesNotFit."""
        for n, row in enumerate(self._rows(where)[first:last], start=first):
            # A separate form, by which reading back knows which doses belong to which step.
            high = self._row_high(row)
            with canvas.form(f"step-{n}", self.wide, high) as surface:
                self._row(surface, row, high)
            canvas.place(f"step-{n}", self.sizes.margin, y, high)
            y += high
            canvas.rule(self.sizes.margin, y, self.sizes.margin + self.wide, y, 0.8)
        if floor is not None:
            self._ending(canvas, y + 20, floor)

    def _ending_lines(self) -> list[tuple[list[str], float, bool]]:
        """The text after the last step: (lines, size, bold)."""
        facts = self.context.facts
        visits = [day for day in facts.follow_up if day >= facts.made_on]
        said = [(self.context.last_day_line, 15.0, True), (self.context.after_last_day, 15.0, False)]
        said.append((self.context.ended_line, 15.0, False))
        if visits:
            said.append((f"{self.words.say('follow_up')} {self.words.days(visits, year=True)}", 14.0, False))
        return [
            (wrap(text, BOLD if strong else REGULAR, size, self.wide), size, strong)
            for text, size, strong in said
            if text
        ]

    @cached_property
    def ending_high(self) -> float:
        """Height of the text after the last step."""
        return 20 + sum(len(lines) * size * 1.28 for lines, size, _ in self._ending_lines())

    def _ending(self, canvas: Canvas, y: float, floor: float) -> None:
        for lines, size, strong in self._ending_lines():
            y = canvas.lines(self.sizes.margin, y, lines, size, size * 1.28, bold=strong)
        if y > floor + 16:
            raise DoesNotFit(what="after_last_day")

    def _row(self, canvas: Canvas, row: StepTableRow, high: float) -> None:
        if row.mark is DayMark.HOLD and not self.context.facts.low_ink:
            canvas.box(0, 0, self.wide, high, thick=0, fill=GREY)
        canvas.lines(3, self.sizes.line, self._dates(row), self.sizes.small, self.sizes.line)
        columns = self._columns
        step = (self.wide - self._date_wide - self.sizes.mark_wide) / columns
        for n, said in enumerate(row.entries[slot] for slot in self._used if slot in row.entries):
            line, column = divmod(n, columns)
            self._entry(canvas, self._date_wide + column * step, line * self._entry_high, step, said)
        self._mark(canvas, self.wide - self.sizes.mark_wide + 4, self.sizes.line, row)

    def _entry(self, canvas: Canvas, x: float, y: float, wide: float, said: list[Entry]) -> None:
        slot, words, small = said[0].slot, self.words, (self.sizes.small,)
        text, base = entries_text(words, said), y + self.sizes.line
        sizes = self.sizes.doses
        if any(not entry.weekdays.every for entry in said):
            sizes += _WITH_DAYS
        size = one_line(canvas, x, base, text, sizes, wide - 6, "dose", bold=True)
        if said[0].changed:
            canvas.rule(x, base + 3, x + width(text, BOLD, size), base + 3, 1.8)
        one_line(canvas, x, base + self.sizes.line, words.time(slot.time), small, wide - 4, "time")
        if self.context.many_drugs:
            one_line(canvas, x, base + 2 * self.sizes.line, slot.drug, small, wide - 4, "drug")

    @property
    def _small_sizes(self) -> tuple[float, ...]:
        small = self.sizes.small
        return small, small - 0.5, small - 1, small - 1.5, small - 2

    def _mark(self, canvas: Canvas, x: float, base: float, row: StepTableRow) -> None:
        for mark, key in marker_keys([row.mark] if row.mark else []):
            sign = self.sizes.small - 1
            shift = sign + 2 if mark in CHANGES else 0
            if shift:
                signs.change(canvas, x, base, sign, mark.value)
            room = self.sizes.mark_wide - 6 - shift
            one_line(canvas, x + shift, base, self.words.say(key), self._small_sizes, room, "mark", bold=True)
            base += self.sizes.line
        base = base if row.mark else base + self.sizes.line
        one_line(canvas, x, base, row.pages, self._small_sizes, self.sizes.mark_wide - 6, "pages")
