"""The pharmacy sheet: what changed, the directions of every step with its units, and the fills.

Rows flow over as many pages as they need, with head and table headings repeated. Zero is written "none".
"""

from __future__ import annotations

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.head_and_foot import (
    FOOT_HIGH,
    LARGE_FOOT,
    LARGE_TOP,
    ROOM_UNDER,
    draw_large_foot,
    draw_large_head,
    draw_version,
)
from plans.documents.engine.section import Flow, FlowPart, Section
from plans.documents.engine.styles import PAGE_MARGIN
from plans.documents.engine.text import fits, largest, wrap
from plans.documents.pharmacy.content import (
    Change,
    at_hand_words,
    cancel_words,
    changes,
    instalment_words,
    prescriber,
    second_facts,
    title,
    to_hand_over,
)
from plans.documents.pharmacy.content import title as drugs_title
from plans.documents.pharmacy.context import PharmacyContext
from plans.documents.pharmacy.order import OrderForm
from plans.documents.pharmacy.rows import LARGE, NORMAL, FillRows, SheetSizes, StepRows
from plans.domain.documents.calendar import NothingToShow
from plans.domain.documents.facts import DoesNotFit

# Room under the head for three lines on who prescribes.
TOP, TALL = 96.0, 116.0
BODY, LEAD = NORMAL.body, NORMAL.lead


def sections(context: PharmacyContext) -> list[Section]:
    """The sheet of one version. Raises DoesNotFit, UnprintableText, NothingToShow, TooManyPieces."""
    if not context.steps_shown:
        last_day = context.schedule.end.isoformat()
        raise NothingToShow(made_on=context.facts.made_on.isoformat(), last_day=last_day)
    return [_large(context)] if context.facts.large else [Sheet(context)]


class Sheet(Flow):
    """The sheet in normal print."""

    def __init__(self, context: PharmacyContext) -> None:
        self.context, self.words = context, context.words
        self.left, self.right = PAGE_MARGIN, context.short - PAGE_MARGIN
        self.wide = self.right - self.left
        super().__init__(context, self._parts(), top=self._top(), under=ROOM_UNDER)

    # Head and foot

    def _who_beside(self) -> float | None:
        """The size at which who prescribes fits on one line."""
        who, label, phone = prescriber(self.context)
        room = self.wide - width(label, REGULAR, 9.5) - width(phone, BOLD, 11) - 16
        return largest(who, REGULAR, (9.5, 8.5), room)

    def _top(self) -> float:
        return TOP if self._who_beside() else TALL

    def head(self, canvas: Canvas) -> None:
        """Drugs, patient, products and who prescribes."""
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
            # With two drugs or a long one, the kind of document is above them.
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
            # With this many products, the rows below name them.
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
            # The prescriber takes the whole width; the telephone is under it.
            lines, size = block(who, (9.5, 8.5, 8, 7.5), self.wide, 2 * 8.5 * 1.2, "clinic_address", lead=1.2)
            base = canvas.lines(self.left, 85, lines, size, size * 1.2) + 3
        x += canvas.text(x, base, label, 9.5) + 6
        canvas.text(x, base, phone, 11, bold=True)

    def foot(self, canvas: Canvas, page: int, pages: int) -> None:
        """What to do with the sheet, version, page and code."""
        y = canvas.height - 26 - FOOT_HIGH
        canvas.rule(self.left, y - 4, self.right, y - 4, 1.2)
        canvas.text(self.left, y + 9, self.words.say("hand_over"), 9.5, bold=True)
        lines, size = block(
            self.words.say("tell_clinic"), (9, 8.5, 8, 7.5), self.wide * 0.42, 38, "tell_clinic"
        )
        canvas.lines(self.left, y + 22, lines, size, 12.2)
        draw_version(canvas, self.context, self.right, y, page, pages)

    # The flow

    def _parts(self) -> list[FlowPart]:
        parts = [self._other_dose()] if self.context.facts.other_dose else []
        parts += [self._changes()] if self.context.facts.replaces is not None else []
        return [
            *parts,
            *self._line(self.context.ended_line),
            *StepRows(self.context, NORMAL).parts(),
            *self._line(at_hand_words(self.context), bold=True),
            *self._line(instalment_words(self.context), bold=True),
            *(part for text in to_hand_over(self.context) for part in self._line(text)),
            *OrderForm(self.context, NORMAL).parts(),
            *FillRows(self.context, NORMAL).parts(),
        ]

    def _other_dose(self) -> FlowPart:
        """Another dose is taken than the sheet says: before all else."""
        lines = wrap(self.context.facts.other_dose, BOLD, BODY, self.wide - 16)
        high = LEAD * len(lines) + 14

        def draw(canvas: Canvas, y: float) -> None:
            canvas.box(self.left + 1.2, y + 1.2, self.wide - 2.4, high - 2.4, thick=2.4)
            canvas.lines(self.left + 8, y + 16, lines, BODY, LEAD, bold=True)

        return FlowPart(high + 8, draw)

    def _line(self, text: str, *, bold: bool = False) -> list[FlowPart]:
        """A sentence over the width, or nothing."""
        if not text:
            return []
        lines = wrap(text, BOLD if bold else REGULAR, BODY, self.wide)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + BODY + 2, lines, BODY, LEAD, bold=bold)

        return [FlowPart(LEAD * len(lines) + 6, draw)]

    def _changes(self) -> FlowPart:
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

        return FlowPart(high + 8, draw)


PAD = 8.0
# Size of texts other than directions: who prescribes, and what a pharmacist must know.
NOTE = 16.0


def _large(context: PharmacyContext) -> LargeSheet:
    """The large-print sheet at the largest size at which every line fits. Raises DoesNotFit."""
    refused = DoesNotFit(what="row")
    for sizes in LARGE:
        try:
            return LargeSheet(context, sizes)
        except DoesNotFit as fault:
            refused = fault
    raise refused


class LargeSheet(Flow):
    """The sheet in large print: the same rows, with lines instead of columns."""

    def __init__(self, context: PharmacyContext, sizes: SheetSizes) -> None:
        self.context, self.words, self.sizes = context, context.words, sizes
        self.left, self.wide = sizes.margin, sizes.wide(context)
        super().__init__(context, self._parts(), top=LARGE_TOP, under=LARGE_FOOT + 6)

    def _parts(self) -> list[FlowPart]:
        return [
            self._who(),
            *self._other_dose(),
            *self._changes(),
            *self._line(self.context.ended_line),
            *StepRows(self.context, self.sizes).parts(),
            *self._line(at_hand_words(self.context), bold=True),
            *self._line(instalment_words(self.context), bold=True),
            *(part for text in to_hand_over(self.context) for part in self._line(text)),
            *OrderForm(self.context, self.sizes).parts(),
            *FillRows(self.context, self.sizes).parts(),
            self._tell(),
        ]

    def head(self, canvas: Canvas) -> None:
        """Drugs, patient, products and who prescribes."""
        kind = self.words.say("pharmacy_head")
        draw_large_head(canvas, self.context, kind, drug=title(self.context), strong=True)

    def foot(self, canvas: Canvas, page: int, pages: int) -> None:
        """What to do with the sheet, version, page and code."""
        draw_large_foot(canvas, self.context, self.words.say("hand_over"), [], page, pages)

    def _lines(self, text: str, room: float, size: float, what: str, *, bold: bool = False) -> list[str]:
        """The lines of a text at one size. Raises DoesNotFit."""
        face = BOLD if bold else REGULAR
        lines = wrap(text, face, size, room)
        if not fits(lines, face, size, room):
            raise DoesNotFit(what=what)
        return lines

    def _who(self) -> FlowPart:
        """The products, that this is not a prescription, who prescribes, and whom a pharmacist may call."""
        lead, (who, label, phone) = NOTE * 1.25, prescriber(self.context)
        products = self.words.say("by_mouth", products=self.context.products_line)
        # That it is not a prescription has its own line.
        first = [
            line
            for part in products.split("  ")
            for line in self._lines(part, self.wide, NOTE, "products", bold=True)
        ]
        second = self._lines(who, self.wide, NOTE, "clinician")
        if self.context.facts.born_year is not None and self.context.record_no:
            # The head has room only for the year of birth.
            record = self.words.say("record", number=self.context.record_no)
            second = [*self._lines(record, self.wide, NOTE, "record_no"), *second]
        wide = width(label, REGULAR, NOTE) + 8 + width(phone, BOLD, 20)
        if wide > self.wide:
            raise DoesNotFit(what="clinic_phone")
        high = lead * (len(first) + len(second)) + 38

        def draw(canvas: Canvas, y: float) -> None:
            base = canvas.lines(self.left, y + NOTE, first, NOTE, lead, bold=True)
            base = canvas.lines(self.left, base, second, NOTE, lead) + 4
            x = self.left + canvas.text(self.left, base, label, NOTE) + 8
            canvas.text(x, base, phone, 20, bold=True)
            canvas.rule(self.left, y + high - 6, self.left + self.wide, y + high - 6, 0.8)

        return FlowPart(high, draw)

    def _changes(self) -> list[FlowPart]:
        """What changed from the previous version, one frame per change."""
        facts, words = self.context.facts, self.words
        if facts.replaces is None:
            return []
        rows = changes(self.context, facts.previous) if facts.previous is not None else []
        heading = self._title(words.say("changed_head", version=facts.replaces))
        parts = [self._change(row, heading) for row in rows]
        if facts.previous is not None and not rows:
            parts.append(self._said(words.say("nothing_changed", version=facts.replaces), heading))
        return [*parts, self._said(cancel_words(self.context), heading, bold=True)]

    def _other_dose(self) -> list[FlowPart]:
        """Another dose is taken than the sheet says: before all else."""
        said = self.context.facts.other_dose
        if not said:
            return []
        body, lead = self.sizes.body, self.sizes.lead
        lines = self._lines(said, self.wide - 2 * PAD, body, "other_dose", bold=True)
        high = lead * len(lines) + 2 * PAD

        def draw(canvas: Canvas, y: float) -> None:
            canvas.box(self.left + 1, y + 1, self.wide - 2, high - 2, thick=2)
            canvas.lines(self.left + PAD, y + PAD + body, lines, body, lead, bold=True)

        return [FlowPart(high + 6, draw)]

    def _line(self, text: str, *, bold: bool = False) -> list[FlowPart]:
        """A sentence over the width, or nothing."""
        if not text:
            return []
        body, lead = self.sizes.body, self.sizes.lead
        lines = self._lines(text, self.wide, body, "sentence", bold=bold)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + body + 2, lines, body, lead, bold=bold)

        return [FlowPart(lead * len(lines) + 12, draw)]

    def _title(self, text: str) -> FlowPart:
        size = self.sizes.title
        lines = self._lines(text, self.wide, size, "changed", bold=True)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + size, lines, size, size * 1.2, bold=True)

        return FlowPart(size * 1.2 * len(lines) + 8, draw)

    def _said(self, text: str, heading: FlowPart, *, bold: bool = False) -> FlowPart:
        body, lead = self.sizes.body, self.sizes.lead
        lines = self._lines(text, self.wide, body, "changed", bold=bold)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + body + 2, lines, body, lead, bold=bold)

        return FlowPart(lead * len(lines) + 12, draw, heading)

    def _change(self, row: Change, heading: FlowPart) -> FlowPart:
        facts, words, body, lead = self.context.facts, self.words, self.sizes.body, self.sizes.lead
        inside = self.wide - 2 * PAD
        said = f"{words.say('version_said', version=facts.replaces)}: {row.old}" if row.old else ""
        says = f"{words.say('version_says', version=facts.version)}: {row.new}"
        texts = ((row.of, True), (said, False), (says, True))
        lines = [
            (line, bold)
            for text, bold in texts
            if text
            for line in self._lines(text, inside, body, "changed", bold=bold)
        ]
        high = lead * len(lines) + 2 * PAD

        def draw(canvas: Canvas, y: float) -> None:
            canvas.box(self.left + 1, y + 1, self.wide - 2, high - 2, thick=2)
            base = y + PAD + body
            for line, bold in lines:
                canvas.text(self.left + PAD, base, line, body, bold=bold)
                base += lead

        return FlowPart(high + 6, draw, heading)

    def _tell(self) -> FlowPart:
        """The closing words: what the pharmacy must not do on its own."""
        lines = self._lines(self.words.say("tell_clinic"), self.wide, NOTE, "tell_clinic")

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + NOTE + 4, lines, NOTE, NOTE * 1.25)

        return FlowPart(NOTE * 1.25 * len(lines) + 10, draw)
