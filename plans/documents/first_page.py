"""The page before the calendar: the plan in a table, how to make each dose, and what to do when things go wrong.

What to do and whom to call never leave page 1. A plan of many steps or doses moves its table or its doses to the pages
that follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plans.documents import qr, shapes
from plans.documents.facts import DoesNotFit
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.footer import stamp_page, version_lines
from plans.documents.layout import PageMap
from plans.documents.pen import Pen
from plans.documents.recipes import Recipe, draw_recipes, recipes, recipes_high
from plans.documents.sheet import Sheet, block, one_line
from plans.documents.step_table import StepTable, steps_shown
from plans.documents.styles import PAGE_MARGIN
from plans.documents.syringes import draw_filling, volumes_of_steps
from plans.documents.text import wrap
from plans.domain.taper.products import Form, Take

MOST_STEPS = 12
MOST_DOSES = 8
ROW_MOST, ROW_LEAST = 18.2, 14.5
ROW_MORE = 17.0
RECIPE_MOST = 42.0
TOP = 76.0
BOXES_HIGH = 128.0
SYRINGE_SCALE = 1.5
CONTACTS_HIGH = 62.0
FOOT_HIGH = 58.0


@dataclass(frozen=True)
class Front:
    """What stands on which of the pages before the calendar: page 1 always, then runs of rows and of recipes."""

    table_on_first: bool
    recipes_on_first: bool
    more: tuple[tuple[str, int, int], ...]

    @property
    def pages(self) -> int:
        """How many pages stand before the calendar."""
        return 1 + len(self.more)


def plan_front(sheet: Sheet, steps: int, doses: list[Recipe], fillings: int = 0) -> Front:
    """Share the plan's table and doses out over page 1 and the pages after it; `fillings` syringes that have no room
    on the calendar's pages come last."""
    table_first, doses_first = steps <= MOST_STEPS, len(doses) <= MOST_DOSES
    if table_first and doses_first and _spare(sheet, steps, doses) < 0:
        doses_first = False
    if table_first and _spare(sheet, steps, []) < 0:
        table_first = False
    if doses_first and _spare(sheet, 0, doses) < 0:
        doses_first = False
    room = sheet.long - TOP - 26 - FOOT_HIGH - 60
    more: list[tuple[str, int, int]] = []
    if not table_first:
        each = int((room - 40) // ROW_MORE)
        more += [("table", n, min(n + each, steps)) for n in range(0, steps, each)]
    if not doses_first:
        each = 2 * int(room // RECIPE_MOST)
        more += [("doses", n, min(n + each, len(doses))) for n in range(0, len(doses), each)]
    each = int(room // (58 * SYRINGE_SCALE + 6))
    more += [("syringes", n, min(n + each, fillings)) for n in range(0, fillings, each)]
    return Front(table_first, doses_first, tuple(more))


def _spare(sheet: Sheet, steps: int, doses: list[Recipe]) -> float:
    """What page 1 has left with everything at its lowest."""
    fixed = TOP + 8 + 36 + 30 + BOXES_HIGH + CONTACTS_HIGH + FOOT_HIGH + 26 + 34
    if sheet.facts.follow_up:
        fixed += 14
    heights = sum(recipes_high(sheet, doses, sheet.short - 2 * PAGE_MARGIN)) if doses else 0.0
    return sheet.long - fixed - steps * ROW_LEAST - 16 - heights


class FrontPages:
    """Draws the pages before the calendar, once the calendar's page numbers are known."""

    def __init__(self, sheet: Sheet, front: Front, where: PageMap) -> None:
        self.sheet, self.front, self.where, self.words = sheet, front, where, sheet.words
        self.wide = sheet.short - 2 * PAGE_MARGIN
        self.table = StepTable.measured(sheet, where, self.wide)
        self.recipes = recipes(sheet)

    def draw(self, pen: Pen, n: int) -> None:
        """Draw the n-th of these pages (0 is page 1), all upright."""
        if n == 0:
            self.first(pen)
        else:
            self.more(pen, n)

    # Page 1

    def first(self, pen: Pen) -> None:
        """Draw page 1, which stands upright."""
        draw_head(pen, self.sheet)
        foot = pen.height - 26 - FOOT_HIGH
        contacts = foot - 12 - CONTACTS_HIGH
        boxes = contacts - 12 - BOXES_HIGH
        self._plan(pen, TOP + 4, boxes - 8)
        self._boxes(pen, boxes)
        self._contacts(pen, contacts)
        self._foot(pen, foot, 1)

    def _plan(self, pen: Pen, y: float, floor: float) -> None:
        """The table, the last day, and the doses, stretched over the room there is."""
        rows, doses = self.table.rows, self.recipes
        least = recipes_high(self.sheet, doses, self.wide) if self.front.recipes_on_first else []
        shown = len(rows) if self.front.table_on_first else 0
        fixed = (self.table.head_high() if shown else 22) + self._last_day_high() + (48 if least else 22)
        spare = floor - y - fixed - shown * ROW_LEAST - sum(least)
        if spare < 0:
            raise DoesNotFit(what="first_page")
        grow = min(ROW_MOST - ROW_LEAST, spare / max(1, shown + 2 * len(least))) if shown else 0.0
        if shown:
            y = self.table.draw(pen, PAGE_MARGIN, y, ROW_LEAST + grow, rows)
        else:
            y = self._pointer(pen, y, "table_on", "table")
        y = self._last_day(pen, y)
        if not least:
            self._pointer(pen, y + 4, "doses_on", "doses")
            return
        spare -= grow * shown
        highs = [max(high, min(RECIPE_MOST, high + spare / len(least))) for high in least]
        y = self._recipes_head(pen, y + 18)
        y = draw_recipes(pen, self.sheet, doses, PAGE_MARGIN, y + 7, self.wide, highs)
        one_line(pen, PAGE_MARGIN, y + 13, self.care(), (9.5, 9, 8.5, 8, 7.5), self.wide, "care")

    def _pointer(self, pen: Pen, y: float, key: str, kind: str) -> float:
        page = 2 + next(n for n, part in enumerate(self.front.more) if part[0] == kind)
        pen.text(PAGE_MARGIN, y + 14, self.words.say(key, page=page), 12, bold=True)
        return y + 22

    def _last_day_lines(self) -> tuple[str, list[str]]:
        strong = self.sheet.last_day_line
        after = wrap(self.sheet.after_last_day, REGULAR, 9.5, self.wide - 8)
        return strong, after

    def _last_day_high(self) -> float:
        visits = 14.0 if self.sheet.facts.follow_up else 0.0
        strong, after = self._last_day_lines()
        inline = len(after) == 1 and self._inline(strong, after[0])
        return 18 + visits + (0 if inline or not self.sheet.after_last_day else 12.5 * len(after))

    def _inline(self, strong: str, after: str) -> bool:
        return width(strong, BOLD, 9.5) + 6 + width(after, REGULAR, 9.5) <= self.wide - 8

    def _last_day(self, pen: Pen, y: float) -> float:
        strong, after = self._last_day_lines()
        x, base = PAGE_MARGIN + 4, y + 12.5
        wide = pen.text(x, base, strong, 9.5, bold=True)
        if len(after) == 1 and self._inline(strong, after[0]):
            pen.text(x + wide + 6, base, after[0], 9.5)
        elif self.sheet.after_last_day:
            base = pen.lines(x, base + 12.5, after, 9.5, 12.5) - 12.5
        visits = [day for day in self.sheet.facts.follow_up if day >= self.sheet.facts.made_on]
        if visits:
            base += 14
            label = pen.text(x, base, self.words.say("follow_up"), 9.5, bold=True)
            self._visits(pen, x + label + 4, base, visits)
        y = base + 5.5
        pen.rule(PAGE_MARGIN, y, PAGE_MARGIN + self.wide, y, 1.2)
        return y

    def _visits(self, pen: Pen, x: float, base: float, visits: list[date]) -> None:
        room = self.wide - (x - PAGE_MARGIN) - 4
        for count in range(len(visits), 0, -1):
            text = self.words.listed([self.words.day_year(day) for day in visits[:count]])
            if width(text, REGULAR, 9.5) <= room:
                pen.text(x, base, text, 9.5)
                return

    def _recipes_head(self, pen: Pen, base: float) -> float:
        x = PAGE_MARGIN + pen.text(PAGE_MARGIN, base, self.words.say("how_to_make"), 13, bold=True) + 30
        room = PAGE_MARGIN + self.wide
        for product in self.sheet.solids:
            piece, name = Take(product, quarters=4), self.sheet.product_named(product)
            wide = 14 + width(name, REGULAR, 9.5)
            if x + wide > room:
                break
            self.sheet.draw_piece(pen, x, base - 3.4, 10, piece)
            pen.text(x + 14, base, name, 9.5)
            x += wide + 22
        if any(piece.quarters in (1, 2, 3) for piece in self.sheet.used_pieces):
            quarters = min(piece.quarters for piece in self.sheet.used_pieces)
            words = self.words.say("half_solid" if quarters == 2 else "quarter_solid")
            if x + 14 + width(words, REGULAR, 9.5) <= room:
                shapes.piece(pen, x + 5, base - 3.4, 10, 0, quarters)
                pen.text(x + 14, base, words, 9.5)
        return base

    def care(self) -> str:
        """How to halve, melt or measure: only what this plan needs."""
        sentences = []
        if any(piece.quarters in (1, 2, 3) for piece in self.sheet.used_pieces):
            sentences.append(self.words.say("halving"))
        if any(product.form is Form.WAFER for product in self.sheet.products):
            sentences.append(self.words.say("wafer_melts"))
        if self.sheet.liquids:
            sentences.append(self.words.say("liquid_care"))
        return " ".join(sentences)

    # What to do

    def _boxes(self, pen: Pen, y: float) -> None:
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

    def _contacts(self, pen: Pen, y: float) -> None:
        sheet, wide = self.sheet, self.wide / 3
        left = PAGE_MARGIN
        one_line(pen, left, y + 9, sheet.clinic_name, (12, 11, 10, 9, 8), wide - 10, "clinic_name", bold=True)
        one_line(
            pen, left, y + 31, sheet.clinic_phone, (23, 20, 17, 14, 12), wide - 10, "clinic_phone", bold=True
        )
        lines, size = block(sheet.clinic_hours, (9.5, 9, 8.5, 8, 7.5), wide - 12, 26, "clinic_hours")
        pen.lines(left, y + 44, lines, size, size * 1.25)
        pen.rule(left + wide, y, left + wide, y + CONTACTS_HIGH - 4)
        self._help_lines(pen, left + wide + 9, y, wide - 16)
        pen.rule(left + 2 * wide, y, left + 2 * wide, y + CONTACTS_HIGH - 4)
        x = left + 2 * wide + 9
        one_line(
            pen, x, y + 9, self.words.say("dangerous_head"), (12, 11, 10, 9), wide - 9, "dangerous", bold=True
        )
        drug = sheet.drug_title[0].lower() + sheet.drug_title[1:]
        text = self.words.say("dangerous_text", drug=drug)
        lines, size = block(text, (9.5, 9, 8.5, 8, 7.5), wide - 9, CONTACTS_HIGH - 13, "dangerous")
        pen.lines(x, y + 21, lines, size, size * 1.22)

    def _help_lines(self, pen: Pen, x: float, y: float, room: float) -> None:
        one_line(pen, x, y + 9, self.words.say("help_lines"), (12, 11, 10, 9), room, "help_lines", bold=True)
        if not self.sheet.help_lines:
            return
        for name_size, number_size, lead in ((9.5, 12, 14), (8.5, 10, 11), (7.5, 9, 9)):
            base, drawn = y + 23, []
            column = max(width(name, REGULAR, name_size) for name, _, _ in self.sheet.help_lines) + 8
            good = True
            for name, number, note in self.sheet.help_lines:
                drawn.append((x, base, name, name_size, False))
                wide = width(number, BOLD, number_size)
                # A long name takes a line of its own and its number the next.
                beside = column + wide <= room
                base += 0 if beside else lead * 0.9
                drawn.append((x + column if beside else x, base, number, number_size, True))
                good = good and wide <= room and width(name, REGULAR, name_size) <= room
                base += lead
                if note:
                    for line in wrap(note, REGULAR, name_size - 0.5, room):
                        drawn.append((x, base - 2.5, line, name_size - 0.5, False))
                        base += lead * 0.8
            if good and base - lead <= y + CONTACTS_HIGH - 2:
                break
        else:
            raise DoesNotFit(what="help_lines")
        for at, line_base, text, size, strong in drawn:
            pen.text(at, line_base, text, size, bold=strong)

    def _foot(self, pen: Pen, y: float, page: int) -> None:
        sheet, words, right = self.sheet, self.words, self.sheet.short - PAGE_MARGIN
        pen.rule(PAGE_MARGIN, y - 4, right, y - 4, 1.2)
        pen.text(PAGE_MARGIN, y + 9, words.say("bring"), 9.5, bold=True)
        lines = [words.say("keep_wall"), words.say("keep_locked")]
        if sheet.facts.help_lines_checked is not None:
            lines.append(words.say("help_checked", date=words.day_year(sheet.facts.help_lines_checked)))
        pen.lines(PAGE_MARGIN, y + 22, lines, 9, 13.2)
        draw_version(pen, sheet, right, y, page, self.where.pages)

    # The pages after it

    def more(self, pen: Pen, number: int) -> None:
        """Draw the n-th further page (1 is page 2)."""
        kind, first, last = self.front.more[number - 1]
        y = TOP + 6
        if kind == "table":
            draw_head(pen, self.sheet, self.words.say("plan_step_by_step"))
            self.table.draw(pen, PAGE_MARGIN, y, ROW_MORE, self.table.rows[first:last])
        elif kind == "syringes":
            draw_head(pen, self.sheet, self.words.say("measure_head"))
            for filling in volumes_of_steps(steps_shown(self.sheet))[first:last]:
                draw_filling(pen, self.sheet, filling, PAGE_MARGIN, y, self.wide, scale=SYRINGE_SCALE)
                y += 58 * SYRINGE_SCALE + 6
            pen.text(PAGE_MARGIN, y + 12, self.words.say("never_spoon"), 10.5, bold=True)
        else:
            draw_head(pen, self.sheet, self.words.say("how_to_make"))
            some = self.recipes[first:last]
            highs = [max(high, 30.0) for high in recipes_high(self.sheet, some, self.wide)]
            y = draw_recipes(pen, self.sheet, some, PAGE_MARGIN, y + 6, self.wide, highs)
            one_line(pen, PAGE_MARGIN, y + 13, self.care(), (9.5, 9, 8.5, 8, 7.5), self.wide, "care")
        self._foot(pen, pen.height - 26 - FOOT_HIGH, number + 1)


def draw_version(pen: Pen, sheet: Sheet, right: float, y: float, page: int, pages: int) -> None:
    """Scan, version, page and code at the right of an upright page's foot."""
    text_right = right - FOOT_HIGH - 3
    pen.text(text_right, y + 9, sheet.words.say("scan"), 9.5, bold=True, align="right")
    for n, line in enumerate(version_lines(sheet)):
        pen.text(text_right, y + 22.5 + n * 13.2, line, 9, align="right")
    stamp_page(pen, sheet, text_right, y + 51, page, pages)
    qr.draw(pen, right - FOOT_HIGH, y, FOOT_HIGH, sheet.facts.status_url)


def draw_head(pen: Pen, sheet: Sheet, title: str = "") -> None:
    """Drug, patient and one line under them: whose plan it is, or a page's own title."""
    wide = sheet.short - 2 * PAGE_MARGIN
    left, right = PAGE_MARGIN, sheet.short - PAGE_MARGIN
    size = one_line(pen, left, 49, sheet.drug_title, (32, 28, 24, 20, 16), wide * 0.62, "drug", bold=True)
    room = wide - width(sheet.drug_title, BOLD, size) - 14
    name, size = sheet.name_in(room, (17, 15, 13, 11, 10))
    pen.text(right, 46, name, size, bold=True, align="right")
    born = pen.text(right, 62, sheet.second_fact, 10.5, align="right")
    line = title or sheet.words.say("plan_agreed", clinician=sheet.clinician)
    one_line(pen, left, 68, line, (11, 10, 9, 8, 7.5), wide - born - 10, "clinician", bold=bool(title))
    pen.rule(left, TOP, right, TOP, 1.2)
