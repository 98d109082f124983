"""Day cells of a month page: their content, whether it fits, and drawing each distinct cell once as a PDF form.

A cell holds only doses by time of day. Dates are stamped later, so that one form serves every day with the same doses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.day_markers import DayMarker, day_marker, marker_keys
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.styles import CELL_RIGHT, INSET, LETTER_HOLD_MARKER, VOLUME_SIZE, SizeRung
from plans.domain.documents.calendar import CHANGES, Day, DayMark, Entry
from plans.domain.documents.words import set_in_lines
from plans.domain.taper.products import Take

MARKER_HIGH = 13.0
SLACK_MOST = 6.0
MARKER_PAD = 4.0
# The size of the milligrams under a volume.
UNDER_VOLUME = 9.0
APART = 3.0
UNDERLINE = 1.4
# These forms have longer words than the others.
_LONG = frozenset({DayMark.HOLD, DayMark.RISE, DayMark.SPREAD})


@dataclass(frozen=True, slots=True)
class CellKey:
    """What determines the look of a day cell, apart from its date."""

    entries: tuple[Entry, ...]
    marks: tuple[DayMark, ...]


Look = tuple[int, tuple[DayMark, ...], bool, tuple[int, ...]]


def look(day: Day) -> Look:
    """A cheap key for the look of a day's cell: days of a step with the same doses share their entries."""
    doses = tuple([entry.dose.units for entry in day.entries])
    return day.step, day.marks, True in [entry.changed for entry in day.entries], doses


def distinct(days: Iterable[Day]) -> dict[Look, CellKey]:
    """The distinct cells of some days, in order of appearance."""
    found: dict[Look, CellKey] = {}
    for day in days:
        key = look(day)
        if key not in found:
            found[key] = CellKey(day.entries, day.marks)
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    """An entry with its pieces broken into lines."""

    entry: Entry
    pieces: tuple[tuple[Take, tuple[str, ...]], ...]


class CellLayout:
    """Fits and draws cells of one size at one level; with more than one of `drugs`, each dose names its own."""

    def __init__(
        self, context: CalendarContext, level: SizeRung, column: float, row: float, drugs: tuple[str, ...]
    ) -> None:
        self.context, self.level, self.column, self.row = context, level, column, row
        self.drugs, self.many = drugs, len(drugs) > 1
        self.words = context.words
        self.long_marker = LETTER_HOLD_MARKER if context.facts.paper == "letter" else level.hold_marker
        self.volume = min(VOLUME_SIZE[context.facts.paper], level.dose + 1.5)
        self.right = column - CELL_RIGHT

    # Fitting

    def fits(self, cell: CellKey) -> bool:
        """Whether every line keeps inside the column and all of them inside the row."""
        lines = self._lines(cell.entries)
        return lines is not None and self._high(lines) <= self.row and self._foot_free(cell, lines)

    def date_fits(self, day: Day, *, month: str) -> bool:
        """Whether date, month name if any, and marker fit beside each other."""
        return (
            INSET
            + self._date_wide(day, month)
            + sum(day_marker.wide for day_marker in self._markers(day.marks[:1]))
            <= self.column
        )

    def _lines(self, entries: tuple[Entry, ...]) -> list[_Line] | None:
        found = []
        for entry in entries:
            if self._head_wide(entry) > self.right:
                return None
            pieces = []
            for piece in () if self.context.measured(entry) else entry.pieces:
                broken = self._broken(self.context.phrase(piece))
                if broken is None:
                    return None
                pieces.append((piece, broken))
            found.append(_Line(entry, tuple(pieces)))
        return found

    def _broken(self, phrase: str) -> tuple[str, ...] | None:
        room = self.right - INSET - self.level.words
        for lines in set_in_lines(phrase):
            if all(width(line, REGULAR, self.level.piece) <= room for line in lines):
                return lines
        return None

    def _head_wide(self, entry: Entry) -> float:
        level, time = self.level, self.words.time(entry.slot.time)
        wide = INSET + width(time, REGULAR, level.time) + 3
        if not entry.dose:
            wide += width(self.words.say("no_dose"), BOLD, level.time + 0.5)
        elif self.context.measured(entry):
            wide += level.after_box + width(self._volume_text(entry), BOLD, self.volume) + INSET - CELL_RIGHT
        else:
            wide += level.after_box + width(self.words.mg(entry.dose), BOLD, level.dose)
        drug = INSET + level.words + width(entry.slot.drug, BOLD, level.piece) if self.many else 0.0
        return max(wide, drug)

    def _volume_text(self, entry: Entry) -> str:
        volume = entry.pieces[0].volume
        return self.words.ml(volume) if volume is not None else ""

    def _crowded(self, entry: Entry) -> bool:
        """Whether drug and milligrams of a volume do not fit beside each other: then each has its own line."""
        if not self.many:
            return False
        dose = width(self.words.mg(entry.dose), REGULAR, UNDER_VOLUME)
        drug = width(entry.slot.drug, BOLD, self.level.piece)
        return INSET + self.level.words + drug + APART + dose + INSET > self.column

    def _line_high(self, line: _Line) -> float:
        high = self.level.time_row + (self.level.lead if self.many else 0.0)
        if self.context.measured(line.entry):
            return high + self.level.lead
        return high + self.level.lead * sum(len(words) for _, words in line.pieces)

    def _high(self, lines: list[_Line]) -> float:
        return self.level.date_row + sum(self._line_high(line) for line in lines) + self.level.foot

    def _date_wide(self, day: Day, month: str) -> float:
        wide = width(str(day.date.day), BOLD, self.level.date)
        return wide + (3 + width(month, BOLD, self.level.time) if month else 0.0)

    def _markers(self, marks: tuple[DayMark, ...]) -> list[DayMarker]:
        """One marker per mark: the first at the head of the cell, a second at its foot."""
        return [
            day_marker(
                self.context,
                mark,
                key,
                self.long_marker if mark in _LONG else self.level.marker,
                MARKER_HIGH,
                MARKER_PAD,
            )
            for mark, key in marker_keys(marks)
        ]

    def _foot_free(self, cell: CellKey, lines: list[_Line]) -> bool:
        """Whether the corner for a second marker at the foot of the cell is free."""
        markers = self._markers(cell.marks)
        if len(markers) < 2:
            return True
        top, left = self.row - MARKER_HIGH - 1, self.column - markers[1].wide - 2
        return all(
            base + 1.5 <= top or right <= left for base, right in self._ends(lines, self._gap(cell, lines))
        )

    def _gap(self, cell: CellKey, lines: list[_Line]) -> float:
        """The space added between times; a second marker takes its room first."""
        taken = MARKER_HIGH if len(self._markers(cell.marks)) > 1 else 0.0
        slack = max(0.0, self.row - self._high(lines) - taken)
        return min(SLACK_MOST, slack / max(1, len(lines)))

    def _first(self, lines: list[_Line]) -> float:
        """Where the first time begins."""
        return self.level.date_row + min(1.5, (self.row - self._high(lines)) / 4)

    def _ends(self, lines: list[_Line], gap: float) -> Iterator[tuple[float, float]]:
        """The baseline of every line of text, and its right end."""
        level, y = self.level, self._first(lines)
        for line in lines:
            base = y + level.time_row - 1.9
            whole = self.context.measured(line.entry)
            yield base, self.column if whole else self._head_wide(line.entry)
            if self.context.measured(line.entry):
                yield base + level.lead * (2 if self._crowded(line.entry) else 1), self.column
            if self.many:
                base += level.lead
            for _, words in line.pieces:
                for text in words:
                    base += level.lead
                    yield base, INSET + level.words + width(text, REGULAR, level.piece)
            y += self._line_high(line) + gap

    # Drawing

    def draw(self, canvas: Canvas, cell: CellKey) -> None:
        """Draw a cell on a surface of its own size, without the date, which `stamp` adds."""
        low_ink, marks = self.context.facts.low_ink, cell.marks
        if DayMark.HOLD in marks:
            canvas.held(self.column, self.row, inset=1.2, low_ink=low_ink)
        if CHANGES & set(marks):
            canvas.box(1.1, 1.1, self.column - 2.2, self.row - 2.2, thick=2.2)
        if DayMark.LAST_DAY in marks:
            canvas.box(0.6, 0.6, self.column - 1.2, self.row - 1.2, thick=1.2)
            # Clear of the thicker frame of a new dose on the same day.
            inner = 2.9 if marks[0] in (DayMark.LAST_DAY, DayMark.START, DayMark.HOLD) else 3.6
            canvas.box(inner, inner, self.column - 2 * inner, self.row - 2 * inner, thick=0.7)
        for n, found in enumerate(self._markers(marks)):
            found.draw(canvas, self.column - found.wide, n * (self.row - MARKER_HIGH), low_ink=low_ink)
        lines = self._lines(cell.entries) or []
        gap, y = self._gap(cell, lines), self._first(lines)
        for line in lines:
            self._entry(canvas, y, line)
            y += self._line_high(line) + gap

    def _entry(self, canvas: Canvas, y: float, line: _Line) -> None:
        level, entry = self.level, line.entry
        base = y + level.time_row - 1.9
        time = self.words.time(entry.slot.time)
        if not entry.dose:
            x = INSET + canvas.text(INSET, base, time, level.time) + 3
            wide = canvas.text(x, base, self.words.say("no_dose"), level.time + 0.5, bold=True)
            self._underline(canvas, entry, x, base, wide)
            self._drug(canvas, entry, base + level.lead)
            return
        canvas.box(INSET, base - level.box + 2.0, level.box, level.box, thick=1, fill=1.0)
        x = INSET + level.after_box
        x += canvas.text(x, base, time, level.time) + 3
        if self.context.measured(entry):
            right = self.column - INSET
            wide = canvas.text(right, base, self._volume_text(entry), self.volume, bold=True, align="right")
            self._underline(canvas, entry, right - wide, base, wide)
            under = base + level.lead * (2 if self._crowded(entry) else 1)
            canvas.text(right, under, self.words.mg(entry.dose), UNDER_VOLUME, align="right")
            self._drug(canvas, entry, base + level.lead)
            return
        dose = self.words.mg(entry.dose)
        wide = canvas.text(x, base, dose, level.dose, bold=True)
        self._underline(canvas, entry, x, base, wide)
        if self.many:
            base += level.lead
            self._drug(canvas, entry, base)
        for piece, words in line.pieces:
            base += level.lead
            self._sign(canvas, base, piece)
            for n, text in enumerate(words):
                base += level.lead if n else 0.0
                canvas.text(INSET + level.words, base, text, level.piece)

    def _sign(self, canvas: Canvas, base: float, piece: Take) -> None:
        size = self.level.piece * 0.79
        two = piece.quarters == 8
        x = INSET if two else INSET + (self.level.box - size) / 2
        self.context.draw_piece(canvas, x, base - self.level.piece * 0.27, size, piece)

    def _drug(self, canvas: Canvas, entry: Entry, base: float) -> None:
        if self.many:
            canvas.text(INSET + self.level.words, base, entry.slot.drug, self.level.piece, bold=True)

    @staticmethod
    def _underline(canvas: Canvas, entry: Entry, x: float, base: float, wide: float) -> None:
        if entry.changed:
            canvas.rule(x, base + 2.1, x + wide, base + 2.1, UNDERLINE)

    def date_at(self, x: float, y: float, day: Day) -> tuple[float, float, str]:
        """The position of the date in a cell whose upper left corner is at x, y."""
        clear = 1.3 if DayMark.LAST_DAY in day.marks else 0.0
        return x + INSET + clear, y + self.level.date_row - 2.3 + clear, str(day.date.day)

    def stamp_month(self, canvas: Canvas, x: float, y: float, day: Day, month: str) -> None:
        """Write the name of a joined month beside the date."""
        left, base, number = self.date_at(x, y, day)
        canvas.text(left + width(number, BOLD, self.level.date) + 3, base, month, self.level.time, bold=True)
