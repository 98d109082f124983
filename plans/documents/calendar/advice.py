"""What to do when things go wrong, and whom to call: the part of page 1 that never moves to another page."""

from __future__ import annotations

from dataclasses import dataclass

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.styles import PAGE_MARGIN
from plans.documents.engine.text import fits, largest, wrap
from plans.domain.documents.facts import DoesNotFit

BOXES_HIGH = 128.0
CONTACTS_HIGH = 68.0
CONTACTS_MORE = 64


@dataclass(frozen=True, slots=True)
class _Clinic:
    """The clinic's own texts measured for its part of the contacts."""

    name: list[str]
    name_size: float
    address: list[str]
    hours: list[str]
    phone: float
    size: float


def _clinic_fitted(context: DocumentContext, room: float, high: float) -> _Clinic | None:
    """The largest sizes at which the clinic's texts stand in room × high points; None without any."""
    one = largest(context.clinic_name, BOLD, (12, 11, 10, 9), room)
    if one is not None:
        name, name_size = [context.clinic_name], one
    else:
        name, name_size = block(context.clinic_name, (9.5, 9, 8.5, 8), room, 22, "clinic_name", bold=True)
    high -= name_size * 1.1 * (len(name) - 1)
    for phone, size in ((23, 9.5), (20, 9.5), (20, 9.0), (17, 8.5), (14, 8.0), (12, 7.5)):
        address = wrap(context.clinic_address, REGULAR, size, room) if context.clinic_address else []
        hours = wrap(context.clinic_hours, REGULAR, size, room)
        good = fits([*address, *hours], REGULAR, size, room)
        needed = 14 + phone * 0.86 + 2 + size * 1.2 * (len(address) + len(hours))
        if good and needed <= high and width(context.clinic_phone, BOLD, phone) <= room:
            return _Clinic(name, name_size, address, hours, phone, size)
    return None


def contacts_high(context: DocumentContext) -> float:
    """Height of the row of contacts: more than usual only for a clinic whose address and hours need it."""
    room = (context.short - 2 * PAGE_MARGIN) / 3 - 10
    for more in range(0, CONTACTS_MORE + 1, 8):
        if _clinic_fitted(context, room, CONTACTS_HIGH + more) is not None:
            return CONTACTS_HIGH + more
    return CONTACTS_HIGH


class Advice:
    """Draws both rows of page 1 that say what to do. Raises DoesNotFit."""

    def __init__(self, context: DocumentContext) -> None:
        self.context, self.words = context, context.words
        self.wide = context.short - 2 * PAGE_MARGIN
        self.high = contacts_high(context)

    def boxes(self, canvas: Canvas, y: float) -> None:
        """Three boxes beside each other, BOXES_HIGH from y down: a missed dose, feeling worse, an emergency."""
        gap = 8.0
        wide = (self.wide - 2 * gap) / 3
        for n, draw in enumerate((self._missed, self._worse, self._emergency)):
            draw(canvas, PAGE_MARGIN + n * (wide + gap), y, wide)

    def _missed(self, canvas: Canvas, x: float, y: float, wide: float) -> None:
        parts = (("missed_text", False), ("missed_strong", True), ("missed_day", False))
        self._advice(canvas, x, y, wide, "missed_head", parts)

    def _worse(self, canvas: Canvas, x: float, y: float, wide: float) -> None:
        self._advice(canvas, x, y, wide, "worse_head", (("worse_text", False), ("worse_strong", True)))

    def _advice(
        self, canvas: Canvas, x: float, y: float, wide: float, head: str, parts: tuple[tuple[str, bool], ...]
    ) -> None:
        canvas.box(x, y, wide, BOXES_HIGH, thick=1)
        one_line(
            canvas, x + 8, y + 17, self.words.say(head), (13, 12, 11, 10), wide - 16, "advice", bold=True
        )
        for size in (9.5, 9.0, 8.5, 8.0, 7.5):
            lead = size * 1.42
            lines = [
                (line, strong)
                for key, strong in parts
                for line in wrap(self.words.say(key), BOLD if strong else REGULAR, size, wide - 16)
            ]
            if 24 + lead * len(lines) + 6 <= BOXES_HIGH:
                break
        else:
            raise DoesNotFit(what="advice")
        base = y + 34
        for line, strong in lines:
            canvas.text(x + 8, base, line, size, bold=strong)
            base += lead

    def _emergency(self, canvas: Canvas, x: float, y: float, wide: float) -> None:
        low_ink, head_high = self.context.facts.low_ink, 22.0
        canvas.box(x + 1.2, y + 1.2, wide - 2.4, BOXES_HIGH - 2.4, thick=2.4)
        if low_ink:
            canvas.rule(x, y + head_high, x + wide, y + head_high, 1.2)
        else:
            canvas.box(x, y, wide, head_high, thick=0, fill=0.0)
        head = self.words.say("emergency_head", number=self.context.emergency_number)
        lines, size = block(head, (13, 12, 11, 10, 9), wide - 16, head_high - 4, "emergency", bold=True)
        canvas.text(x + 8, y + 15.8, lines[0], size, bold=True, white=not low_ink)
        for size in (9.5, 9.0, 8.5, 8.0, 7.5):
            lead = size * 1.38
            items = [
                wrap(item, REGULAR, size, wide - 24) for item in self.words.say("emergency_text").split("\n")
            ]
            if head_high + 14 + lead * sum(map(len, items)) <= BOXES_HIGH:
                break
        else:
            raise DoesNotFit(what="emergency")
        base = y + head_high + 14
        for item in items:
            canvas.pdf.circle(x + 10, canvas.height - base + size * 0.32, 1.6, stroke=0, fill=1)
            base = canvas.lines(x + 16, base, item, size, lead)

    def contacts(self, canvas: Canvas, y: float) -> None:
        """The clinic, the help lines and what is dangerous together, `high` points from y down."""
        context, wide = self.context, self.wide / 3
        left = PAGE_MARGIN
        self._clinic(canvas, left, y, wide - 10)
        canvas.rule(left + wide, y, left + wide, y + self.high - 4)
        self._help_lines(canvas, left + wide + 9, y, wide - 16)
        canvas.rule(left + 2 * wide, y, left + 2 * wide, y + self.high - 4)
        x = left + 2 * wide + 9
        one_line(
            canvas,
            x,
            y + 9,
            self.words.say("dangerous_head"),
            (12, 11, 10, 9),
            wide - 9,
            "dangerous",
            bold=True,
        )
        drug = context.drug_title[0].lower() + context.drug_title[1:]
        text = self.words.say("dangerous_text", drug=drug)
        lines, size = block(text, (9.5, 9, 8.5, 8, 7.5), wide - 9, self.high - 13, "dangerous")
        canvas.lines(x, y + 21, lines, size, size * 1.22)

    def _clinic(self, canvas: Canvas, x: float, y: float, room: float) -> None:
        """Name, address, telephone and hours: the telephone as large as the others leave it room."""
        found = _clinic_fitted(self.context, room, self.high)
        if found is None:
            raise DoesNotFit(what="clinic_hours")
        name, lead = found.name, found.size * 1.2
        y = canvas.lines(x, y + 9, name, found.name_size, found.name_size * 1.1, bold=True)
        base = y - found.name_size * 1.1 + 1 + lead
        base = canvas.lines(x, base, found.address, found.size, lead) - lead + 2 + found.phone * 0.86
        canvas.text(x, base, self.context.clinic_phone, found.phone, bold=True)
        canvas.lines(x, base + 2 + lead, found.hours, found.size, lead)

    def _help_lines(self, canvas: Canvas, x: float, y: float, room: float) -> None:
        one_line(
            canvas, x, y + 9, self.words.say("help_lines"), (12, 11, 10, 9), room, "help_lines", bold=True
        )
        if not self.context.help_lines:
            return
        for name_size, number_size, lead in ((9.5, 12, 14), (8.5, 10, 11), (7.5, 9, 9)):
            base, drawn = y + 23, []
            names = [wrap(name, REGULAR, name_size, room) for name, _, _ in self.context.help_lines]
            column = max(width(lines[-1], REGULAR, name_size) for lines in names) + 8
            good = True
            for lines, (_, number, note) in zip(names, self.context.help_lines, strict=True):
                for n, line in enumerate(lines):
                    base += name_size * 1.15 if n else 0
                    drawn.append((x, base, line, name_size, False))
                    good = good and width(line, REGULAR, name_size) <= room
                wide = width(number, BOLD, number_size)
                # A long name takes a line of its own and its number the next.
                beside = column + wide <= room
                base += 0 if beside else lead * 0.9
                drawn.append((x + column if beside else x, base, number, number_size, True))
                good = good and wide <= room
                base += lead
                if note:
                    for line in wrap(note, REGULAR, name_size - 0.5, room):
                        drawn.append((x, base - 2.5, line, name_size - 0.5, False))
                        base += lead * 0.8
            if good and base - lead <= y + self.high - 2:
                break
        else:
            raise DoesNotFit(what="help_lines")
        for at, line_base, text, size, strong in drawn:
            canvas.text(at, line_base, text, size, bold=strong)
