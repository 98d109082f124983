"""The fills of the pharmacy sheet: what to hand out on which day, in whole units, with a box and room for initials."""

from __future__ import annotations

from plans.documents.flow import Part
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.pen import Pen
from plans.documents.pharmacy_content import FillRow, fill_days, fill_units, fills
from plans.documents.sheet import Sheet, block
from plans.documents.styles import PAGE_MARGIN
from plans.documents.text import wrap
from plans.domain.amounts import NBSP
from plans.domain.taper.products import Product

BODY = 9.3
HEAD = 8.5
LEAD = 11.2
FILL_ROW = 17.2
NUMBER_X, GAP = 34.0, 10.0
GIVEN_WIDE = 92.0
MOST_COLUMNS = 4


def product_head(sheet: Sheet, n: int) -> list[str]:
    """The heading over the units of the n-th product, in lines. A number keeps its unit."""
    product = sheet.products[n]
    amount = sheet.words.mg(product.strength)
    named = (
        sheet.product_named(product, many=True).replace(NBSP, " ").replace(amount.replace(NBSP, " "), amount)
    )
    return wrap(named.replace(" mL", f"{NBSP}mL"), BOLD, HEAD, 52)


def units_right(sheet: Sheet, left: float) -> float:
    """The right edge of the units that stand beside their products' names, which begin at `left`."""
    names = [width(product_name(sheet, product), REGULAR, BODY) for product in sheet.products]
    return left + max(names) + 12 + width("00000 mL", BOLD, BODY)


def product_name(sheet: Sheet, product: Product) -> str:
    """A product as it stands beside its units, on one line."""
    return sheet.product_named(product, many=True)


def takes_columns(sheet: Sheet) -> bool:
    """Whether every product has a column of its own; else a row lists what it is of."""
    if len(sheet.products) > MOST_COLUMNS:
        return False
    first = PAGE_MARGIN + _Columns(sheet).units
    return len(sheet.products) * _step(sheet) <= sheet.short - PAGE_MARGIN - GIVEN_WIDE - 12 - first


def _step(sheet: Sheet) -> float:
    """The least width of a column of units."""
    heads = [line for n in range(len(sheet.products)) for line in product_head(sheet, n)]
    return max(width(line, BOLD, HEAD) for line in heads) + 8


class _Columns:
    """Where the columns of the fills begin, from the margin: each as wide as what stands in it."""

    def __init__(self, sheet: Sheet) -> None:
        words, rows = sheet.words, fills(sheet)
        days = [words.weekday_day_year(row.first) for row in rows]
        until = [words.day_year(row.last) for row in rows]
        self.give = max(NUMBER_X, 4 + width(words.say("fill"), BOLD, HEAD) + GAP)
        self.covers = self.give + GAP + _widest(days, words.say("give_on"))
        self.units = self.covers + GAP + _widest(until, words.say("covers"))


def _widest(texts: list[str], head: str) -> float:
    return max(width(head, BOLD, HEAD), *(width(text, REGULAR, BODY) for text in texts), 0.0)


def fill_parts(sheet: Sheet) -> list[Part]:
    """A row a fill under one heading, and the totals. The units of all fills cover the plan from its making on."""
    words, rows, at = sheet.words, fills(sheet), _Columns(sheet)
    left, right = PAGE_MARGIN, sheet.short - PAGE_MARGIN
    given, columns = right - GIVEN_WIDE, takes_columns(sheet)
    count = len(sheet.products) if columns else 0
    step = min(90.0, (given - 12 - left - at.units) / max(1, count))
    edges = [given - 12 - step * (count - 1 - n) for n in range(count)]
    heads = [product_head(sheet, n) for n in range(count)]
    above = 10.2 * (max(map(len, heads), default=1) - 1)
    title = words.say("fills_head", days=fill_days(sheet))
    # Headings of several lines rise beside the title, or push it up.
    beside = not edges or left + width(title, BOLD, 13) + 8 <= edges[0] - step
    listed_right = units_right(sheet, left + at.give)
    high = max(39.0, above + (13 if beside else 32))

    def head(pen: Pen, y: float) -> None:
        pen.text(left, y + 18, title, 13, bold=True)
        base = y + high - 5
        pen.text(left + 4, base, words.say("fill"), HEAD, bold=True)
        pen.text(left + at.give, base, words.say("give_on"), HEAD, bold=True)
        pen.text(left + at.covers, base, words.say("covers"), HEAD, bold=True)
        pen.text(given, base, words.say("given"), HEAD, bold=True)
        for x, lines in zip(edges, heads, strict=True):
            for k, line in enumerate(reversed(lines)):
                pen.text(x, base - 10.2 * k, line, HEAD, bold=True, align="right")
        pen.rule(left, y + high, right, y + high, 0.8)

    def told(units: dict[Product, int]) -> list[tuple[Product, str]]:
        """What a row hands out: of every product in columns, else of those it is of."""
        return [
            (product, fill_units(sheet, product, units.get(product, 0)))
            for product in sheet.products
            if columns or units.get(product, 0)
        ]

    def draw_units(pen: Pen, base: float, some: list[tuple[Product, str]], *, total: bool = False) -> None:
        for n, (product, text) in enumerate(some):
            strong = total or text != words.say("none")
            if columns:
                pen.text(edges[n], base, text, BODY, bold=strong, align="right")
            else:
                line = base + (n + 1) * LEAD
                pen.text(left + at.give, line, product_name(sheet, product), BODY)
                pen.text(listed_right, line, text, BODY, bold=strong, align="right")

    def row_high(some: list[tuple[Product, str]]) -> float:
        return FILL_ROW if columns else FILL_ROW + LEAD * len(some)

    heading = Part(high, head)
    parts = []
    for n, row in enumerate(rows, start=1):

        def draw(pen: Pen, y: float, n: int = n, fill: FillRow = row) -> None:
            base, some = y + 11.8, told(fill.units)
            pen.text(left + 4, base, str(n), BODY, bold=True)
            pen.text(left + at.give, base, words.weekday_day_year(fill.first), BODY)
            pen.text(left + at.covers, base, words.day_year(fill.last), BODY)
            draw_units(pen, base, some)
            pen.box(given, y + 3, 11, 11, thick=1)
            pen.rule(given + 16, y + 14, right - 4, y + 14)
            pen.rule(left, y + row_high(some), right, y + row_high(some))

        parts.append(Part(row_high(told(row.units)), draw, heading))
    sums = {product: sum(row.units.get(product, 0) for row in rows) for product in sheet.products}
    summed = told(sums)

    def totals(pen: Pen, y: float) -> None:
        pen.text(left + at.give, y + 11.8, words.say("all_fills"), BODY, bold=True)
        draw_units(pen, y + 11.8, summed, total=True)
        foot = y + row_high(summed)
        pen.rule(left, foot, right, foot, 0.8)
        lasts = words.say("lasts_until", date=words.day_year(rows[-1].last)) if rows else ""
        carried = words.say("halves_carried") if sheet.solids else ""
        lines, size = block(f"{lasts} {carried}".strip(), (8.5, 8, 7.5), right - left, 26, "halves_carried")
        pen.lines(left, foot + 12, lines, size, 11)

    return [*parts, Part(row_high(summed) + 30, totals, heading)]
