"""The pharmacy sheet: what changed, the directions of every step with its units, and the fills.

Rows flow over as many pages as they need; head and table headings are repeated. Zero is written "none".
"""

from __future__ import annotations

from plans.documents.facts import CalendarFacts, DoesNotFit
from plans.documents.flow import Part, Progress, flowed
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.pen import GREY, Pen
from plans.documents.pharmacy_content import (
    changes,
    day_total,
    direction,
    shown_steps,
    step_units,
)
from plans.documents.pharmacy_fills import BODY, fill_parts, product_head
from plans.documents.sheet import Sheet, block, one_line
from plans.documents.styles import PAGE_MARGIN
from plans.documents.text import fits, largest, wrap
from plans.documents.upright import FOOT_HIGH, draw_version
from plans.domain.calendar import NothingToShow
from plans.domain.taper.schedule import Step, StepKind

TOP = 96.0
LEAD = 11.2
ROW_LEAST = 25.0
# Least room for the directions; with many products it is bought by smaller unit columns.
DIRECTIONS_LEAST = 120.0


def draw_pharmacy_sheet(facts: CalendarFacts, progress: Progress | None = None) -> bytes:
    """The pharmacy sheet of one version. The same facts give the same bytes.

    Raises DoesNotFit, UnprintableText, NothingToShow, TooManyPieces.
    """
    sheet = Sheet(facts)
    if not shown_steps(sheet):
        raise NothingToShow(made_on=facts.made_on.isoformat(), last_day=sheet.schedule.end.isoformat())
    return _Drawing(sheet).pdf(progress)


class _Drawing:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.words = sheet, sheet.words
        self.left, self.right = PAGE_MARGIN, sheet.short - PAGE_MARGIN
        self.wide = self.right - self.left

    def pdf(self, progress: Progress | None) -> bytes:
        """All pages."""
        return flowed(self.sheet, self._parts(), top=TOP, head=self._head, foot=self._foot, progress=progress)

    # Head and foot

    def _head(self, pen: Pen) -> None:
        sheet, words, facts = self.sheet, self.words, self.sheet.facts
        used = [drug for drug in sheet.schedule.drugs if drug in {product.drug for product in sheet.products}]
        title = words.listed([facts.drug_names.get(drug, drug.capitalize()) for drug in used])
        size = one_line(pen, self.left, 49, title, (32, 27, 23, 19, 16), self.wide * 0.42, "drug", bold=True)
        x = self.left + width(title, BOLD, size) + 20
        x += pen.text(x, 49, words.say("pharmacy_head"), 17, bold=True)
        name, size = sheet.name_in(self.right - x - 12, (17, 15, 13, 11, 10, 9))
        pen.text(self.right, 43, name, size, bold=True, align="right")
        second = [sheet.second_fact] if sheet.second_fact else []
        if facts.born_year is not None and sheet.record_no:
            second.append(words.say("record", number=sheet.record_no))
        born = pen.text(self.right, 60, ", ".join(second), 10.5, align="right")
        line = words.say("by_mouth", products=sheet.products_line)
        room = self.wide - born - 10
        if largest(line, REGULAR, (10.5, 9.5, 8.5), room):
            one_line(pen, self.left, 66, line, (10.5, 9.5, 8.5), room, "products")
        else:
            lines, size = block(line, (8.5, 8, 7.5), room, 20, "products", lead=1.1)
            pen.lines(self.left, 70 - 9 * (len(lines) - 1), lines, size, 9)
        pen.rule(self.left, 73, self.right, 73, 1.2)
        who = ", ".join(text for text in (sheet.clinician, sheet.clinic_name, sheet.clinic_address) if text)
        phone = sheet.pharmacist_phone or sheet.clinic_phone
        label = words.say("for_pharmacists") if phone else ""
        room = self.wide - width(label, REGULAR, 9.5) - width(phone, BOLD, 11) - 16
        used_size = one_line(pen, self.left, 88, who, (9.5, 8.5, 7.5), room, "clinic_address")
        x = self.left + width(who, REGULAR, used_size) + 10
        x += pen.text(x, 88, label, 9.5) + 6
        pen.text(x, 88, phone, 11, bold=True)

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
        parts = [self._changes()] if self.sheet.facts.replaces is not None else []
        heading = self._step_heading()
        parts += [self._step(step, heading) for step in shown_steps(self.sheet)]
        return parts + fill_parts(self.sheet)

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
            cancel = words.say("cancel_old", version=facts.replaces)
            if facts.previous_made_on is not None:
                made = words.day_year(facts.previous_made_on)
                cancel += " " + words.say("old_made", version=facts.replaces, date=made)
            one_line(pen, columns[0], base, cancel, (BODY, 8.5, 7.5), self.wide - 16, "cancel", bold=True)

        return Part(high + 8, draw)

    def _columns(self) -> tuple[float, float, list[float]]:
        """x of the directions, right edge of the day's milligrams, right edges of days and of each product."""
        products = self.sheet.products
        units = [
            max(38.0, *(width(line, BOLD, 8.5) + 10 for line in product_head(self.sheet, n)))
            for n in range(len(products))
        ]
        edges: list[float] = []
        x = self.right - 2
        for wide in reversed(units):
            edges.insert(0, x)
            x -= wide
        edges.insert(0, x)
        total = max(
            width(line, BOLD, BODY)
            for step in shown_steps(self.sheet)
            for line in day_total(self.sheet, step)
        )
        day_right = x - 32
        directions = self.left + 136
        if day_right - total - 8 - directions < DIRECTIONS_LEAST:
            directions = self.left + 118
        return directions, day_right, edges

    def _step_heading(self) -> Part:
        words = self.words
        directions, day_right, edges = self._columns()
        heads = [product_head(self.sheet, n) for n in range(len(self.sheet.products))]
        most = max(map(len, heads))
        high = 20 + 6 + 10.2 * max(1, most)

        def draw(pen: Pen, y: float) -> None:
            pen.text(self.left, y + 15, words.say("directions_head"), 13, bold=True)
            base = y + 30
            pen.text(self.left + 4, base, words.say("step"), 8.5, bold=True)
            pen.text(self.left + 30, base, words.say("from_until"), 8.5, bold=True)
            pen.text(directions, base, words.say("directions"), 8.5, bold=True)
            pen.text(day_right, base, words.say("a_day"), 8.5, bold=True, align="right")
            pen.text(edges[0], base, words.say("days"), 8.5, bold=True, align="right")
            for x, head in zip(edges[1:], heads, strict=True):
                for n, line in enumerate(head):
                    pen.text(x, base + 10.2 * n, line, 8.5, bold=True, align="right")
            pen.rule(self.left, y + high, self.right, y + high, 0.8)

        return Part(high, draw)

    def _step(self, step: Step, heading: Part) -> Part:
        words, sheet = self.words, self.sheet
        directions, day_right, edges = self._columns()
        totals = day_total(sheet, step)
        room = day_right - max(width(line, BOLD, BODY) for line in totals) - 10 - directions
        lines = self._direction(step, room)
        start = words.day_year(step.start)
        until = words.say("to_date", date=words.day_year(step.end))
        high = max(ROW_LEAST, LEAD * max(len(lines), len(totals)) + 4)

        def draw(pen: Pen, y: float) -> None:
            if step.kind is StepKind.HOLD and not sheet.facts.low_ink:
                pen.box(self.left, y, self.wide, high, thick=0, fill=GREY)
            base = y + 10.5
            pen.text(self.left + 4, base, str(step.n), BODY, bold=True)
            pen.text(self.left + 30, base, start, BODY)
            pen.text(self.left + 30, base + LEAD, until, BODY)
            pen.lines(directions, base, lines, BODY, LEAD)
            for n, line in enumerate(totals):
                pen.text(day_right, base + n * LEAD, line, BODY, bold=True, align="right")
            pen.text(edges[0], base, str(step.days), BODY, align="right")
            for x, product in zip(edges[1:], sheet.products, strict=True):
                text = step_units(sheet, step, product)
                pen.text(x, base, text, BODY, bold=text != words.say("none"), align="right")
            pen.rule(self.left, y + high, self.right, y + high)

        return Part(high, draw, heading)

    def _direction(self, step: Step, room: float) -> list[str]:
        for held in (True, False):
            lines = wrap(direction(self.sheet, step, held=held), REGULAR, BODY, room)
            if fits(lines, REGULAR, BODY, room):
                return lines
        raise DoesNotFit(what="directions")
