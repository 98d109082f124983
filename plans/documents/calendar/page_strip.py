"""The strip under a page of days: how to make or measure each dose of this page, and how to halve or dissolve.

Nobody turns a page to know what to take: each distinct dose of the page has its signs and its words here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.recipes import Recipe, draw_recipes, recipes_high
from plans.documents.calendar.syringes import draw_filling, volumes_of_days
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.fonts import REGULAR
from plans.documents.engine.text import wrap
from plans.domain.documents.calendar import Day
from plans.domain.documents.words import care_of_bottles
from plans.domain.taper.products import Form, Product

# A syringe with a caption under it, where a drug has two bottles, is higher.
SYRINGE_HIGH, WITH_CAPTION = 53.0, 61.0
SYRINGES_A_ROW = 2


@dataclass(frozen=True, slots=True)
class StripSizes:
    """Sizes of the strip: its heading, what it says beside the recipes, and the scale of the recipes."""

    heading: float
    care: float
    scale: float

    @property
    def lead(self) -> float:
        """The distance between lines of care."""
        return self.care * 1.24


NORMAL_STRIP = StripSizes(10.5, 8.5, 1.0)
LARGE_STRIP = StripSizes(18.0, 16.0, 1.6)
# For a day in large print that needs more than a page.
CLOSE_STRIP = StripSizes(16.0, 14.0, 1.2)


def recipes_of(context: CalendarContext, days: Sequence[Day]) -> list[Recipe]:
    """How each dose of some days is made, without those that are one measured volume, which have a picture."""
    found = {
        Recipe(entry.slot.drug, entry.dose, entry.pieces)
        for day in days
        for entry in day.entries
        if entry.dose and not context.measured(entry)
    }
    order = context.schedule.drugs
    return sorted(
        found, key=lambda r: (order.index(r.drug), -r.dose.units, tuple(context.phrase(p) for p in r.pieces))
    )


class PageStrip:
    """The strip of one page, measured. Raises DoesNotFit for a recipe that has no room at the smallest size."""

    def __init__(
        self, context: CalendarContext, days: Sequence[Day], wide: float, sizes: StripSizes, name: str
    ) -> None:
        self.context, self.wide, self.sizes, self.name = context, wide, sizes, name
        self.days = tuple(days)
        self.recipes = recipes_of(context, days)
        self.fillings = volumes_of_days(days)
        self.care = self._care(days)
        self.highs = recipes_high(context, self.recipes, wide, scale=sizes.scale) if self.recipes else []
        self.each = 1 if sizes is LARGE_STRIP else SYRINGES_A_ROW
        captioned = any(not context.only_liquid(product) for product, _ in self.fillings)
        self.syringe_high = (WITH_CAPTION if captioned else SYRINGE_HIGH) * sizes.scale

    def _care(self, days: Sequence[Day]) -> list[str]:
        words, pieces = self.context.words, {p for day in days for e in day.entries for p in e.pieces}
        products: dict[Product, None] = dict.fromkeys(sorted(piece.product for piece in pieces))
        said = []
        if any(piece.quarters % 4 and not piece.product.is_measured for piece in pieces):
            said.append(words.say("part_solid"))
            said.append(words.say("halving"))
        if any(product.form is Form.ODT for product in products):
            said.append(words.say("odt_melts"))
        if self.fillings:
            said.append(words.say("never_spoon"))
        said += care_of_bottles(products, words)
        if any(self.context.signed(piece) for piece in pieces):
            said.append(words.say("signs_are_no_likeness"))
        return wrap(" ".join(said), REGULAR, self.sizes.care, self.wide) if said else []

    @property
    def high(self) -> float:
        """Its height in points."""
        heading = self.sizes.heading * 1.5 if self.recipes or self.fillings else 0.0
        rows = -(-len(self.fillings) // self.each)
        care = self.sizes.lead * len(self.care) + 4 if self.care else 0.0
        return heading + sum(self.highs) + rows * self.syringe_high + care

    def draw(self, canvas: Canvas, left: float, y: float) -> None:
        """Draw it from y down."""
        words = self.context.words
        if self.recipes or self.fillings:
            head = words.say("how_to_make" if self.recipes else "measure_head")
            canvas.text(left, y + self.sizes.heading * 1.05, head, self.sizes.heading, bold=True)
            y += self.sizes.heading * 1.5
        if self.recipes:
            y = draw_recipes(
                canvas, self.context, self.recipes, left, y, self.wide, self.highs,
                name_of=self.name, scale=self.sizes.scale,
            )  # fmt: skip
        for n, filling in enumerate(self.fillings):
            row, column = divmod(n, self.each)
            wide = self.wide / self.each
            at = y + row * self.syringe_high + 3
            draw_filling(
                canvas, self.context, filling, left + column * wide, at, wide, scale=self.sizes.scale
            )
        y += -(-len(self.fillings) // self.each) * self.syringe_high
        canvas.lines(left, y + self.sizes.care * 1.1 + 2, self.care, self.sizes.care, self.sizes.lead)
