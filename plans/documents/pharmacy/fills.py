"""The fills of the pharmacy sheet: what to hand out on which day, in whole units, with a box and room for initials."""

from __future__ import annotations

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, block, one_line
from plans.documents.engine.flow import Part
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.text import wrap
from plans.documents.pharmacy.content import FillRow, all_fills_key, fill_days, fill_units, fills
from plans.documents.pharmacy.sizes import SheetSizes
from plans.domain.amounts import NBSP
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Product

NUMBER_X, GAP = 34.0, 10.0
MOST_COLUMNS = 4


def product_head(context: DocumentContext, n: int, sizes: SheetSizes) -> list[str]:
    """The heading over the units of the n-th product, in lines. A number keeps its unit."""
    product = context.products[n]
    amount = context.words.mg(product.strength)
    named = (
        context.product_named(product, many=True)
        .replace(NBSP, " ")
        .replace(amount.replace(NBSP, " "), amount)
    )
    return wrap(named.replace(" mL", f"{NBSP}mL"), BOLD, sizes.head, 52)


def units_right(context: DocumentContext, left: float, sizes: SheetSizes) -> float:
    """The right edge of the units that stand beside their products' names, which begin at `left`. Raises DoesNotFit."""
    names = [width(product_name(context, product), REGULAR, sizes.body) for product in context.products]
    right = left + max(names) + 12 + width("00000 mL", BOLD, sizes.body)
    if right > context.short - sizes.margin:
        raise DoesNotFit(what="products")
    return right


def product_name(context: DocumentContext, product: Product) -> str:
    """A product as it stands beside its units, on one line."""
    return context.product_named(product, many=True)


def takes_columns(context: DocumentContext, sizes: SheetSizes) -> bool:
    """Whether every product has a column of its own; else a row lists what it is of."""
    if not sizes.columns or len(context.products) > MOST_COLUMNS:
        return False
    first = sizes.margin + _Columns(context, sizes).units
    room = context.short - sizes.margin - sizes.given_wide - 12 - first
    return len(context.products) * _step(context, sizes) <= room


def _step(context: DocumentContext, sizes: SheetSizes) -> float:
    """The least width of a column of units."""
    heads = [line for n in range(len(context.products)) for line in product_head(context, n, sizes)]
    return max(width(line, BOLD, sizes.head) for line in heads) + 8


class _Columns:
    """Where the columns of the fills begin, from the margin: each as wide as what stands in it."""

    def __init__(self, context: DocumentContext, sizes: SheetSizes) -> None:
        words, rows = context.words, fills(context)
        days = [words.weekday_day_year(row.first) for row in rows]
        until = [words.day_year(row.last) for row in rows]
        self.give = max(NUMBER_X, 4 + width(words.say("fill"), BOLD, sizes.head) + GAP)
        self.covers = self.give + GAP + _widest(days, words.say("give_on"), sizes)
        self.units = self.covers + GAP + _widest(until, words.say("covers"), sizes)


def _widest(texts: list[str], head: str, sizes: SheetSizes) -> float:
    return max(width(head, BOLD, sizes.head), *(width(text, REGULAR, sizes.body) for text in texts), 0.0)


class FillRows:
    """Measured once for a sheet; `parts` are a row a fill under one heading, and the totals.

    In large print a fill's last day stands under its first; else beside it.
    """

    def __init__(self, context: DocumentContext, sizes: SheetSizes) -> None:
        self.context, self.words, self.sizes, self.rows = context, context.words, sizes, fills(context)
        self.at = _Columns(context, sizes)
        self.left, self.right = sizes.margin, context.short - sizes.margin
        self.given = self.right - sizes.given_wide
        self.columns = takes_columns(context, sizes)
        count = len(context.products) if self.columns else 0
        self.step = min(90.0, (self.given - 12 - self.left - self.at.units) / max(1, count))
        self.edges = [self.given - 12 - self.step * (count - 1 - n) for n in range(count)]
        self.heads = [product_head(context, n, sizes) for n in range(count)]
        listed = self.left + self.at.give
        self.listed_right = 0.0 if self.columns else units_right(context, listed, sizes)
        if self.left + (self.at.units if sizes.columns else self.at.covers) > self.given:
            raise DoesNotFit(what="fills")

    def parts(self) -> list[Part]:
        """A row a fill, and the sums. The units of all fills cover the plan from its making on. Raises DoesNotFit."""
        heading = self._heading()
        return [
            *(self._fill(n, row, heading) for n, row in enumerate(self.rows, start=1)),
            self._totals(heading),
        ]

    def _heading(self) -> Part:
        words, sizes, left = self.words, self.sizes, self.left
        above = sizes.head_lead * (max(map(len, self.heads), default=1) - 1)
        title = words.say("fills_head", days=fill_days(self.context))
        # Headings of several lines rise beside the title, or push it up.
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

        return Part(high, draw)

    def _told(self, units: dict[Product, int]) -> list[tuple[Product, str]]:
        """What a row hands out: of every product in columns, else of those it is of."""
        return [
            (product, fill_units(self.context, product, units.get(product, 0)))
            for product in self.context.products
            if self.columns or units.get(product, 0)
        ]

    def _draw_units(
        self, canvas: Canvas, base: float, some: list[tuple[Product, str]], *, total: bool = False
    ) -> None:
        body, lead = self.sizes.body, self.sizes.lead
        for n, (product, text) in enumerate(some):
            strong = total or text != self.words.say("none")
            if self.columns:
                canvas.text(self.edges[n], base, text, body, bold=strong, align="right")
            else:
                line = base + (n + 1) * lead
                canvas.text(self.left + self.at.give, line, product_name(self.context, product), body)
                canvas.text(self.listed_right, line, text, body, bold=strong, align="right")

    def _row_high(self, some: list[tuple[Product, str]]) -> float:
        return self.sizes.fill_row + (0 if self.columns else self.sizes.lead * len(some))

    def _fill(self, n: int, fill: FillRow, heading: Part) -> Part:
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

        return Part(high, draw, heading)

    def _totals(self, heading: Part) -> Part:
        words, sizes, rows = self.words, self.sizes, self.rows
        sums = {product: sum(row.units.get(product, 0) for row in rows) for product in self.context.products}
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

        return Part(self._row_high(some) + note, draw, heading)
