"""What to do when things go wrong, and whom to call: the part of page 1 that never moves to another page."""

from __future__ import annotations

from dataclasses import dataclass

from plans.documents.facts import DoesNotFit
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.pen import Pen
from plans.documents.sheet import Sheet, block, one_line
from plans.documents.styles import PAGE_MARGIN
from plans.documents.text import fits, largest, wrap

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


def _clinic_fitted(sheet: Sheet, room: float, high: float) -> _Clinic | None:
    """The largest sizes at which the clinic's texts stand in room × high points; None without any."""
    one = largest(sheet.clinic_name, BOLD, (12, 11, 10, 9), room)
    if one is not None:
        name, name_size = [sheet.clinic_name], one
    else:
        name, name_size = block(sheet.clinic_name, (9.5, 9, 8.5, 8), room, 22, "clinic_name", bold=True)
    high -= name_size * 1.1 * (len(name) - 1)
    for phone, size in ((23, 9.5), (20, 9.5), (20, 9.0), (17, 8.5), (14, 8.0), (12, 7.5)):
        address = wrap(sheet.clinic_address, REGULAR, size, room) if sheet.clinic_address else []
        hours = wrap(sheet.clinic_hours, REGULAR, size, room)
        good = fits([*address, *hours], REGULAR, size, room)
        needed = 14 + phone * 0.86 + 2 + size * 1.2 * (len(address) + len(hours))
        if good and needed <= high and width(sheet.clinic_phone, BOLD, phone) <= room:
            return _Clinic(name, name_size, address, hours, phone, size)
    return None


def contacts_high(sheet: Sheet) -> float:
    """Height of the row of contacts: more than usual only for a clinic whose address and hours need it."""
    room = (sheet.short - 2 * PAGE_MARGIN) / 3 - 10
    for more in range(0, CONTACTS_MORE + 1, 8):
        if _clinic_fitted(sheet, room, CONTACTS_HIGH + more) is not None:
            return CONTACTS_HIGH + more
    return CONTACTS_HIGH


class Advice:
    """Draws both rows of page 1 that say what to do. Raises DoesNotFit."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.words = sheet, sheet.words
        self.wide = sheet.short - 2 * PAGE_MARGIN
        self.high = contacts_high(sheet)

    def boxes(self, pen: Pen, y: float) -> None:
        """Three boxes beside each other, BOXES_HIGH from y down: a missed dose, feeling worse, an emergency."""
        gap = 8.0
        wide = (self.wide - 2 * gap) / 3
        for n, draw in enumerate((self._missed, self._worse, self._emergency)):
            draw(pen, PAGE_MARGIN + n * (wide + gap), y, wide)

    def _missed(self, pen: Pen, x: float, y: float, wide: float) -> None:
        parts = (("missed_text", False), ("missed_strong", True), ("missed_day", False))
        self._advice(pen, x, y, wide, "missed_head", parts)

    def _worse(self, pen: Pen, x: float, y: float, wide: float) -> None:
        self._advice(pen, x, y, wide, "worse_head", (("worse_text", False), ("worse_strong", True)))

    def _advice(
        self, pen: Pen, x: float, y: float, wide: float, head: str, parts: tuple[tuple[str, bool], ...]
    ) -> None:
        pen.box(x, y, wide, BOXES_HIGH, thick=1)
        one_line(pen, x + 8, y + 17, self.words.say(head), (13, 12, 11, 10), wide - 16, "advice", bold=True)
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
            pen.text(x + 8, base, line, size, bold=strong)
            base += lead

    def _emergency(self, pen: Pen, x: float, y: float, wide: float) -> None:
        low_ink, head_high = self.sheet.facts.low_ink, 22.0
        pen.box(x + 1.2, y + 1.2, wide - 2.4, BOXES_HIGH - 2.4, thick=2.4)
        if low_ink:
            pen.rule(x, y + head_high, x + wide, y + head_high, 1.2)
        else:
            pen.box(x, y, wide, head_high, thick=0, fill=0.0)
        head = self.words.say("emergency_head", number=self.sheet.emergency_number)
        lines, size = block(head, (13, 12, 11, 10, 9), wide - 16, head_high - 4, "emergency", bold=True)
        pen.text(x + 8, y + 15.8, lines[0], size, bold=True, white=not low_ink)
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
            pen.canvas.circle(x + 10, pen.height - base + size * 0.32, 1.6, stroke=0, fill=1)
            base = pen.lines(x + 16, base, item, size, lead)

    def contacts(self, pen: Pen, y: float) -> None:
        """The clinic, the help lines and what is dangerous together, `high` points from y down."""
        sheet, wide = self.sheet, self.wide / 3
        left = PAGE_MARGIN
        self._clinic(pen, left, y, wide - 10)
        pen.rule(left + wide, y, left + wide, y + self.high - 4)
        self._help_lines(pen, left + wide + 9, y, wide - 16)
        pen.rule(left + 2 * wide, y, left + 2 * wide, y + self.high - 4)
        x = left + 2 * wide + 9
        one_line(
            pen, x, y + 9, self.words.say("dangerous_head"), (12, 11, 10, 9), wide - 9, "dangerous", bold=True
        )
        drug = sheet.drug_title[0].lower() + sheet.drug_title[1:]
        text = self.words.say("dangerous_text", drug=drug)
        lines, size = block(text, (9.5, 9, 8.5, 8, 7.5), wide - 9, self.high - 13, "dangerous")
        pen.lines(x, y + 21, lines, size, size * 1.22)

    def _clinic(self, pen: Pen, x: float, y: float, room: float) -> None:
        """Name, address, telephone and hours: the telephone as large as the others leave it room."""
        found = _clinic_fitted(self.sheet, room, self.high)
        if found is None:
            raise DoesNotFit(what="clinic_hours")
        name, lead = found.name, found.size * 1.2
        y = pen.lines(x, y + 9, name, found.name_size, found.name_size * 1.1, bold=True)
        base = y - found.name_size * 1.1 + 1 + lead
        base = pen.lines(x, base, found.address, found.size, lead) - lead + 2 + found.phone * 0.86
        pen.text(x, base, self.sheet.clinic_phone, found.phone, bold=True)
        pen.lines(x, base + 2 + lead, found.hours, found.size, lead)

    def _help_lines(self, pen: Pen, x: float, y: float, room: float) -> None:
        one_line(pen, x, y + 9, self.words.say("help_lines"), (12, 11, 10, 9), room, "help_lines", bold=True)
        if not self.sheet.help_lines:
            return
        for name_size, number_size, lead in ((9.5, 12, 14), (8.5, 10, 11), (7.5, 9, 9)):
            base, drawn = y + 23, []
            names = [wrap(name, REGULAR, name_size, room) for name, _, _ in self.sheet.help_lines]
            column = max(width(lines[-1], REGULAR, name_size) for lines in names) + 8
            good = True
            for lines, (_, number, note) in zip(names, self.sheet.help_lines, strict=True):
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
            pen.text(at, line_base, text, size, bold=strong)
