"""The pieces table: each step and time of day with its milligrams, drawings and words."""

from __future__ import annotations

from dataclasses import dataclass

from plans.documents.calendar.context import CalendarContext
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import one_line
from plans.documents.engine.fonts import REGULAR, width
from plans.documents.engine.head_and_foot import FOOT_HIGH, draw_head, draw_version
from plans.documents.engine.section import PageMap, Section
from plans.documents.engine.styles import PAGE_MARGIN
from plans.domain.documents.calendar import Entry
from plans.domain.documents.facts import DoesNotFit
from plans.domain.documents.words import set_in_lines
from plans.domain.taper.schedule import Step

TOP = 84.0
LEAD = 12.5
SIGN = 10.0
TIME_X, DOSE_X, SIGN_X, WORDS_X = 190.0, 245.0, 318.0, 352.0


@dataclass(frozen=True)
class _Row:
    step: Step
    entry: Entry
    lines: tuple[tuple[int, str], ...]
    opens: bool

    @property
    def high(self) -> float:
        return LEAD * max(1, len(self.lines)) + 6


class PiecesTable(Section):
    """The pages after the months with the table of pieces. Raises DoesNotFit."""

    def __init__(self, context: CalendarContext) -> None:
        self.context, self.wide = context, context.short - 2 * PAGE_MARGIN
        self._pages: list[list[_Row]] = [[]]
        used = 0.0
        room = context.long - TOP - 26 - FOOT_HIGH - 30
        for step in context.steps_shown:
            opens = True
            for entry in context.steps.entries(step):
                if not entry.dose:
                    continue
                row = _Row(step, entry, self._lines(entry), opens)
                if used + row.high > room:
                    self._pages.append([])
                    used = 0.0
                self._pages[-1].append(row)
                used += row.high
                opens = False

    @property
    def pages(self) -> int:
        """How many pages it takes."""
        return len(self._pages)

    def _lines(self, entry: Entry) -> tuple[tuple[int, str], ...]:
        """Lines of words, each with the number of the piece it begins, or -1."""
        found = []
        for n, piece in enumerate(entry.pieces):
            phrase = self.context.phrase(piece)
            for lines in set_in_lines(phrase):
                if all(width(line, REGULAR, 10) <= self.wide - WORDS_X for line in lines):
                    break
            else:
                raise DoesNotFit(what="recipe")
            found += [(n if k == 0 else -1, line) for k, line in enumerate(lines)]
        return tuple(found)

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Draw the n-th page of the table."""
        context, words = self.context, self.context.words
        draw_head(canvas, context, words.say("pieces_head"))
        y = TOP
        for k, row in enumerate(self._pages[n]):
            if row.opens or k == 0:
                canvas.rule(PAGE_MARGIN, y, PAGE_MARGIN + self.wide, y, 0.8)
            name = f"pieces-{n}-{k}"
            with canvas.form(name, self.wide, row.high) as surface:
                self._row(surface, row)
            canvas.place(name, PAGE_MARGIN, y, row.high)
            y += row.high
        canvas.rule(PAGE_MARGIN, y, PAGE_MARGIN + self.wide, y, 0.8)
        foot = canvas.height - 26 - FOOT_HIGH
        draw_version(canvas, context, context.short - PAGE_MARGIN, foot, where.first(self) + n, where.pages)

    def _row(self, canvas: Canvas, row: _Row) -> None:
        words, base = self.context.words, LEAD
        span = words.span(row.step.start, row.step.end, year=True)
        one_line(canvas, 2, base, span, (10, 9, 8, 7.5), TIME_X - 8, "span")
        time, dose = words.time(row.entry.slot.time), words.mg(row.entry.dose)
        one_line(canvas, TIME_X, base, time, (10, 9, 8, 7.5), DOSE_X - TIME_X - 4, "time")
        one_line(canvas, DOSE_X, base, dose, (11.5, 10.5, 9.5), SIGN_X - DOSE_X - 4, "dose", bold=True)
        for number, text in row.lines:
            if number >= 0:
                self.context.draw_piece(canvas, SIGN_X, base - 3.4, SIGN, row.entry.pieces[number])
            canvas.text(WORDS_X, base, text, 10)
            base += LEAD
