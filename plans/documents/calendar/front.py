"""The page before the calendar: the plan in a table, how to make each dose, and what to do when things go wrong.

What to do and whom to call never leave page 1. A plan of many steps or doses moves its table or its doses to the pages
that follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from plans.documents.calendar.advice import BOXES_HIGH, Advice, contacts_high
from plans.documents.calendar.large_plan import NORMAL_ROWS, LargePlan
from plans.documents.calendar.layout import PageMap
from plans.documents.calendar.recipes import Recipe, columns_of, draw_recipes, recipes_high
from plans.documents.calendar.step_table import HEAD_HIGH, StepTable, steps_shown
from plans.documents.calendar.syringes import draw_filling, volumes_of_steps
from plans.documents.engine import signs
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.footer import version_lines
from plans.documents.engine.portrait import FOOT_HIGH, HEAD_FOOT, draw_head, draw_version
from plans.documents.engine.styles import PAGE_MARGIN
from plans.documents.engine.text import wrap
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Form, Take

MOST_STEPS = 24
MOST_DOSES = 8
ROW_MOST, ROW_LEAST = 18.2, 14.5
ROW_MORE = 17.0
RECIPE_MOST = 42.0
TOP = HEAD_FOOT
SYRINGE_SCALE = 1.5
CARE_SIZE = 9.0
CARE_LEAD = 11.5


@dataclass(frozen=True)
class Front:
    """What stands on which of the pages before the calendar: page 1 always, then runs of rows and of recipes.

    `in_columns`: every dose of a day has a column of the table; else a step's doses stand in lines.
    """

    table_on_first: bool
    recipes_on_first: bool
    in_columns: bool
    more: tuple[tuple[str, int, int], ...]
    doses: list[Recipe]

    @property
    def pages(self) -> int:
        """How many pages stand before the calendar."""
        return 1 + len(self.more)


def plan_front(context: DocumentContext, steps: int, doses: list[Recipe], fillings: int = 0) -> Front:
    """Share the plan's table and doses out over page 1 and the pages after it; `fillings` syringes that have no room
    on the calendar's pages come last."""
    in_columns = StepTable.has_room(context, context.short - 2 * PAGE_MARGIN)
    table_first, doses_first = steps <= MOST_STEPS and in_columns, len(doses) <= MOST_DOSES
    if table_first and doses_first and _spare(context, steps, doses) < 0:
        doses_first = False
    if table_first and _spare(context, steps, []) < 0:
        table_first = False
    if doses_first and _spare(context, 0, doses) < 0:
        doses_first = False
    room = context.long - TOP - 26 - FOOT_HIGH - 60
    more: list[tuple[str, int, int]] = []
    if not table_first:
        highs = [ROW_MORE] * steps if in_columns else LargePlan(context, NORMAL_ROWS).row_highs
        more += [("table", first, last) for first, last in _shared(highs, room - 40)]
    if not doses_first:
        # What a recipe takes at most: a page holds so many rows of one or two.
        most = max(30.0, *recipes_high(context, doses, context.short - 2 * PAGE_MARGIN))
        each = columns_of(context, doses, context.short - 2 * PAGE_MARGIN) * max(1, int(room // most))
        more += [("doses", n, min(n + each, len(doses))) for n in range(0, len(doses), each)]
    each = int(room // (58 * SYRINGE_SCALE + 6))
    more += [("syringes", n, min(n + each, fillings)) for n in range(0, fillings, each)]
    return Front(table_first, doses_first, in_columns, tuple(more), doses)


def _shared(highs: list[float], room: float) -> list[tuple[int, int]]:
    """Rows of some heights by page: the first of each page and the first of the next."""
    cuts, used = [0], 0.0
    for n, high in enumerate(highs):
        if used + high > room and n > cuts[-1]:
            cuts.append(n)
            used = 0.0
        used += high
    return list(pairwise([*cuts, len(highs)]))


def _spare(context: DocumentContext, steps: int, doses: list[Recipe]) -> float:
    """What page 1 has left with everything at its lowest; no steps or doses: they stand on a later page."""
    wide = context.short - 2 * PAGE_MARGIN
    head = HEAD_HIGH + (11 if context.many_drugs else 0) if steps else 22
    making = (
        36.5 + CARE_LEAD * len(care_lines(context)) + sum(recipes_high(context, doses, wide)) if doses else 22
    )
    floor = context.long - 26 - FOOT_HIGH - 12 - contacts_high(context) - 12 - BOXES_HIGH - 8
    return floor - TOP - 4 - head - steps * ROW_LEAST - _last_day_high(context) - making


def _after_lines(context: DocumentContext) -> tuple[list[str], bool]:
    """What follows the last day in lines, and whether it has room beside it."""
    room = context.short - 2 * PAGE_MARGIN - 8
    after = wrap(context.after_last_day, REGULAR, 9.5, room) if context.after_last_day else []
    beside = width(context.last_day_line, BOLD, 9.5) + 6 + width(context.after_last_day, REGULAR, 9.5) <= room
    return after, beside


def _last_day_high(context: DocumentContext) -> float:
    after, beside = _after_lines(context)
    visits = _visit_lines(context)
    ended = 12.5 * len(_ended_lines(context))
    return 18 + ended + (1.5 + 12.5 * len(visits) if visits else 0) + (0 if beside else 12.5 * len(after))


def _ended_lines(context: DocumentContext) -> list[str]:
    """When the drugs ended that no day of this document holds."""
    room = context.short - 2 * PAGE_MARGIN - 8
    return wrap(context.ended_line, REGULAR, 9.5, room) if context.ended_line else []


def _visit_lines(context: DocumentContext) -> list[str]:
    """The days of planned visits in lines that stand beside their heading; none is ever left out."""
    days = [day for day in context.facts.follow_up if day >= context.facts.made_on]
    room = context.short - 2 * PAGE_MARGIN - 12 - width(context.words.say("follow_up"), BOLD, 9.5)
    return wrap(context.words.days(days, year=True), REGULAR, 9.5, room) if days else []


def care_lines(context: DocumentContext) -> list[str]:
    """How to halve, melt or measure, in lines: only what this plan needs."""
    said = []
    if any(piece.quarters in (1, 2, 3) for piece in context.used_pieces):
        said.append(context.words.say("halving"))
    if any(product.form is Form.WAFER for product in context.products):
        said.append(context.words.say("wafer_melts"))
    if context.liquids:
        said.append(context.words.say("liquid_care"))
    return wrap(" ".join(said), REGULAR, CARE_SIZE, context.short - 2 * PAGE_MARGIN) if said else []


class FrontPages:
    """Draws the pages before the calendar, once the calendar's page numbers are known."""

    def __init__(self, context: DocumentContext, front: Front, where: PageMap) -> None:
        self.context, self.front, self.where, self.words = context, front, where, context.words
        self.wide = context.short - 2 * PAGE_MARGIN
        self.table = StepTable.measured(context, where, self.wide) if front.in_columns else None
        self.recipes = front.doses

    def draw(self, canvas: Canvas, n: int) -> None:
        """Draw the n-th of these pages (0 is page 1), all portrait."""
        if n == 0:
            self.first(canvas)
        else:
            self.more(canvas, n)

    # Page 1

    def first(self, canvas: Canvas) -> None:
        """Draw page 1, which is portrait."""
        draw_head(canvas, self.context)
        foot = canvas.height - 26 - FOOT_HIGH
        advice = Advice(self.context)
        contacts = foot - 12 - advice.high
        boxes = contacts - 12 - BOXES_HIGH
        self._plan(canvas, TOP + 4)
        advice.boxes(canvas, boxes)
        advice.contacts(canvas, contacts)
        self._foot(canvas, foot, 1)

    def _plan(self, canvas: Canvas, y: float) -> None:
        """The table, the last day, and the doses, stretched over the room there is."""
        rows, doses = self.table.rows if self.table else [], self.recipes
        least = recipes_high(self.context, doses, self.wide) if self.front.recipes_on_first else []
        shown = len(rows) if self.front.table_on_first else 0
        spare = _spare(self.context, shown, doses if least else [])
        if spare < 0:
            raise DoesNotFit(what="first_page")
        grow = min(ROW_MOST - ROW_LEAST, spare / max(1, shown + 2 * len(least))) if shown else 0.0
        if shown and self.table:
            y = self.table.draw(canvas, PAGE_MARGIN, y, ROW_LEAST + grow, rows)
        else:
            y = self._pointer(canvas, y, "table_on", "table")
        y = self._last_day(canvas, y)
        if not least:
            self._pointer(canvas, y + 4, "doses_on", "doses")
            return
        spare -= grow * shown
        highs = [max(high, min(RECIPE_MOST, high + spare / len(least))) for high in least]
        y = self._recipes_head(canvas, y + 18)
        y = draw_recipes(canvas, self.context, doses, PAGE_MARGIN, y + 7, self.wide, highs)
        self._care(canvas, y + 13)

    def _pointer(self, canvas: Canvas, y: float, key: str, kind: str) -> float:
        page = 2 + next(n for n, part in enumerate(self.front.more) if part[0] == kind)
        canvas.text(PAGE_MARGIN, y + 14, self.words.say(key, page=page), 12, bold=True)
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
            # How a part is drawn is explained first: what has no room can be read beside the doses.
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

    def _foot(self, canvas: Canvas, y: float, page: int) -> None:
        context, words, right = self.context, self.words, self.context.short - PAGE_MARGIN
        canvas.rule(PAGE_MARGIN, y - 4, right, y - 4, 1.2)
        canvas.text(PAGE_MARGIN, y + 9, words.say("bring"), 9.5, bold=True)
        lines = [words.say("keep_wall"), words.say("keep_locked")]
        if context.facts.help_lines_checked is not None:
            lines.append(words.say("help_checked", date=words.day_year(context.facts.help_lines_checked)))
        if page == 1:
            lines.append(context.advice_line)
        beside = max(width(line, REGULAR, 9) for line in version_lines(context)) + FOOT_HIGH + 12
        for n, line in enumerate(lines):
            sizes = (9, 8.5, 8, 7.5)
            one_line(canvas, PAGE_MARGIN, y + 21.5 + 11.6 * n, line, sizes, self.wide - beside, "foot")
        draw_version(canvas, context, right, y, page, self.where.pages)

    # The pages after it

    def more(self, canvas: Canvas, number: int) -> None:
        """Draw the n-th further page (1 is page 2)."""
        kind, first, last = self.front.more[number - 1]
        y = TOP + 6
        if kind == "table":
            draw_head(canvas, self.context, self.words.say("plan_step_by_step"))
            if self.table:
                self.table.draw(canvas, PAGE_MARGIN, y, ROW_MORE, self.table.rows[first:last])
            else:
                LargePlan(self.context, NORMAL_ROWS).table(canvas, y - 4, self.where, first, last, floor=None)
        elif kind == "syringes":
            draw_head(canvas, self.context, self.words.say("measure_head"))
            for filling in volumes_of_steps(steps_shown(self.context))[first:last]:
                draw_filling(canvas, self.context, filling, PAGE_MARGIN, y, self.wide, scale=SYRINGE_SCALE)
                y += 58 * SYRINGE_SCALE + 6
            canvas.text(PAGE_MARGIN, y + 12, self.words.say("never_spoon"), 10.5, bold=True)
        else:
            draw_head(canvas, self.context, self.words.say("how_to_make"))
            some = self.recipes[first:last]
            highs = [max(high, 30.0) for high in recipes_high(self.context, some, self.wide)]
            y = draw_recipes(canvas, self.context, some, PAGE_MARGIN, y + 6, self.wide, highs)
            self._care(canvas, y + 13)
        self._foot(canvas, canvas.height - 26 - FOOT_HIGH, number + 1)
