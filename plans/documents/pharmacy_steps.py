"""The rows of the pharmacy sheet, one a step: dates, directions for the label, a day's milligrams, units.

Columns are measured from what stands in them. Many products give up their columns and stand in lines of their own;
directions with too little room beside the dates stand under them, over the whole width.
"""

from __future__ import annotations

from functools import cached_property

from plans.documents.facts import DoesNotFit
from plans.documents.flow import Part
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.pen import GREY, Pen
from plans.documents.pharmacy_content import day_total, direction, shown_steps, step_units
from plans.documents.pharmacy_fills import BODY, product_head, product_name, takes_columns, units_right
from plans.documents.sheet import Sheet, block
from plans.documents.styles import PAGE_MARGIN
from plans.documents.text import fits, wrap
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Step, StepKind

LEAD = 11.2
ROW_LEAST = 25.0
DATES_X = 30.0
# Directions with less room than this beside the dates stand under them.
BESIDE_LEAST = 120.0
HEAD = 8.5


class StepRows:
    """Measured once for a sheet; `parts` are its rows under their heading."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.words = sheet, sheet.words
        self.left, self.right = PAGE_MARGIN, sheet.short - PAGE_MARGIN
        self.wide = self.right - self.left
        self.steps = shown_steps(sheet)
        self.columns = takes_columns(sheet)

    def parts(self) -> list[Part]:
        """Every step in order. Raises DoesNotFit."""
        heading = self._heading()
        return [self._row(step, heading) for step in self.steps]

    # Columns

    @cached_property
    def _heads(self) -> list[list[str]]:
        """Headings of the columns of units, lines each."""
        products = range(len(self.sheet.products))
        return [product_head(self.sheet, n) for n in products] if self.columns else []

    @cached_property
    def _edges(self) -> list[float]:
        """Right edges: of the days, then of each column of units."""
        wides = [max(38.0, *(width(line, BOLD, HEAD) + 10 for line in head)) for head in self._heads]
        edges: list[float] = []
        x = self.right - 2
        for wide in reversed(wides):
            edges.insert(0, x)
            x -= wide
        return [x, *edges]

    @cached_property
    def _day_right(self) -> float:
        return self._edges[0] - max(32.0, width(self.words.say("days"), BOLD, HEAD) + 10)

    @cached_property
    def _total_wide(self) -> float:
        lines = [line for step in self.steps for line in day_total(self.sheet, step)]
        return max(width(line, BOLD, BODY) for line in [*lines, self.words.say("a_day")])

    def _dates(self, step: Step) -> tuple[str, str]:
        return self.words.day_year(step.start), self.words.say("to_date", date=self.words.day_year(step.end))

    @cached_property
    def _dates_right(self) -> float:
        longest = max(width(text, REGULAR, BODY) for step in self.steps for text in self._dates(step))
        return self.left + DATES_X + max(longest, width(self.words.say("from_until"), BOLD, HEAD)) + 8

    @cached_property
    def _beside(self) -> bool:
        """Whether directions stand beside the dates."""
        room = self._day_right - self._total_wide - 10 - self._dates_right
        if self._dates_right > self._day_right - self._total_wide - 4:
            raise DoesNotFit(what="directions")
        return room >= BESIDE_LEAST and all(self._broken(step, room) is not None for step in self.steps)

    def _broken(self, step: Step, room: float) -> list[str] | None:
        """A step's directions in lines; None if a phrase is wider than the room."""
        lines = wrap(direction(self.sheet, step), REGULAR, BODY, room)
        return lines if fits(lines, REGULAR, BODY, room) else None

    def _directions(self, step: Step) -> tuple[float, list[str]]:
        """Where a step's directions begin, and their lines."""
        if self._beside:
            room = self._day_right - self._total_wide - 10 - self._dates_right
            return self._dates_right, self._broken(step, room) or []
        x, room = self.left + DATES_X, self.wide - DATES_X - 4
        lines = self._broken(step, room)
        if lines is None:
            lines = wrap(direction(self.sheet, step, held=False), REGULAR, BODY, room)
            if not fits(lines, REGULAR, BODY, room):
                raise DoesNotFit(what="directions")
        return x, lines

    # Drawing

    def _heading(self) -> Part:
        words = self.words
        under = "" if self._beside else words.say("directions")
        high = 26 + 10.2 * max(2 if under else 1, *map(len, self._heads), 1)

        def draw(pen: Pen, y: float) -> None:
            pen.text(self.left, y + 15, words.say("directions_head"), 13, bold=True)
            base = y + 30
            pen.text(self.left + 4, base, words.say("step"), HEAD, bold=True)
            pen.text(self.left + DATES_X, base, words.say("from_until"), HEAD, bold=True)
            if under:
                pen.text(self.left + DATES_X, base + 10.2, under, HEAD, bold=True)
            else:
                room = self._day_right - self._total_wide - 10 - self._dates_right
                lines, size = block(
                    words.say("directions"), (HEAD, 8.0, 7.5), room, 20, "directions", bold=True
                )
                pen.lines(self._dates_right, base, lines, size, 10.2, bold=True)
            pen.text(self._day_right, base, words.say("a_day"), HEAD, bold=True, align="right")
            pen.text(self._edges[0], base, words.say("days"), HEAD, bold=True, align="right")
            for x, head in zip(self._edges[1:], self._heads, strict=True):
                for n, line in enumerate(head):
                    pen.text(x, base + 10.2 * n, line, HEAD, bold=True, align="right")
            pen.rule(self.left, y + high, self.right, y + high, 0.8)

        return Part(high, draw)

    def _units(self, step: Step) -> list[tuple[Product, str]]:
        """What a step uses: of every product in columns, else of those it takes."""
        told = [(product, step_units(self.sheet, step, product)) for product in self.sheet.products]
        none = self.words.say("none")
        return told if self.columns else [pair for pair in told if pair[1] != none]

    def _row(self, step: Step, heading: Part) -> Part:
        totals, units = day_total(self.sheet, step), self._units(step)
        x, lines = self._directions(step)
        tall = max(2, len(totals))
        first = 0 if self._beside else tall
        under = max(tall, first + len(lines))
        high = max(ROW_LEAST, LEAD * (under + (0 if self.columns else len(units))) + 4)

        def draw(pen: Pen, y: float) -> None:
            if step.kind is StepKind.HOLD and not self.sheet.facts.low_ink:
                pen.box(self.left, y, self.wide, high, thick=0, fill=GREY)
            base = y + 10.5
            pen.text(self.left + 4, base, str(step.n), BODY, bold=True)
            for n, text in enumerate(self._dates(step)):
                pen.text(self.left + DATES_X, base + n * LEAD, text, BODY)
            pen.lines(x, base + first * LEAD, lines, BODY, LEAD)
            for n, line in enumerate(totals):
                pen.text(self._day_right, base + n * LEAD, line, BODY, bold=True, align="right")
            pen.text(self._edges[0], base, str(step.days), BODY, align="right")
            self._draw_units(pen, base if self.columns else base + under * LEAD, units)
            pen.rule(self.left, y + high, self.right, y + high)

        return Part(high, draw, heading)

    def _draw_units(self, pen: Pen, base: float, units: list[tuple[Product, str]]) -> None:
        none = self.words.say("none")
        if self.columns:
            for x, (_, text) in zip(self._edges[1:], units, strict=True):
                pen.text(x, base, text, BODY, bold=text != none, align="right")
            return
        for n, (product, text) in enumerate(units):
            pen.text(self.left + DATES_X, base + n * LEAD, product_name(self.sheet, product), BODY)
            right = units_right(self.sheet, self.left + DATES_X)
            pen.text(right, base + n * LEAD, text, BODY, bold=True, align="right")
