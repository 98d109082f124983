"""The fills of the pharmacy sheet: what to hand out on which day, in whole units, with a box and room for initials."""

from __future__ import annotations

from plans.documents.flow import Part
from plans.documents.fonts import BOLD
from plans.documents.pen import Pen
from plans.documents.pharmacy_content import FillRow, fill_days, fill_units, fills
from plans.documents.sheet import Sheet, block
from plans.documents.styles import PAGE_MARGIN
from plans.documents.text import wrap

BODY = 9.3
FILL_ROW = 17.2


def product_head(sheet: Sheet, n: int) -> list[str]:
    """The heading over the units of the n-th product, in lines."""
    product = sheet.products[n]
    if product.is_liquid:
        return [sheet.words.forms[product.form].name, sheet.words.mg(product.strength)]
    named = sheet.product_named(product, many=True).replace("\u00a0", " ")
    return wrap(named, BOLD, 8.5, 52)


def fill_parts(sheet: Sheet) -> list[Part]:
    """A row a fill under one heading, and the totals. The units of all fills cover the plan from its making on."""
    words, rows = sheet.words, fills(sheet)
    left, right = PAGE_MARGIN, sheet.short - PAGE_MARGIN
    given = right - 92
    step = min(90.0, (given - 10 - (left + 262)) / len(sheet.products))
    edges = [given - 12 - step * (len(sheet.products) - 1 - n) for n in range(len(sheet.products))]

    def head(pen: Pen, y: float) -> None:
        pen.text(left, y + 18, words.say("fills_head", days=fill_days(sheet)), 13, bold=True)
        base = y + 34
        pen.text(left + 4, base, words.say("fill"), 8.5, bold=True)
        pen.text(left + 34, base, words.say("give_on"), 8.5, bold=True)
        pen.text(left + 180, base, words.say("covers"), 8.5, bold=True)
        pen.text(given, base, words.say("given"), 8.5, bold=True)
        for n, x in enumerate(edges):
            for k, line in enumerate(reversed(product_head(sheet, n))):
                pen.text(x, base - 10.2 * k, line, 8.5, bold=True, align="right")
        pen.rule(left, y + 39, right, y + 39, 0.8)

    heading = Part(39, head)
    parts = []
    for n, row in enumerate(rows, start=1):

        def draw(pen: Pen, y: float, n: int = n, fill: FillRow = row) -> None:
            base = y + 11.8
            pen.text(left + 4, base, str(n), BODY, bold=True)
            pen.text(left + 34, base, words.weekday_day_year(fill.first), BODY)
            pen.text(left + 180, base, words.day_year(fill.last), BODY)
            for x, product in zip(edges, sheet.products, strict=True):
                text = fill_units(sheet, product, fill.units.get(product, 0))
                pen.text(x, base, text, BODY, bold=text != words.say("none"), align="right")
            pen.box(given, y + 3, 11, 11, thick=1)
            pen.rule(given + 16, y + 14, right - 4, y + 14)
            pen.rule(left, y + FILL_ROW, right, y + FILL_ROW)

        parts.append(Part(FILL_ROW, draw, heading))

    def totals(pen: Pen, y: float) -> None:
        pen.text(left + 34, y + 11.8, words.say("all_fills"), BODY, bold=True)
        for x, product in zip(edges, sheet.products, strict=True):
            units = sum(row.units.get(product, 0) for row in rows)
            pen.text(x, y + 11.8, fill_units(sheet, product, units), BODY, bold=True, align="right")
        pen.rule(left, y + FILL_ROW, right, y + FILL_ROW, 0.8)
        lasts = words.say("lasts_until", date=words.day_year(rows[-1].last)) if rows else ""
        carried = words.say("halves_carried") if sheet.solids else ""
        lines, size = block(f"{lasts} {carried}".strip(), (8.5, 8, 7.5), right - left, 26, "halves_carried")
        pen.lines(left, y + FILL_ROW + 12, lines, size, 11)

    return [*parts, Part(FILL_ROW + 30, totals, heading)]
