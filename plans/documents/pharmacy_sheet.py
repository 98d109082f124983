"""The pharmacy sheet: what changed, the directions of every step with its units, and the fills.

Rows flow over as many pages as they need; head and table headings are repeated. Zero is written "none".
"""

from __future__ import annotations

from plans.documents.facts import CalendarFacts
from plans.documents.flow import Part, Progress, flowed
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.pen import Pen
from plans.documents.pharmacy_content import cancel_words, changes, prescriber, second_facts, shown_steps
from plans.documents.pharmacy_content import title as drugs_title
from plans.documents.pharmacy_fills import FillRows
from plans.documents.pharmacy_large import draw_large_sheet
from plans.documents.pharmacy_sizes import NORMAL
from plans.documents.pharmacy_steps import StepRows
from plans.documents.sheet import Sheet, block, one_line
from plans.documents.styles import PAGE_MARGIN
from plans.documents.text import largest, wrap
from plans.documents.upright import FOOT_HIGH, draw_version
from plans.domain.calendar import NothingToShow

# Room under the head for three lines of who prescribes.
TOP, TALL = 96.0, 116.0
BODY, LEAD = NORMAL.body, NORMAL.lead


def draw_pharmacy_sheet(facts: CalendarFacts, progress: Progress | None = None) -> bytes:
    """The pharmacy sheet of one version. The same facts give the same bytes.

    Raises DoesNotFit, UnprintableText, NothingToShow, TooManyPieces.
    """
    sheet = Sheet(facts)
    if not shown_steps(sheet):
        raise NothingToShow(made_on=facts.made_on.isoformat(), last_day=sheet.schedule.end.isoformat())
    if facts.large:
        return draw_large_sheet(sheet, progress)
    return _Drawing(sheet).pdf(progress)


class _Drawing:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.words = sheet, sheet.words
        self.left, self.right = PAGE_MARGIN, sheet.short - PAGE_MARGIN
        self.wide = self.right - self.left

    def pdf(self, progress: Progress | None) -> bytes:
        """All pages."""
        return flowed(
            self.sheet, self._parts(), top=self._top(), head=self._head, foot=self._foot, progress=progress
        )

    # Head and foot

    def _who_beside(self) -> float | None:
        """The size at which all of that has room on one line."""
        who, label, phone = prescriber(self.sheet)
        room = self.wide - width(label, REGULAR, 9.5) - width(phone, BOLD, 11) - 16
        return largest(who, REGULAR, (9.5, 8.5), room)

    def _top(self) -> float:
        return TOP if self._who_beside() else TALL

    def _head(self, pen: Pen) -> None:
        sheet, words = self.sheet, self.words
        title = drugs_title(sheet)
        kind, short = words.say("pharmacy_head"), largest(title, BOLD, (32, 27, 23, 19), self.wide * 0.36)
        if short is not None:
            pen.text(self.left, 49, title, short, bold=True)
            x = self.left + width(title, BOLD, short) + 16
            room = self.left + self.wide * 0.66 - x
            size = one_line(pen, x, 49, kind, (17, 15, 13, 11), room, "drug", bold=True)
            x += width(kind, BOLD, size)
        else:
            # Two drugs, or a long one: the kind of paper stands over them.
            pen.text(self.left, 30, kind, 11, bold=True)
            size = one_line(
                pen, self.left, 50, title, (21, 19, 17, 15, 13), self.wide * 0.62, "drug", bold=True
            )
            x = self.left + width(title, BOLD, size)
        sheet.draw_name(pen, self.right, 43, self.right - x - 12, (17, 15, 13, 11, 10, 9))
        second = second_facts(sheet)
        facts_size = one_line(
            pen, self.right, 60, second, (10.5, 9.5, 8.5, 7.5), self.wide * 0.5, "record_no", align="right"
        )
        born = width(second, REGULAR, facts_size)
        line = words.say("by_mouth", products=sheet.products_line)
        room = self.wide - born - 10
        if len(wrap(line, REGULAR, 7.5, room)) > 2:
            # So many products stand in the rows below, by name.
            line = words.say("by_mouth", products=sheet.drug_title)
        if largest(line, REGULAR, (10.5, 9.5, 8.5), room):
            one_line(pen, self.left, 66, line, (10.5, 9.5, 8.5), room, "products")
        else:
            lines, size = block(line, (8.5, 8, 7.5), room, 20, "products", lead=1.1)
            pen.lines(self.left, 70 - 9 * (len(lines) - 1), lines, size, 9)
        pen.rule(self.left, 73, self.right, 73, 1.2)
        who, label, phone = prescriber(self.sheet)
        beside = self._who_beside()
        x, base = self.left, 88.0
        if beside is not None:
            x += pen.text(self.left, base, who, beside) + 10
        else:
            # Who they are takes the width; the telephone stands under it.
            lines, size = block(who, (9.5, 8.5, 8, 7.5), self.wide, 2 * 8.5 * 1.2, "clinic_address", lead=1.2)
            base = pen.lines(self.left, 85, lines, size, size * 1.2) + 3
        x += pen.text(x, base, label, 9.5) + 6
        pen.text(x, base, phone, 11, bold=True)

    def _foot(self, pen: Pen, page: int, pages: int) -> None:
        y = pen.height - 26 - FOOT_HIGH
        pen.rule(self.left, y - 4, self.right, y - 4, 1.2)
        pen.text(self.left, y + 9, self.words.say("hand_over"), 9.5, bold=True)
        lines, size = block(
            self.words.say("tell_clinic"), (9, 8.5, 8, 7.5), self.wide * 0.42, 38, "tell_clinic"
        )
        pen.lines(self.left, y + 22, lines, size, 12.2)
        draw_version(pen, self.sheet, self.right, y, page, pages)

    # The flow

    def _parts(self) -> list[Part]:
        parts = [self._other_dose()] if self.sheet.facts.other_dose else []
        parts += [self._changes()] if self.sheet.facts.replaces is not None else []
        return [*parts, *StepRows(self.sheet, NORMAL).parts(), *FillRows(self.sheet, NORMAL).parts()]

    def _other_dose(self) -> Part:
        """Another dose is taken than the sheet says: before all else."""
        lines = wrap(self.sheet.facts.other_dose, BOLD, BODY, self.wide - 16)
        high = LEAD * len(lines) + 14

        def draw(pen: Pen, y: float) -> None:
            pen.box(self.left + 1.2, y + 1.2, self.wide - 2.4, high - 2.4, thick=2.4)
            pen.lines(self.left + 8, y + 16, lines, BODY, LEAD, bold=True)

        return Part(high + 8, draw)

    def _changes(self) -> Part:
        facts, words = self.sheet.facts, self.words
        rows = changes(self.sheet, facts.previous) if facts.previous is not None else []
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

        def draw(pen: Pen, y: float) -> None:
            pen.box(self.left + 1.2, y + 1.2, self.wide - 2.4, high - 2.4, thick=2.4)
            pen.text(columns[0], y + 17, words.say("changed_head", version=facts.replaces), 13, bold=True)
            base = y + 33
            if same:
                pen.text(columns[0], base, words.say("nothing_changed", version=facts.replaces), BODY)
                base += 15
            if rows:
                said = words.say("version_said", version=facts.replaces)
                says = words.say("version_says", version=facts.version)
                for x, text in zip(columns, (words.say("from"), said, says), strict=True):
                    pen.text(x, base, text, BODY, bold=True)
                base += 4
                for cell, row_high in zip(cells, highs, strict=True):
                    pen.rule(columns[0], base, self.right - 8, base)
                    for n, (x, lines) in enumerate(zip(columns, cell, strict=True)):
                        pen.lines(x, base + 10.5, lines, BODY, LEAD, bold=n == 2)
                    base += row_high
                pen.rule(columns[0], base, self.right - 8, base)
                base += 12
            cancel = cancel_words(self.sheet)
            one_line(pen, columns[0], base, cancel, (BODY, 8.5, 7.5), self.wide - 16, "cancel", bold=True)

        return Part(high + 8, draw)
