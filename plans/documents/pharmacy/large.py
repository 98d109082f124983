"""The pharmacy sheet in large print: the same rows at 18 points, what is beside each other in normal print in lines."""

from __future__ import annotations

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext
from plans.documents.engine.flow import Part, Progress, flowed
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.portrait import LARGE_FOOT, LARGE_TOP, draw_large_foot, draw_large_head
from plans.documents.engine.text import fits, wrap
from plans.documents.pharmacy.content import Change, at_hand_words, cancel_words, changes, prescriber, title
from plans.documents.pharmacy.fills import FillRows
from plans.documents.pharmacy.sizes import LARGE, SheetSizes
from plans.documents.pharmacy.steps import StepRows
from plans.domain.documents.facts import DoesNotFit

PAD = 8.0
# What is no direction: who prescribes, and what a pharmacist must know.
NOTE = 16.0


def draw_large_sheet(context: DocumentContext, progress: Progress | None = None) -> bytes:
    """All pages, at the largest size that holds every line. Raises DoesNotFit."""
    refused = DoesNotFit(what="row")
    for sizes in LARGE:
        try:
            return _Drawing(context, sizes).pdf(progress)
        except DoesNotFit as fault:
            refused = fault
    raise refused


class _Drawing:
    def __init__(self, context: DocumentContext, sizes: SheetSizes) -> None:
        self.context, self.words, self.sizes = context, context.words, sizes
        self.left, self.wide = sizes.margin, sizes.wide(context)

    def pdf(self, progress: Progress | None) -> bytes:
        """All pages at one size. Raises DoesNotFit."""
        return flowed(
            self.context,
            [
                self._who(),
                *self._other_dose(),
                *self._changes(),
                *self._line(self.context.ended_line),
                *StepRows(self.context, self.sizes).parts(),
                *self._line(at_hand_words(self.context), bold=True),
                *FillRows(self.context, self.sizes).parts(),
                self._tell(),
            ],
            top=LARGE_TOP,
            head=self._head,
            foot=self._foot,
            progress=progress,
            under=LARGE_FOOT + 6,
        )

    def _head(self, canvas: Canvas) -> None:
        kind = self.words.say("pharmacy_head")
        draw_large_head(canvas, self.context, kind, drug=title(self.context), strong=True)

    def _foot(self, canvas: Canvas, page: int, pages: int) -> None:
        draw_large_foot(canvas, self.context, self.words.say("hand_over"), [], page, pages)

    def _lines(self, text: str, room: float, size: float, what: str, *, bold: bool = False) -> list[str]:
        """A text in lines of one size. Raises DoesNotFit."""
        face = BOLD if bold else REGULAR
        lines = wrap(text, face, size, room)
        if not fits(lines, face, size, room):
            raise DoesNotFit(what=what)
        return lines

    def _who(self) -> Part:
        """What is handed out, that this is no prescription, who prescribes, and whom a pharmacist may call."""
        lead, (who, label, phone) = NOTE * 1.25, prescriber(self.context)
        products = self.words.say("by_mouth", products=self.context.products_line)
        # That it is no prescription stands in a line of its own.
        first = [
            line
            for part in products.split("  ")
            for line in self._lines(part, self.wide, NOTE, "products", bold=True)
        ]
        second = self._lines(who, self.wide, NOTE, "clinician")
        if self.context.facts.born_year is not None and self.context.record_no:
            # The head has room for the year of birth alone.
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

        return Part(high, draw)

    def _changes(self) -> list[Part]:
        """What changed from the version before, a frame a change."""
        facts, words = self.context.facts, self.words
        if facts.replaces is None:
            return []
        rows = changes(self.context, facts.previous) if facts.previous is not None else []
        heading = self._title(words.say("changed_head", version=facts.replaces))
        parts = [self._change(row, heading) for row in rows]
        if facts.previous is not None and not rows:
            parts.append(self._said(words.say("nothing_changed", version=facts.replaces), heading))
        return [*parts, self._said(cancel_words(self.context), heading, bold=True)]

    def _other_dose(self) -> list[Part]:
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

        return [Part(high + 6, draw)]

    def _line(self, text: str, *, bold: bool = False) -> list[Part]:
        """A sentence over the width, or nothing."""
        if not text:
            return []
        body, lead = self.sizes.body, self.sizes.lead
        lines = self._lines(text, self.wide, body, "sentence", bold=bold)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + body + 2, lines, body, lead, bold=bold)

        return [Part(lead * len(lines) + 12, draw)]

    def _title(self, text: str) -> Part:
        size = self.sizes.title
        lines = self._lines(text, self.wide, size, "changed", bold=True)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + size, lines, size, size * 1.2, bold=True)

        return Part(size * 1.2 * len(lines) + 8, draw)

    def _said(self, text: str, heading: Part, *, bold: bool = False) -> Part:
        body, lead = self.sizes.body, self.sizes.lead
        lines = self._lines(text, self.wide, body, "changed", bold=bold)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + body + 2, lines, body, lead, bold=bold)

        return Part(lead * len(lines) + 12, draw, heading)

    def _change(self, row: Change, heading: Part) -> Part:
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

        return Part(high + 6, draw, heading)

    def _tell(self) -> Part:
        """What the pharmacy must not do by itself: the last words."""
        lines = self._lines(self.words.say("tell_clinic"), self.wide, NOTE, "tell_clinic")

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(self.left, y + NOTE + 4, lines, NOTE, NOTE * 1.25)

        return Part(NOTE * 1.25 * len(lines) + 10, draw)
