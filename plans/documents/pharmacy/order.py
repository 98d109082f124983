"""The order form of the pharmacy sheet: products made in the plan's sizes, what is in them, how many, and by when.

A fill is one order, also where it is handed out in instalments. A plan of products in stock has no such section.
"""

from __future__ import annotations

from datetime import date

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.fonts import BOLD, REGULAR
from plans.documents.engine.section import FlowPart
from plans.documents.engine.text import fits, wrap
from plans.documents.pharmacy.content import fill_days, fills_from
from plans.documents.pharmacy.context import PharmacyContext
from plans.documents.pharmacy.rows import SheetSizes
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Product
from plans.domain.taper.supply import plan_supply


def size_words(context: PharmacyContext, product: Product, units: int) -> str:
    """What one size is, and how many: "0.45 mg capsules: 14 in all, each with 0.45 mg clonazepam (together 6.3 mg)"."""
    words = context.words
    return words.say(
        "order_size",
        product=words.product(product, many=True),
        count=units,
        drug=product.drug,
        each=words.mg(product.strength),
        together=words.mg(product.strength * units),
    )


def fill_words(context: PharmacyContext, first: date, last: date, units: dict[Product, int]) -> str:
    """What is ordered for one fill, and when it must be there."""
    words = context.words
    counts = [f"{context.product_named(product, many=True)}: {count}" for product, count in units.items()]
    days = {"first": words.weekday_day_year(first), "last": words.day_year(last)}
    return words.say("order_fill", **days, products="; ".join(counts))


class OrderForm:
    """The order form; `parts` are its heading with a line for each size and for each fill."""

    def __init__(self, context: PharmacyContext, sizes: SheetSizes) -> None:
        self.context, self.sizes = context, sizes

    def parts(self) -> list[FlowPart]:
        """The lines under their heading; none where nothing is ordered. Raises DoesNotFit."""
        orders = plan_supply(
            self.context.schedule,
            fill_days(self.context),
            from_day=fills_from(self.context),
            stock=self.context.facts.at_hand,
        ).orders()
        if not orders:
            return []
        by_fill: dict[tuple[date, date], dict[Product, int]] = {}
        for order in orders:
            for fill in order.fills:
                by_fill.setdefault((fill.first, fill.last), {})[order.product] = fill.whole_units
        say, sizes = self.context.words.say, self.sizes
        heading = self._line(say("order_head"), None, size=sizes.title, bold=True)
        return [
            *(
                self._line(size_words(self.context, one.product, one.whole_units), heading, bold=True)
                for one in orders
            ),
            self._line(say("order_other"), heading),
            *(
                self._line(fill_words(self.context, *days, units), heading)
                for days, units in sorted(by_fill.items())
            ),
        ]

    def _line(
        self, text: str, heading: FlowPart | None, *, size: float | None = None, bold: bool = False
    ) -> FlowPart:
        sizes, face = self.sizes, BOLD if bold else REGULAR
        size = size or sizes.body
        room, lead = sizes.wide(self.context), size * sizes.lead / sizes.body
        lines = wrap(text, face, size, room)
        if not fits(lines, face, size, room):
            raise DoesNotFit(what="order")

        def draw(canvas: Canvas, y: float) -> None:
            canvas.lines(sizes.margin, y + size + 2, lines, size, lead, bold=bold)

        return FlowPart(lead * len(lines) + 6, draw, heading)
