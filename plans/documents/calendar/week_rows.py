"""One day as a row of a portrait page: its date, what to take in one or two columns, its marks."""

from __future__ import annotations

from functools import cached_property

from plans.documents.calendar.cells import Cell
from plans.documents.calendar.day_markers import marker_keys, marker_within
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.styles import LARGE_MARGIN, WeekLevel
from plans.documents.engine.text import wrap
from plans.domain.amounts import NBSP
from plans.domain.documents.calendar import CHANGES, Day, Entry, Mark, entries, slots
from plans.domain.taper.products import Take

DATE_WIDE = 136.0
PAD = 6.0
MARKER_HIGH = 24.0
SECOND_MARKER_HIGH = 17.0
BESIDE = 5.0


Block = tuple[Entry, ...]


class RowPen:
    """Fits and draws rows of one height at one level. One or two columns: three or four times go in two lines.

    With one drug every time of day has a place; with two the drugs of a time stand under it, so that morning and night
    keep their place whatever is handed over.
    """

    def __init__(self, context: DocumentContext, level: WeekLevel, row: float) -> None:
        self.context, self.level, self.row, self.words = context, level, row, context.words
        self.wide = context.short - 2 * LARGE_MARGIN
        # One dose a day has the width of both columns.
        self.columns = 1 if len(slots(context.schedule)) == 1 else 2
        self.column = (self.wide - DATE_WIDE) / self.columns
        self._lines_of: dict[Entry, list[tuple[Take | None, str]] | None] = {}

    def fits(self, cell: Cell) -> bool:
        """Whether every line keeps inside its column and all of them inside the row."""
        highs = self._highs(cell)
        return highs is not None and sum(highs) + PAD <= self.row

    def _blocks(self, cell: Cell) -> list[Block]:
        """What stands together in a column: a dose, or with two drugs all doses of a time of day."""
        if not self.context.many_drugs:
            return [(entry,) for entry in cell.entries]
        times = dict.fromkeys(entry.slot.time for entry in cell.entries)
        if len(times) == 1:
            return [(entry,) for entry in cell.entries]
        return [tuple(entry for entry in cell.entries if entry.slot.time is time) for time in times]

    def _highs(self, cell: Cell) -> list[float] | None:
        """Height of each line of blocks; None if a text is too wide."""
        if any(self._lines(entry) is None for entry in cell.entries):
            return None
        highs = [self._block_high(block) for block in self._blocks(cell)]
        return [max(highs[n : n + self.columns]) for n in range(0, len(highs), self.columns)]

    def _block_high(self, block: Block) -> float:
        return self._time_high + sum(self._entry_high(entry) for entry in block)

    @property
    def _time_high(self) -> float:
        """What a time of day takes above its drugs."""
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
        # A long name of a bottle goes on over as many lines as it needs; its number never leaves its unit.
        held = phrase.replace(" mL", f"{NBSP}mL").split("|")
        wrapped = [line for part in held for line in wrap(part, REGULAR, self.level.words, room)]
        for lines in ([phrase.replace("|", " ")], phrase.split("|"), wrapped):
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
        """Where a dose's head begins: after its box, or without one at the edge."""
        return self._indent if entry.dose else PAD

    def _head_wide(self, entry: Entry) -> float:
        wide = self._head_at(entry) + self._dose_wide(entry)
        if self.context.many_drugs:
            return wide
        return wide + width(self.words.times[entry.slot.time], REGULAR, self.level.words) + BESIDE

    @cached_property
    def _drug_beside(self) -> bool:
        """Whether every dose of the plan has room for its drug on its own line."""
        schedule = self.context.schedule
        return all(
            self._indent + self._dose_wide(entry) + BESIDE + width(entry.slot.drug, BOLD, self.level.words)
            <= self.column - PAD
            for step in schedule
            for entry in entries(schedule, step)
        )

    def draw(self, canvas: Canvas, cell: Cell) -> None:
        """Draw a row on a surface of its own; weekday, number and month are left to `stamp`."""
        marks, low_ink = cell.marks, self.context.facts.low_ink
        if Mark.HOLD in marks:
            canvas.held(self.wide, self.row, inset=1.5, low_ink=low_ink)
        for n in range(self.columns):
            x = DATE_WIDE + n * self.column
            canvas.rule(x, 0, x, self.row)
        new = bool(CHANGES & set(marks))
        if new:
            canvas.box(1.5, 1.5, self.wide - 3, self.row - 3, thick=3)
        if Mark.LAST_DAY in marks:
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
            for n, block in enumerate(blocks[first : first + self.columns]):
                self._block(canvas, DATE_WIDE + n * self.column, y, block)
            y += high + gap

    def _marker_high(self, marks: tuple[Mark, ...]) -> float:
        return MARKER_HIGH if len(marker_keys(marks)) < 2 else SECOND_MARKER_HIGH

    def _draw_markers(self, canvas: Canvas, marks: tuple[Mark, ...]) -> None:
        """A marker a mark at the foot of the date, the first above the second."""
        high = self._marker_high(marks)
        markers = marker_keys(marks)
        sizes = (15.0, 14.0, 13.0, 12.0) if len(markers) < 2 else (13.0, 12.0, 11.0)
        for n, (mark, key) in enumerate(markers):
            found = marker_within(self.context, mark, key, sizes, high, 9.0, DATE_WIDE + 6)
            top = self.row - high * (len(markers) - n)
            found.draw(canvas, 0, top, low_ink=self.context.facts.low_ink, wide=DATE_WIDE)

    def _block(self, canvas: Canvas, x: float, y: float, block: Block) -> None:
        if self.context.many_drugs:
            time = self.words.times[block[0].slot.time]
            canvas.text(x + PAD, y + self.level.words * 1.1, time, self.level.words)
            y += self._time_high
        for entry in block:
            self._entry(canvas, x, y, entry)
            y += self._entry_high(entry)

    def _entry(self, canvas: Canvas, x: float, y: float, entry: Entry) -> None:
        level, many = self.level, self.context.many_drugs
        base, at = y + level.dose * 1.02, x + self._head_at(entry)
        if entry.dose:
            canvas.box(x + PAD, base - level.box * 0.88, level.box, level.box, thick=1.4, fill=1.0)
        if not many:
            at += canvas.text(at, base, self.words.times[entry.slot.time], level.words) + BESIDE
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
        # The marker needs the foot of the row: number and weekday keep above it.
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
