"""One day as a row of an upright page: its date, what to take in one or two columns, its marks."""

from __future__ import annotations

from plans.documents import shapes
from plans.documents.cells import Cell
from plans.documents.facts import DoesNotFit
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.pen import Pen
from plans.documents.sheet import Sheet, one_line
from plans.documents.styles import LARGE_MARGIN, WeekLevel
from plans.documents.text import wrap
from plans.domain.amounts import NBSP
from plans.domain.calendar import Day, Entry, Mark
from plans.domain.taper.products import Take

DATE_WIDE = 136.0
PAD = 6.0
TAB_HIGH = 24.0


class RowPen:
    """Fits and draws rows of one height at one level. One or two columns: three or four times go in two lines."""

    def __init__(self, sheet: Sheet, level: WeekLevel, row: float) -> None:
        self.sheet, self.level, self.row, self.words = sheet, level, row, sheet.words
        self.wide = sheet.short - 2 * LARGE_MARGIN
        self.column = (self.wide - DATE_WIDE) / 2

    def fits(self, cell: Cell) -> bool:
        """Whether every line keeps inside its column and all of them inside the row."""
        highs = self._highs(cell)
        return highs is not None and sum(highs) + PAD <= self.row

    def _highs(self, cell: Cell) -> list[float] | None:
        """Height of each line of entries; None if a text is too wide."""
        rows = []
        for n in range(0, len(cell.entries), 2):
            counts = [self._lines(entry) for entry in cell.entries[n : n + 2]]
            if any(lines is None for lines in counts):
                return None
            most = max(self._high(lines) for lines in counts if lines is not None)
            rows.append(most)
        return rows

    def _high(self, lines: list[tuple[Take | None, str]]) -> float:
        return self.level.dose * 1.25 + self.level.lead * len(lines)

    def _lines(self, entry: Entry) -> list[tuple[Take | None, str]] | None:
        """The lines under the dose: a drug's name, milligrams of a volume, pieces; None if one is too wide."""
        level, head = self.level, self._head_wide(entry)
        lines: list[tuple[Take | None, str]] = []
        if self.sheet.many_drugs:
            lines.append((None, entry.slot.drug))
        if self.sheet.measured(entry):
            lines.append((None, self.words.mg(entry.dose)))
        else:
            for piece in entry.pieces:
                broken = self._broken(self.sheet.phrase(piece))
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
        volume = entry.pieces[0].volume if self.sheet.measured(entry) else None
        return self.words.ml(volume) if volume is not None else self.words.mg(entry.dose)

    def _head_wide(self, entry: Entry) -> float:
        time = width(self.words.times[entry.slot.time], REGULAR, self.level.words)
        if not entry.dose:
            return PAD + time + 5 + width(self.words.say("no_dose"), BOLD, self.level.words)
        return self._indent + time + 5 + width(self._dose_text(entry), BOLD, self.level.dose)

    def draw(self, pen: Pen, cell: Cell) -> None:
        """Draw a row on a surface of its own; weekday, number and month are left to `stamp`."""
        marks, low_ink = cell.marks, self.sheet.facts.low_ink
        if Mark.HOLD in marks:
            pen.held(self.wide, self.row, inset=1.5, low_ink=low_ink)
        for x in (DATE_WIDE, DATE_WIDE + self.column):
            pen.rule(x, 0, x, self.row)
        if Mark.NEW_LOWER in marks or Mark.NEW_HIGHER in marks:
            pen.box(1.5, 1.5, self.wide - 3, self.row - 3, thick=3)
        if Mark.LAST_DAY in marks:
            pen.box(0.8, 0.8, self.wide - 1.6, self.row - 1.6, thick=1.6)
            pen.box(3.6, 3.6, self.wide - 7.2, self.row - 7.2, thick=0.8)
        self._tab(pen, marks)
        highs = self._highs(cell) or []
        y = PAD / 2 + min(3.0, (self.row - sum(highs) - PAD) / 2)
        for line, high in enumerate(highs):
            for n, entry in enumerate(cell.entries[2 * line : 2 * line + 2]):
                self._entry(pen, DATE_WIDE + n * self.column, y, entry)
            y += high

    def _tab(self, pen: Pen, marks: tuple[Mark, ...]) -> None:
        if not marks:
            return
        mark = marks[0]
        key = {Mark.START: "start", Mark.HOLD: "hold", Mark.LAST_DAY: "last_day"}.get(mark, "new_dose")
        hollow = mark is Mark.HOLD or self.sheet.facts.low_ink
        top = self.row - TAB_HIGH
        pen.box(0, top, DATE_WIDE, TAB_HIGH, thick=1 if hollow else 0, fill=1.0 if hollow else 0.0)
        x, base = 9.0, top + 17
        if mark is Mark.HOLD:
            shapes.bars(pen, x, base, 14)
        elif mark is Mark.LAST_DAY:
            shapes.square(pen, x, base, 14, white=not hollow)
        elif mark is not Mark.START:
            shapes.triangle(pen, x, base, 14, up=mark is Mark.NEW_HIGHER, white=not hollow)
        x += 0 if mark is Mark.START else 17
        sizes = (15.0, 14.0, 13.0, 12.0)
        words = self.words.say(key)
        size = next((s for s in sizes if width(words, BOLD, s) <= DATE_WIDE - x - 3), None)
        if size is None:
            raise DoesNotFit(what="tab")
        pen.text(x, base, words, size, bold=True, white=not hollow)

    def _entry(self, pen: Pen, x: float, y: float, entry: Entry) -> None:
        level = self.level
        base = y + level.dose * 1.02
        time = self.words.times[entry.slot.time]
        if not entry.dose:
            at = x + PAD + pen.text(x + PAD, base, time, level.words) + 5
            wide = pen.text(at, base, self.words.say("no_dose"), level.words, bold=True)
        else:
            pen.box(x + PAD, base - level.box * 0.88, level.box, level.box, thick=1.4, fill=1.0)
            at = x + self._indent
            at += pen.text(at, base, time, level.words) + 5
            wide = pen.text(at, base, self._dose_text(entry), level.dose, bold=True)
        if entry.changed:
            pen.rule(at, base + 3.4, at + wide, base + 3.4, 2)
        for piece, text in self._lines(entry) or []:
            base += level.lead
            if piece is not None:
                size = level.words * 0.84
                two = piece.quarters == 8
                left = x + PAD - (1 if two else 0) + (0 if two else (level.box - size) / 2)
                self.sheet.draw_piece(
                    pen, left, base - level.words * 0.33, min(size, level.box * 0.62 if two else size), piece
                )
            pen.text(
                x + self._indent, base, text, level.words, bold=piece is None and text == entry.slot.drug
            )

    def stamp(self, pen: Pen, y: float, day: Day) -> None:
        """Write weekday, number and month into a placed row."""
        left, small = LARGE_MARGIN + 9, max(14.0, self.level.words - 2) if self.sheet.facts.large else 11.0
        # The tab needs the foot of the row: number and weekday keep above it.
        room = self.row - (TAB_HIGH if day.marks else 0)
        big = min(self.level.day, room - small - 8)
        base = y + small + 4
        weekday = self.words.weekdays[day.date.weekday()]
        one_line(
            pen, left, base, weekday, (small, small - 1, 12.0, 10.0), DATE_WIDE - 14, "weekday", bold=True
        )
        base += big * 0.95 + 2
        wide = pen.text(left, base, str(day.date.day), big, bold=True)
        month = self.words.months[day.date.month - 1]
        one_line(pen, left + wide + 6, base, month, (small, 14.0, 12.0, 10.0), DATE_WIDE - wide - 17, "month")
