"""The pages before the calendar: the plan as a table, how to make each dose, and what to do when things go wrong.

What to do and whom to call are always on page 1. With many steps the table moves to the following pages; with many
doses only the pages of days say how to make them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.large_plan import NORMAL_ROWS, LargePlan
from plans.documents.calendar.recipes import Recipe, draw_recipes, recipes, recipes_high
from plans.documents.calendar.step_table import HEAD_HIGH, StepTable
from plans.documents.engine import signs
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.head_and_foot import (
    FOOT_HIGH,
    HEAD_FOOT,
    VERSION_WIDE,
    draw_head,
    draw_version,
    version_block,
)
from plans.documents.engine.section import PageMap, Section
from plans.documents.engine.styles import PAGE_MARGIN
from plans.documents.engine.text import fits, largest, wrap
from plans.domain.documents.facts import DoesNotFit
from plans.domain.documents.words import care_of_bottles
from plans.domain.taper.products import Form, Take

BOXES_HIGH = 128.0
CONTACTS_HIGH = 68.0
CONTACTS_MORE = 64


@dataclass(frozen=True, slots=True)
class _Clinic:
    """The clinic's own texts, measured for its part of the contacts."""

    name: list[str]
    name_size: float
    address: list[str]
    hours: list[str]
    phone: float
    size: float


def _clinic_fitted(context: CalendarContext, room: float, high: float) -> _Clinic | None:
    """The largest sizes at which the clinic's texts fit room × high points; None if none do."""
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


def contacts_high(context: CalendarContext) -> float:
    """Height of the row of contacts, higher only if the clinic's address and hours need it."""
    room = (context.short - 2 * PAGE_MARGIN) / 3 - 10
    for more in range(0, CONTACTS_MORE + 1, 8):
        if _clinic_fitted(context, room, CONTACTS_HIGH + more) is not None:
            return CONTACTS_HIGH + more
    return CONTACTS_HIGH


class AdviceRows:
    """Draws the two rows of page 1 that say what to do. Raises DoesNotFit."""

    def __init__(self, context: CalendarContext) -> None:
        self.context, self.words = context, context.words
        self.wide = context.short - 2 * PAGE_MARGIN
        self.high = contacts_high(context)

    def boxes(self, canvas: Canvas, y: float) -> None:
        """Draw three boxes side by side, BOXES_HIGH points from y down: a missed dose, feeling worse, an emergency."""
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
        """Draw the clinic, the help lines and dangerous combinations, `high` points from y down."""
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
        """Draw name, address, telephone and hours, the telephone as large as the others allow."""
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
                # A long name takes its own line and its number the next.
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


MOST_STEPS = 24
MOST_DOSES = 8
ROW_MOST, ROW_LEAST = 18.2, 14.5
ROW_MORE = 17.0
RECIPE_MOST = 42.0
TOP = HEAD_FOOT
CARE_SIZE = 9.0
CARE_LEAD = 11.5


class FrontPages(Section):
    """Page 1 and the pages after it: runs of table rows. Raises DoesNotFit."""

    def __init__(self, context: CalendarContext) -> None:
        self.context, self.words = context, context.words
        self.wide = context.short - 2 * PAGE_MARGIN
        self.recipes = recipes(context)
        # If every dose of a day fits a column, there is a table; else a step's doses are in lines.
        self.in_columns = StepTable.has_room(context, self.wide)
        self._share_page_one()
        self.more = self._more_rows()
        self._table: StepTable | None = None

    def _share_page_one(self) -> None:
        """Decide whether the table and the recipes fit on page 1."""
        context, steps, doses = self.context, len(self.context.steps_shown), self.recipes
        self.table_first, self.recipes_first = (
            steps <= MOST_STEPS and self.in_columns,
            len(doses) <= MOST_DOSES,
        )
        if self.table_first and self.recipes_first and _spare(context, steps, doses) < 0:
            self.recipes_first = False
        if self.table_first and _spare(context, steps, []) < 0:
            self.table_first = False
        if self.recipes_first and _spare(context, 0, doses) < 0:
            self.recipes_first = False

    @property
    def _room(self) -> float:
        """Points of a further page."""
        return self.context.long - TOP - 26 - FOOT_HIGH - 60

    def _more_rows(self) -> list[tuple[int, int]]:
        if self.table_first:
            return []
        steps = len(self.context.steps_shown)
        highs = [ROW_MORE] * steps if self.in_columns else LargePlan(self.context, NORMAL_ROWS).row_highs
        return _shared(highs, self._room - 40)

    @property
    def pages(self) -> int:
        """How many pages come before the calendar."""
        return 1 + len(self.more)

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Draw page 1, or the n-th run after it."""
        if n == 0:
            self._first(canvas, where)
        else:
            self._more(canvas, n, where)
        self._foot(canvas, canvas.height - 26 - FOOT_HIGH, where.first(self) + n, where.pages)

    def _steps(self, where: PageMap) -> StepTable | None:
        """The step table, which names the calendar's pages."""
        if self._table is None and self.in_columns:
            self._table = StepTable.measured(self.context, where, self.wide)
        return self._table

    # Page 1

    def _first(self, canvas: Canvas, where: PageMap) -> None:
        draw_head(canvas, self.context)
        foot = canvas.height - 26 - FOOT_HIGH
        advice = AdviceRows(self.context)
        contacts = foot - 12 - advice.high
        boxes = contacts - 12 - BOXES_HIGH
        self._plan(canvas, TOP + 4, where)
        advice.boxes(canvas, boxes)
        advice.contacts(canvas, contacts)

    def _plan(self, canvas: Canvas, y: float, where: PageMap) -> None:
        """Draw the table, the last day and the doses, stretched over the available room."""
        table, doses = self._steps(where), self.recipes
        rows = table.rows if table else []
        least = recipes_high(self.context, doses, self.wide) if self.recipes_first else []
        shown = len(rows) if self.table_first else 0
        spare = _spare(self.context, shown, doses if least else [])
        if spare < 0:
            raise DoesNotFit(what="first_page")
        grow = min(ROW_MOST - ROW_LEAST, spare / max(1, shown + 2 * len(least))) if shown else 0.0
        if shown and table:
            y = table.draw(canvas, PAGE_MARGIN, y, ROW_LEAST + grow, rows)
        else:
            y = self._pointer(canvas, y, self.words.say("table_on", page=2))
        y = self._last_day(canvas, y)
        if not least:
            # Every page of days says how to make its own doses.
            y = self._pointer(canvas, y + 4, self.words.say("doses_with_days"))
            self._care(canvas, y + 5)
            return
        spare -= grow * shown
        highs = [max(high, min(RECIPE_MOST, high + spare / len(least))) for high in least]
        y = self._recipes_head(canvas, y + 18)
        y = draw_recipes(canvas, self.context, doses, PAGE_MARGIN, y + 7, self.wide, highs)
        self._care(canvas, y + 13)

    @staticmethod
    def _pointer(canvas: Canvas, y: float, text: str) -> float:
        canvas.text(PAGE_MARGIN, y + 14, text, 12, bold=True)
        return y + 22

    def _last_day(self, canvas: Canvas, y: float) -> float:
        after, beside = _after_lines(self.context)
        x, base = PAGE_MARGIN + 4, y + 12.5
        wide = canvas.text(x, base, self.context.last_day_line, 9.5, bold=True)
        if after and beside:
            canvas.text(x + wide + 6, base, after[0], 9.5)
        elif after:
            base = canvas.lines(x, base + 12.5, after, 9.5, 12.5) - 12.5
        ended = _ended_lines(self.context)
        if ended:
            base = canvas.lines(x, base + 12.5, ended, 9.5, 12.5) - 12.5
        visits = _visit_lines(self.context)
        if visits:
            base += 14
            label = canvas.text(x, base, self.words.say("follow_up"), 9.5, bold=True)
            base = canvas.lines(x + label + 4, base, visits, 9.5, 12.5) - 12.5
        y = base + 5.5
        canvas.rule(PAGE_MARGIN, y, PAGE_MARGIN + self.wide, y, 1.2)
        return y

    def _recipes_head(self, canvas: Canvas, base: float) -> float:
        x = PAGE_MARGIN + canvas.text(PAGE_MARGIN, base, self.words.say("how_to_make"), 13, bold=True)
        room = PAGE_MARGIN + self.wide - x
        keys = [
            (Take(product, quarters=4), self.context.product_named(product))
            for product in self.context.solids[: signs.KINDS]
        ]
        parts = [piece for piece in self.context.used_pieces if piece.quarters in (1, 2, 3)]
        if parts:
            # Explain how parts are drawn first; what does not fit can be read beside the doses.
            least = min(parts, key=lambda piece: piece.quarters)
            words = self.words.say("half_solid" if least.quarters == 2 else "quarter_solid")
            keys.insert(0, (least, words))
        for count in range(len(keys), 0, -1):
            for size, gap in ((9.5, 22.0), (9.0, 16.0), (8.5, 12.0), (8.0, 10.0)):
                if sum(gap + 14 + width(said, REGULAR, size) for _, said in keys[:count]) <= room:
                    self._sign_keys(canvas, x, base, keys[:count], size, gap)
                    return base
        return base

    def _sign_keys(
        self, canvas: Canvas, x: float, base: float, keys: list[tuple[Take, str]], size: float, gap: float
    ) -> None:
        for piece, said in keys:
            x += gap
            self.context.draw_piece(canvas, x, base - 3.4, 10, piece)
            x += 14 + canvas.text(x + 14, base, said, size)

    def _care(self, canvas: Canvas, base: float) -> None:
        canvas.lines(PAGE_MARGIN, base, care_lines(self.context), CARE_SIZE, CARE_LEAD)

    def _foot(self, canvas: Canvas, y: float, page: int, pages: int) -> None:
        context, words, right = self.context, self.words, self.context.short - PAGE_MARGIN
        canvas.rule(PAGE_MARGIN, y - 4, right, y - 4, 1.2)
        canvas.text(PAGE_MARGIN, y + 9, words.say("bring"), 9.5, bold=True)
        lines = [words.say("keep_wall"), words.say("keep_locked")]
        if context.facts.help_lines_checked is not None:
            lines.append(words.say("help_checked", date=words.day_year(context.facts.help_lines_checked)))
        if page == 1:
            lines.append(context.advice_line)
        lines_of_version, size_of_version = version_block(context, VERSION_WIDE)
        beside = max(width(line, REGULAR, size_of_version) for line in lines_of_version) + FOOT_HIGH + 12
        for n, line in enumerate(lines):
            sizes = (9, 8.5, 8, 7.5)
            one_line(canvas, PAGE_MARGIN, y + 21.5 + 11.6 * n, line, sizes, self.wide - beside, "foot")
        draw_version(canvas, context, right, y, page, pages)

    # The pages after it

    def _more(self, canvas: Canvas, n: int, where: PageMap) -> None:
        first, last = self.more[n - 1]
        draw_head(canvas, self.context, self.words.say("plan_step_by_step"))
        self._more_table(canvas, TOP + 6, where, first, last)

    def _more_table(self, canvas: Canvas, y: float, where: PageMap, first: int, last: int) -> None:
        table = self._steps(where)
        if table:
            table.draw(canvas, PAGE_MARGIN, y, ROW_MORE, table.rows[first:last])
        else:
            LargePlan(self.context, NORMAL_ROWS).table(canvas, y - 4, where, first, last, floor=None)


def _shared(highs: list[float], room: float) -> list[tuple[int, int]]:
    """Distribute rows over pages: the first row of each page and the first of the next."""
    cuts, used = [0], 0.0
    for n, high in enumerate(highs):
        if used + high > room and n > cuts[-1]:
            cuts.append(n)
            used = 0.0
        used += high
    return list(pairwise([*cuts, len(highs)]))


def _spare(context: CalendarContext, steps: int, doses: list[Recipe]) -> float:
    """The room left on page 1 with everything at its lowest; without steps or doses, which then go to a later page."""
    wide = context.short - 2 * PAGE_MARGIN
    head = HEAD_HIGH + (11 if context.many_drugs else 0) if steps else 22
    care = CARE_LEAD * len(care_lines(context))
    making = care + (36.5 + sum(recipes_high(context, doses, wide)) if doses else 27)
    floor = context.long - 26 - FOOT_HIGH - 12 - contacts_high(context) - 12 - BOXES_HIGH - 8
    return floor - TOP - 4 - head - steps * ROW_LEAST - _last_day_high(context) - making


def _after_lines(context: CalendarContext) -> tuple[list[str], bool]:
    """The lines of text after the last day, and whether they fit beside it."""
    room = context.short - 2 * PAGE_MARGIN - 8
    after = wrap(context.after_last_day, REGULAR, 9.5, room) if context.after_last_day else []
    beside = width(context.last_day_line, BOLD, 9.5) + 6 + width(context.after_last_day, REGULAR, 9.5) <= room
    return after, beside


def _last_day_high(context: CalendarContext) -> float:
    after, beside = _after_lines(context)
    visits = _visit_lines(context)
    ended = 12.5 * len(_ended_lines(context))
    return 18 + ended + (1.5 + 12.5 * len(visits) if visits else 0) + (0 if beside else 12.5 * len(after))


def _ended_lines(context: CalendarContext) -> list[str]:
    """The lines on when drugs ended that are no longer on any day of this document."""
    room = context.short - 2 * PAGE_MARGIN - 8
    return wrap(context.ended_line, REGULAR, 9.5, room) if context.ended_line else []


def _visit_lines(context: CalendarContext) -> list[str]:
    """The days of all planned visits, in lines beside their heading."""
    days = [day for day in context.facts.follow_up if day >= context.facts.made_on]
    room = context.short - 2 * PAGE_MARGIN - 12 - width(context.words.say("follow_up"), BOLD, 9.5)
    return wrap(context.words.days(days, year=True), REGULAR, 9.5, room) if days else []


def care_lines(context: CalendarContext) -> list[str]:
    """The lines on how to halve, dissolve or measure: only what this plan needs."""
    said = []
    if any(piece.quarters in (1, 2, 3) for piece in context.used_pieces):
        said.append(context.words.say("halving"))
    if any(product.form is Form.ODT for product in context.products):
        said.append(context.words.say("odt_melts"))
    if context.liquids:
        said.append(context.words.say("liquid_care"))
    said += care_of_bottles(context.products, context.words)
    return wrap(" ".join(said), REGULAR, CARE_SIZE, context.short - 2 * PAGE_MARGIN) if said else []
