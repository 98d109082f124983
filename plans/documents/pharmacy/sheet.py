"""The pharmacy sheet: what changed, the directions of every step with its units, and the fills.

Rows flow over as many pages as they need; head and table headings are repeated. Zero is written "none".
"""

from __future__ import annotations

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, block, one_line
from plans.documents.engine.flow import Part, Progress, flowed
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.portrait import FOOT_HIGH, draw_version
from plans.documents.engine.styles import PAGE_MARGIN
from plans.documents.engine.text import largest, wrap
from plans.documents.pharmacy.content import (
    at_hand_words,
    cancel_words,
    changes,
    prescriber,
    second_facts,
    shown_steps,
)
from plans.documents.pharmacy.content import title as drugs_title
from plans.documents.pharmacy.fills import FillRows
from plans.documents.pharmacy.large import draw_large_sheet
from plans.documents.pharmacy.sizes import NORMAL
from plans.documents.pharmacy.steps import StepRows
from plans.domain.documents.calendar import NothingToShow
from plans.domain.documents.facts import CalendarFacts

# Room under the head for three lines of who prescribes.
TOP, TALL = 96.0, 116.0
BODY, LEAD = NORMAL.body, NORMAL.lead


def draw_pharmacy_sheet(facts: CalendarFacts, progress: Progress | None = None) -> bytes:
    """The pharmacy sheet of one version. The same facts give the same bytes.

    Raises DoesNotFit, UnprintableText, NothingToShow, TooManyPieces.
    """
    context = DocumentContext(facts)
    if not shown_steps(context):
        raise NothingToShow(made_on=facts.made_on.isoformat(), last_day=context.schedule.end.isoformat())
    if facts.large:
        return draw_large_sheet(context, progress)
    return _Drawing(context).pdf(progress)


class _Drawing:
    def __init__(self, context: DocumentContext) -> None:
        self.context, self.words = context, context.words
        self.left, self.right = PAGE_MARGIN, context.short - PAGE_MARGIN
        self.wide = self.right - self.left

    def pdf(self, progress: Progress | None) -> bytes:
        """All pages."""
        return flowed(
            self.context, self._parts(), top=self._top(), head=self._head, foot=self._foot, progress=progress
        )

    # Head and foot

    def _who_beside(self) -> float | None:
        """The size at which all of that has room on one line."""
        who, label, phone = prescriber(self.context)
        room = self.wide - width(label, REGULAR, 9.5) - width(phone, BOLD, 11) - 16
        return largest(who, REGULAR, (9.5, 8.5), room)

    def _top(self) -> float:
        return TOP if self._who_beside() else TALL

    def _head(self, canvas: Canvas) -> None:
        context, words = self.context, self.words
        title = drugs_title(context)
        kind, short = words.say("pharmacy_head"), largest(title, BOLD, (32, 27, 23, 19), self.wide * 0.36)
        if short is not None:
            canvas.text(self.left, 49, title, short, bold=True)
            x = self.left + width(title, BOLD, short) + 16
            room = self.left + self.wide * 0.66 - x
            size = one_line(canvas, x, 49, kind, (17, 15, 13, 11), room, "drug", bold=True)
            x += width(kind, BOLD, size)
        else:
            # Two drugs, or a long one: the kind of paper stands over them.
            canvas.text(self.left, 30, kind, 11, bold=True)
            size = one_line(
                canvas, self.left, 50, title, (21, 19, 17, 15, 13), self.wide * 0.62, "drug", bold=True
            )
            x = self.left + width(title, BOLD, size)
        context.draw_name(canvas, self.right, 43, self.right - x - 12, (17, 15, 13, 11, 10, 9))
        second = second_facts(context)
        facts_size = one_line(
            canvas, self.right, 60, second, (10.5, 9.5, 8.5, 7.5), self.wide * 0.5, "record_no", align="right"
        )
        born = width(second, REGULAR, facts_size)
        line = words.say("by_mouth", products=context.products_line)
        room = self.wide - born - 10
        if len(wrap(line, REGULAR, 7.5, room)) > 2:
            # So many products stand in the rows below, by name.
            line = words.say("by_mouth", products=context.drug_title)
        if largest(line, REGULAR, (10.5, 9.5, 8.5), room):
            one_line(canvas, self.left, 66, line, (10.5, 9.5, 8.5), room, "products")
        else:
            lines, size = block(line, (8.5, 8, 7.5), room, 20, "products", lead=1.1)
            canvas.lines(self.left, 70 - 9 * (len(lines) - 1), lines, size, 9)
        canvas.rule(self.left, 73, self.right, 73, 1.2)
        who, label, phone = prescriber(self.context)
        beside = self._who_beside()
        x, base = self.left, 88.0
        if beside is not None:
            x += canvas.text(self.left, base, who, beside) + 10
        else:
            # Who they are takes the width; the telephone stands under it.
            lines, size = block(who, (9.5, 8.5, 8, 7.5), self.wide, 2 * 8.5 * 1.2, "clinic_address", lead=1.2)
            base = canvas.lines(self.left, 85, lines, size, size * 1.2) + 3
        x += canvas.text(x, base, label, 9.5) + 6
        canvas.text(x, base, phone, 11, bold=True)

    def _foot(self, canvas: Canvas, page: int, pages: int) -> None:
        y = canvas.height - 26 - FOOT_HIGH
        canvas.rule(self.left, y - 4, self.right, y - 4, 1.2)
        canvas.text(self.left, y + 9, self.words.say("hand_over"), 9.5, bold=True)
        lines, size = block(
            self.words.say("tell_clinic"), (9, 8.5, 8, 7.5), self.wide * 0.42, 38, "tell_clinic"
        )
        canvas.lines(self.left, y + 22, lines, size, 12.2)
        draw_version(canvas, self.context, self.right, y, page, pages)

    # The flow

    def _parts(self) -> list[Part]:
        parts = [self._other_dose()] if self.context.facts.other_dose else []
        parts += [self._changes()] if self.context.facts.replaces is not None else []
        return [
            *parts,
            *self._line(self.context.ended_line),
            *StepRows(self.context, NORMAL).parts(),
            *self._line(at_hand_words(self.context), bold=True),
            *FillRows(self.context, NORMAL).parts(),
        ]

    def _other_dose(self) -> Part:
        """Another dose is taken than the sheet says: before all else."""
        lines = wrap(self.context.facts.other_dose, BOLD, BODY, self.wide - 16)
        high = LEAD * len(lines) + 14

        def draw(canvas: Canvas, y: float) -> None:
            canvas.box(self.left + 1.2, y + 1.2, self.wide - 2.4, high - 2.4, thick=2.4)
            canvas.lines(self.left + 8, y + 16, lines, BODY, LEAD, bold=True)

        return Part(high + 8, draw)

    def _line(self, text: str, *, bold: bool = False) -> list[Part]:
        """A sentence over the width, or nothing."""
        if not text:
            return []
        lines = wrap(text, BOLD if bold else REGULAR, BODY, self.wide)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + BODY + 2, lines, BODY, LEAD, bold=bold)

        return [Part(LEAD * len(lines) + 6, draw)]

    def _changes(self) -> Part:
        facts, words = self.context.facts, self.words
        rows = changes(self.context, facts.previous) if facts.previous is not None else []
        columns = (self.left + 8, self.left + 104, self.left + 0.42 * self.wide)
        rooms = (92.0, columns[2] - columns[1] - 6, self.right - columns[2] - 8)
        cells = [
            (
                wrap(row.of, REGULAR, BODY, rooms[0]),
                wrap(row.old, REGULAR, BODY, rooms[1]),
                wrap(row.new, BOLD, BODY, rooms[2]),
            )
            for row in rows
        ]
        highs = [max(14.5, LEAD * max(map(len, cell)) + 4) for cell in cells]
        same = facts.previous is not None and not rows
        high = 24 + (16 if rows else 15 if same else 0) + sum(highs) + 19

        def draw(canvas: Canvas, y: float) -> None:
            canvas.box(self.left + 1.2, y + 1.2, self.wide - 2.4, high - 2.4, thick=2.4)
            canvas.text(columns[0], y + 17, words.say("changed_head", version=facts.replaces), 13, bold=True)
            base = y + 33
            if same:
                canvas.text(columns[0], base, words.say("nothing_changed", version=facts.replaces), BODY)
                base += 15
            if rows:
                said = words.say("version_said", version=facts.replaces)
                says = words.say("version_says", version=facts.version)
                for x, text in zip(columns, (words.say("from"), said, says), strict=True):
                    canvas.text(x, base, text, BODY, bold=True)
                base += 4
                for cell, row_high in zip(cells, highs, strict=True):
                    canvas.rule(columns[0], base, self.right - 8, base)
                    for n, (x, lines) in enumerate(zip(columns, cell, strict=True)):
                        canvas.lines(x, base + 10.5, lines, BODY, LEAD, bold=n == 2)
                    base += row_high
                canvas.rule(columns[0], base, self.right - 8, base)
                base += 12
            cancel = cancel_words(self.context)
            one_line(canvas, columns[0], base, cancel, (BODY, 8.5, 7.5), self.wide - 16, "cancel", bold=True)

        return Part(high + 8, draw)
