"""The rows of the pharmacy sheet, one a step: dates, directions for the label, a day's milligrams, units.

Columns are measured from what stands in them. Many products give up their columns and stand in lines of their own;
directions with too little room beside the dates stand under them, over the whole width.
"""

from __future__ import annotations

from functools import cached_property

from plans.documents.engine.canvas import GREY, Canvas
from plans.documents.engine.context import DocumentContext, block
from plans.documents.engine.flow import Part
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.text import fits, wrap
from plans.documents.pharmacy.content import day_total, direction, shown_steps, step_units
from plans.documents.pharmacy.fills import product_head, product_name, takes_columns, units_right
from plans.documents.pharmacy.sizes import SheetSizes
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Step, StepKind

# Directions with less room than this beside the dates stand under them.
BESIDE_LEAST = 120.0


class StepRows:
    """Measured once for a sheet; `parts` are its rows under their heading."""

    def __init__(self, context: DocumentContext, sizes: SheetSizes) -> None:
        self.context, self.words, self.sizes = context, context.words, sizes
        self.left, self.right = sizes.margin, context.short - sizes.margin
        self.wide = self.right - self.left
        self.steps = shown_steps(context)
        self.columns = takes_columns(context, sizes)

    def parts(self) -> list[Part]:
        """Every step in order. Raises DoesNotFit."""
        heading = self._heading()
        return [self._row(step, heading) for step in self.steps]

    # Columns

    @cached_property
    def _heads(self) -> list[list[str]]:
        """Headings of the columns of units, lines each."""
        products = range(len(self.context.products))
        return [product_head(self.context, n, self.sizes) for n in products] if self.columns else []

    @cached_property
    def _edges(self) -> list[float]:
        """Right edges: of the days, then of each column of units."""
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
        """Whether directions stand beside the dates."""
        room = self._beside_room
        if self._dates_right > self._day_right - self._total_wide - 4:
            raise DoesNotFit(what="directions")
        if not self.sizes.columns or room < BESIDE_LEAST:
            return False
        return all(self._broken(step, room) is not None for step in self.steps)

    def _broken(self, step: Step, room: float) -> list[str] | None:
        """A step's directions in lines; None if a phrase is wider than the room."""
        lines = wrap(direction(self.context, step), REGULAR, self.sizes.body, room)
        return lines if fits(lines, REGULAR, self.sizes.body, room) else None

    def _directions(self, step: Step) -> tuple[float, list[str]]:
        """Where a step's directions begin, and their lines."""
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

    def _heading(self) -> Part:
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

        return Part(high, draw)

    def _units(self, step: Step) -> list[tuple[Product, str]]:
        """What a step uses: of every product in columns, else of those it takes."""
        told = [(product, step_units(self.context, step, product)) for product in self.context.products]
        none = self.words.say("none")
        return told if self.columns else [pair for pair in told if pair[1] != none]

    def _row(self, step: Step, heading: Part) -> Part:
        totals, units = day_total(self.context, step), self._units(step)
        x, lines = self._directions(step)
        tall = max(2, len(totals))
        first = 0 if self._beside else tall
        under = max(tall, first + len(lines))
        high = max(self.sizes.row_least, self.sizes.lead * (under + (0 if self.columns else len(units))) + 4)

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

        return Part(high, draw, heading)

    def _draw_units(self, canvas: Canvas, base: float, units: list[tuple[Product, str]]) -> None:
        none = self.words.say("none")
        if self.columns:
            for x, (_, text) in zip(self._edges[1:], units, strict=True):
                canvas.text(x, base, text, self.sizes.body, bold=text != none, align="right")
            return
        left = self.left + self.sizes.dates_x
        right = units_right(self.context, left, self.sizes)
        for product, text in units:
            canvas.text(left, base, product_name(self.context, product), self.sizes.body)
            canvas.text(right, base, text, self.sizes.body, bold=True, align="right")
            base += self.sizes.lead
