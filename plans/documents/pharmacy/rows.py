"""The rows of the pharmacy sheet: one per step with its directions, one per fill with what to hand out.

Columns are measured from their content. Too many products for columns are listed in lines; directions with too little
room beside the dates go under them, over the whole width.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from plans.documents.engine.canvas import GREY, Canvas
from plans.documents.engine.context import block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.section import FlowPart
from plans.documents.engine.styles import LARGE_MARGIN, PAGE_MARGIN
from plans.documents.engine.text import fits, wrap
from plans.documents.pharmacy.content import (
    FillRow,
    all_fills_key,
    day_total,
    direction,
    fill_days,
    fill_units,
    fills,
    step_units,
)
from plans.documents.pharmacy.context import PharmacyContext
from plans.domain.amounts import NBSP
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Step, StepKind


@dataclass(frozen=True, slots=True)
class SheetSizes:
    """Measures in points: margin, sizes of text, column headings and titles, their leads, where dates begin, the
    minimum height of a step's row, and the box of a fill with the line beside it. `columns`: units may be in columns
    and directions beside their dates."""

    margin: float
    body: float
    head: float
    title: float
    lead: float
    head_lead: float
    dates_x: float
    row_least: float
    fill_row: float
    box: float
    given_wide: float
    columns: bool

    def notes(self) -> tuple[float, ...]:
        """Sizes of a note under a table."""
        return (8.5, 8, 7.5) if self.columns else (min(16.0, self.body), 15, 14)

    def wide(self, context: PharmacyContext) -> float:
        """From margin to margin."""
        return context.short - 2 * self.margin


NORMAL: Final = SheetSizes(PAGE_MARGIN, 9.3, 8.5, 13, 11.2, 10.2, 30, 25, 17.2, 11, 92, True)
# 18 points if the longest date and dose fit side by side, never under 14.
LARGE: Final = tuple(
    SheetSizes(
        LARGE_MARGIN,
        body,
        max(14.0, body - 2),
        22,
        body * 1.25,
        body * 1.2,
        56,
        30,
        body * 1.75,
        20,
        132,
        False,
    )
    for body in (18.0, 16.0, 15.0, 14.0)
)


NUMBER_X, GAP = 34.0, 10.0
MOST_COLUMNS = 4


def product_head(context: PharmacyContext, n: int, sizes: SheetSizes) -> list[str]:
    """The heading over the units of the n-th product, in lines. A number stays with its unit."""
    product = context.supplied[n]
    amount = context.words.mg(product.strength)
    named = (
        context.product_named(product, many=True)
        .replace(NBSP, " ")
        .replace(amount.replace(NBSP, " "), amount)
    )
    return wrap(named.replace(" mL", f"{NBSP}mL"), BOLD, sizes.head, 52)


class ListedUnits:
    """Units beside their products' names, which begin at `left`: long names take several lines, with the units beside
    the last. Raises DoesNotFit if a word is wider than the room."""

    def __init__(self, context: PharmacyContext, left: float, sizes: SheetSizes) -> None:
        self.left, self.sizes = left, sizes
        beside = 12 + width("00000 mL", BOLD, sizes.body)
        room = context.short - sizes.margin - left - beside
        self.names = {
            product: wrap(context.product_named(product, many=True), REGULAR, sizes.body, room)
            for product in context.supplied
        }
        widest = max(
            (width(line, REGULAR, sizes.body) for lines in self.names.values() for line in lines), default=0.0
        )
        if widest > room:
            raise DoesNotFit(what="products")
        self.right = left + widest + beside

    def lines(self, some: list[tuple[Product, str]]) -> int:
        """How many lines these products take."""
        return sum(len(self.names[product]) for product, _ in some)

    def draw(self, canvas: Canvas, base: float, some: list[tuple[Product, str]], none: str = "") -> None:
        """Draw the products, the first line on `base`; units in bold unless they are `none`."""
        body, lead = self.sizes.body, self.sizes.lead
        for product, text in some:
            names = self.names[product]
            canvas.lines(self.left, base, names, body, lead)
            base += lead * len(names)
            canvas.text(self.right, base - lead, text, body, bold=text != none, align="right")


def takes_columns(context: PharmacyContext, sizes: SheetSizes) -> bool:
    """Whether every product has its own column; else each row lists its products."""
    if not sizes.columns or len(context.supplied) > MOST_COLUMNS:
        return False
    first = sizes.margin + _Columns(context, sizes).units
    room = context.short - sizes.margin - sizes.given_wide - 12 - first
    return len(context.supplied) * _step(context, sizes) <= room


def _step(context: PharmacyContext, sizes: SheetSizes) -> float:
    """The minimum width of a column of units."""
    heads = [line for n in range(len(context.supplied)) for line in product_head(context, n, sizes)]
    return max(width(line, BOLD, sizes.head) for line in heads) + 8


class _Columns:
    """Where the columns of the fills begin, from the margin; each as wide as its content."""

    def __init__(self, context: PharmacyContext, sizes: SheetSizes) -> None:
        words, rows = context.words, fills(context)
        days = [words.weekday_day_year(row.first) for row in rows]
        until = [words.day_year(row.last) for row in rows]
        self.give = max(NUMBER_X, 4 + width(words.say("fill"), BOLD, sizes.head) + GAP)
        self.covers = self.give + GAP + _widest(days, words.say("give_on"), sizes)
        self.units = self.covers + GAP + _widest(until, words.say("covers"), sizes)


def _widest(texts: list[str], head: str, sizes: SheetSizes) -> float:
    return max(width(head, BOLD, sizes.head), *(width(text, REGULAR, sizes.body) for text in texts), 0.0)


class FillRows:
    """The fills, measured once per sheet; `parts` are one row per fill under one heading, and the totals.

    In large print a fill's last day is under its first; else beside it.
    """

    def __init__(self, context: PharmacyContext, sizes: SheetSizes) -> None:
        self.context, self.words, self.sizes, self.rows = context, context.words, sizes, fills(context)
        self.at = _Columns(context, sizes)
        self.left, self.right = sizes.margin, context.short - sizes.margin
        self.given = self.right - sizes.given_wide
        self.columns = takes_columns(context, sizes)
        count = len(context.supplied) if self.columns else 0
        self.step = min(90.0, (self.given - 12 - self.left - self.at.units) / max(1, count))
        self.edges = [self.given - 12 - self.step * (count - 1 - n) for n in range(count)]
        self.heads = [product_head(context, n, sizes) for n in range(count)]
        listed = self.left + self.at.give
        self.listed = None if self.columns else ListedUnits(context, listed, sizes)
        if self.left + (self.at.units if sizes.columns else self.at.covers) > self.given:
            raise DoesNotFit(what="fills")

    def parts(self) -> list[FlowPart]:
        """One row per fill, and the totals. The units of all fills cover the plan from its making on. Raises
        DoesNotFit."""
        heading = self._heading()
        return [
            *(self._fill(n, row, heading) for n, row in enumerate(self.rows, start=1)),
            self._totals(heading),
        ]

    def _heading(self) -> FlowPart:
        words, sizes, left = self.words, self.sizes, self.left
        above = sizes.head_lead * (max(map(len, self.heads), default=1) - 1)
        title = words.say("fills_head", days=self.context.facts.instalment_days or fill_days(self.context))
        # Headings of several lines extend upwards beside the title, or push it up.
        beside = not self.edges or left + width(title, BOLD, sizes.title) + 8 <= self.edges[0] - self.step
        ladder = (sizes.title,) if sizes.columns else (sizes.title, 20.0, 18.0)
        lines, size = block(title, ladder, self.right - left, 60, "fills", bold=True)
        under = 0.0 if sizes.columns else sizes.head_lead
        grown = size * 1.2 * (len(lines) - 1) + under
        high = max(3 * sizes.title, above + (sizes.title if beside else 32)) + grown

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(left, y + sizes.title * 1.38, lines, size, size * 1.2, bold=True)
            base = y + high - 5 - under
            canvas.text(left + 4, base, words.say("fill"), sizes.head, bold=True)
            canvas.text(left + self.at.give, base, words.say("give_on"), sizes.head, bold=True)
            covers = (self.at.give, base + under) if under else (self.at.covers, base)
            canvas.text(left + covers[0], covers[1], words.say("covers"), sizes.head, bold=True)
            one_line(
                canvas,
                self.given,
                base,
                words.say("given"),
                (sizes.head, 14),
                sizes.given_wide,
                "given",
                bold=True,
            )
            for x, head in zip(self.edges, self.heads, strict=True):
                for k, line in enumerate(reversed(head)):
                    canvas.text(x, base - sizes.head_lead * k, line, sizes.head, bold=True, align="right")
            canvas.rule(left, y + high, self.right, y + high, 0.8)

        return FlowPart(high, draw)

    def _told(self, units: dict[Product, int]) -> list[tuple[Product, str]]:
        """The units of a row: of every product in columns, else only of its own."""
        return [
            (product, fill_units(self.context, product, units.get(product, 0)))
            for product in self.context.supplied
            if self.columns or units.get(product, 0)
        ]

    def _draw_units(
        self, canvas: Canvas, base: float, some: list[tuple[Product, str]], *, total: bool = False
    ) -> None:
        none = "" if total else self.words.say("none")
        if self.listed is not None:
            self.listed.draw(canvas, base + self.sizes.lead, some, none)
            return
        for edge, (_, text) in zip(self.edges, some, strict=True):
            canvas.text(edge, base, text, self.sizes.body, bold=text != none, align="right")

    def _row_high(self, some: list[tuple[Product, str]]) -> float:
        return self.sizes.fill_row + (0 if self.listed is None else self.sizes.lead * self.listed.lines(some))

    def _fill(self, n: int, fill: FillRow, heading: FlowPart) -> FlowPart:
        words, sizes, left, some = self.words, self.sizes, self.left, self._told(fill.units)
        under = 0.0 if sizes.columns else sizes.lead
        high = self._row_high(some) + under

        def draw(canvas: Canvas, y: float) -> None:
            base, box = y + sizes.body * 1.27, sizes.box
            canvas.text(left + 4, base, str(n), sizes.body, bold=True)
            canvas.text(left + self.at.give, base, words.weekday_day_year(fill.first), sizes.body)
            last = words.day_year(fill.last)
            if under:
                canvas.text(left + self.at.give, base + under, words.say("to_date", date=last), sizes.body)
            else:
                canvas.text(left + self.at.covers, base, last, sizes.body)
            self._draw_units(canvas, base + under, some)
            canvas.box(self.given, y + 3, box, box, thick=1)
            canvas.rule(self.given + box + 5, y + box + 3, self.right - 4, y + box + 3)
            canvas.rule(left, y + high, self.right, y + high)

        return FlowPart(high, draw, heading)

    def _totals(self, heading: FlowPart) -> FlowPart:
        words, sizes, rows = self.words, self.sizes, self.rows
        sums = {product: sum(row.units.get(product, 0) for row in rows) for product in self.context.supplied}
        some = self._told(sums)
        lasts = words.say("lasts_until", date=words.day_year(rows[-1].last)) if rows else ""
        carried = words.say("halves_carried") if self.context.solids else ""
        least = sizes.notes()[-1]
        room = 26.0 if sizes.columns else 6 * least * 1.3
        lines, size = block(
            f"{lasts} {carried}".strip(), sizes.notes(), self.right - self.left, room, "halves_carried"
        )
        note = 30.0 if sizes.columns else len(lines) * size * 1.3 + 12

        def draw(canvas: Canvas, y: float) -> None:
            base = y + sizes.body * 1.27
            canvas.text(
                self.left + self.at.give, base, words.say(all_fills_key(self.context)), sizes.body, bold=True
            )
            self._draw_units(canvas, base, some, total=True)
            foot = y + self._row_high(some)
            canvas.rule(self.left, foot, self.right, foot, 0.8)
            canvas.lines(self.left, foot + size * 1.4, lines, size, size * 1.3)

        return FlowPart(self._row_high(some) + note, draw, heading)


# Directions with less room than this beside the dates go under them.
BESIDE_LEAST = 120.0


class StepRows:
    """The steps, measured once per sheet; `parts` are their rows under a heading. Raises DoesNotFit."""

    def __init__(self, context: PharmacyContext, sizes: SheetSizes) -> None:
        self.context, self.words, self.sizes = context, context.words, sizes
        self.left, self.right = sizes.margin, context.short - sizes.margin
        self.wide = self.right - self.left
        self.steps = context.steps_shown
        self.columns = takes_columns(context, sizes)
        # Measured before anything is drawn: if the names do not fit, the next smaller size is tried.
        self._listed = None if self.columns else ListedUnits(context, self.left + sizes.dates_x, sizes)

    def parts(self) -> list[FlowPart]:
        """Every step in order. Raises DoesNotFit."""
        heading = self._heading()
        return [self._row(step, heading) for step in self.steps]

    # Columns

    @cached_property
    def _heads(self) -> list[list[str]]:
        """The lines of each heading over a column of units."""
        products = range(len(self.context.supplied))
        return [product_head(self.context, n, self.sizes) for n in products] if self.columns else []

    @cached_property
    def _edges(self) -> list[float]:
        """The right edges of the days and of each column of units."""
        wides = [
            max(38.0, *(width(line, BOLD, self.sizes.head) + 10 for line in head)) for head in self._heads
        ]
        edges: list[float] = []
        x = self.right - 2
        for wide in reversed(wides):
            edges.insert(0, x)
            x -= wide
        return [x, *edges]

    @cached_property
    def _day_right(self) -> float:
        return self._edges[0] - max(32.0, width(self.words.say("days"), BOLD, self.sizes.head) + 10)

    @cached_property
    def _total_wide(self) -> float:
        lines = [line for step in self.steps for line in day_total(self.context, step)]
        return max(width(line, BOLD, self.sizes.body) for line in [*lines, self.words.say("a_day")])

    def _dates(self, step: Step) -> tuple[str, str]:
        return self.words.day_year(step.start), self.words.say("to_date", date=self.words.day_year(step.end))

    @cached_property
    def _dates_right(self) -> float:
        longest = max(
            width(text, REGULAR, self.sizes.body) for step in self.steps for text in self._dates(step)
        )
        head = width(self.words.say("from_until"), BOLD, self.sizes.head)
        return self.left + self.sizes.dates_x + max(longest, head) + 8

    @property
    def _beside_room(self) -> float:
        return self._day_right - self._total_wide - 10 - self._dates_right

    @cached_property
    def _beside(self) -> bool:
        """Whether directions are beside the dates."""
        room = self._beside_room
        if self._dates_right > self._day_right - self._total_wide - 4:
            raise DoesNotFit(what="directions")
        if not self.sizes.columns or room < BESIDE_LEAST:
            return False
        return all(self._broken(step, room) is not None for step in self.steps)

    def _broken(self, step: Step, room: float) -> list[str] | None:
        """The lines of a step's directions; None if a phrase is wider than the room."""
        lines = wrap(direction(self.context, step), REGULAR, self.sizes.body, room)
        return lines if fits(lines, REGULAR, self.sizes.body, room) else None

    def _directions(self, step: Step) -> tuple[float, list[str]]:
        """The left edge of a step's directions, and their lines."""
        if self._beside:
            return self._dates_right, self._broken(step, self._beside_room) or []
        x, room = self.left + self.sizes.dates_x, self.wide - self.sizes.dates_x - 4
        lines = self._broken(step, room)
        if lines is None:
            lines = wrap(direction(self.context, step, held=False), REGULAR, self.sizes.body, room)
            if not fits(lines, REGULAR, self.sizes.body, room):
                raise DoesNotFit(what="directions")
        return x, lines

    # Drawing

    def _heading(self) -> FlowPart:
        words, sizes = self.words, self.sizes
        under = "" if self._beside else words.say("directions")
        first = sizes.title * 1.15 + sizes.head + 6.5
        high = first + 6.2 + sizes.head_lead * (max(2 if under else 1, *map(len, self._heads), 1) - 1)

        def draw(canvas: Canvas, y: float) -> None:
            canvas.text(
                self.left, y + sizes.title * 1.15, words.say("directions_head"), sizes.title, bold=True
            )
            base = y + first
            canvas.text(self.left + 4, base, words.say("step"), self.sizes.head, bold=True)
            canvas.text(
                self.left + self.sizes.dates_x, base, words.say("from_until"), self.sizes.head, bold=True
            )
            if under:
                canvas.text(
                    self.left + self.sizes.dates_x, base + sizes.head_lead, under, self.sizes.head, bold=True
                )
            else:
                lines, size = block(
                    words.say("directions"),
                    (sizes.head, 8.0, 7.5),
                    self._beside_room,
                    20,
                    "directions",
                    bold=True,
                )
                canvas.lines(self._dates_right, base, lines, size, sizes.head_lead, bold=True)
            canvas.text(self._day_right, base, words.say("a_day"), self.sizes.head, bold=True, align="right")
            canvas.text(self._edges[0], base, words.say("days"), self.sizes.head, bold=True, align="right")
            for x, head in zip(self._edges[1:], self._heads, strict=True):
                for n, line in enumerate(head):
                    canvas.text(
                        x, base + sizes.head_lead * n, line, self.sizes.head, bold=True, align="right"
                    )
            canvas.rule(self.left, y + high, self.right, y + high, 0.8)

        return FlowPart(high, draw)

    def _units(self, step: Step) -> list[tuple[Product, str]]:
        """The units that a step uses: of every product in columns, else of those it uses."""
        pairs = [(product, step_units(self.context, step, product)) for product in self.context.supplied]
        none = self.words.say("none")
        return pairs if self.columns else [pair for pair in pairs if pair[1] != none]

    def _row(self, step: Step, heading: FlowPart) -> FlowPart:
        totals, units = day_total(self.context, step), self._units(step)
        x, lines = self._directions(step)
        tall = max(2, len(totals))
        first = 0 if self._beside else tall
        under = max(tall, first + len(lines))
        listed = 0 if self._listed is None else self._listed.lines(units)
        high = max(self.sizes.row_least, self.sizes.lead * (under + listed) + 4)

        def draw(canvas: Canvas, y: float) -> None:
            if step.kind is StepKind.HOLD and not self.context.facts.low_ink:
                canvas.box(self.left, y, self.wide, high, thick=0, fill=GREY)
            base = y + self.sizes.body * 1.13
            canvas.text(self.left + 4, base, str(step.n), self.sizes.body, bold=True)
            for n, text in enumerate(self._dates(step)):
                canvas.text(self.left + self.sizes.dates_x, base + n * self.sizes.lead, text, self.sizes.body)
            canvas.lines(x, base + first * self.sizes.lead, lines, self.sizes.body, self.sizes.lead)
            for n, line in enumerate(totals):
                canvas.text(
                    self._day_right,
                    base + n * self.sizes.lead,
                    line,
                    self.sizes.body,
                    bold=True,
                    align="right",
                )
            canvas.text(self._edges[0], base, str(step.days), self.sizes.body, align="right")
            self._draw_units(canvas, base if self.columns else base + under * self.sizes.lead, units)
            canvas.rule(self.left, y + high, self.right, y + high)

        return FlowPart(high, draw, heading)

    def _draw_units(self, canvas: Canvas, base: float, units: list[tuple[Product, str]]) -> None:
        if self._listed is not None:
            self._listed.draw(canvas, base, units)
            return
        none = self.words.say("none")
        for x, (_, text) in zip(self._edges[1:], units, strict=True):
            canvas.text(x, base, text, self.sizes.body, bold=text != none, align="right")
