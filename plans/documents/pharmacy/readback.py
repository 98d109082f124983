"""Reads a finished pharmacy sheet back: directions, milligrams, days and units of every step, changes, and fills.

Here units are counted day by day; the drawing counts them step by step.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final

from plans.documents.pharmacy.content import (
    FillRow,
    all_fills_key,
    at_hand_words,
    cancel_words,
    changes,
    direction,
    fill_days,
    fill_units,
    fills,
    fills_from,
    instalment_words,
    parts_of,
    parts_words,
    to_hand_over,
)
from plans.documents.pharmacy.context import PharmacyContext
from plans.documents.pharmacy.order import fill_words, size_words
from plans.documents.readback.checks import PdfDefect
from plans.documents.readback.pdf import Shown, TextRun, plain
from plans.domain.documents.calendar import last_shown_day
from plans.domain.documents.facts import PharmacyFacts
from plans.domain.taper.products import Form, Product
from plans.domain.taper.schedule import Step

_STEP: Final = re.compile(r"[1-9][0-9]*\Z")


def check_sheet(pages: list[Shown], facts: PharmacyFacts) -> Iterator[PdfDefect]:
    """Every defect in the rows of a sheet."""
    context = PharmacyContext(facts)
    for check in (_other_dose, _told_once, _orders, _changes, _steps, _totals):
        yield from check(pages, context)


def _lines(page: Shown) -> list[list[TextRun]]:
    """The texts of a page by baseline, from the top down and from left to right."""
    rows: dict[int, list[TextRun]] = {}
    for run in page.runs:
        rows.setdefault(round(run.y), []).append(run)
    return [sorted(rows[y], key=lambda run: run.x) for y in sorted(rows, reverse=True)]


def _blocks(pages: list[Shown], opens: Callable[[list[str]], bool]) -> Iterator[list[list[str]]]:
    """The texts of each row up to the next row or heading: a bold number or word at the left margin begins another
    row."""
    for page in pages:
        block: list[list[str]] | None = None
        left = min((run.x for run in page.runs), default=0.0)
        for line in _lines(page):
            texts = [run.text for run in line]
            if opens(texts):
                if block is not None:
                    yield block
                block = [texts]
            elif block is not None and line[0].x < left + 12:
                yield block
                block = None
            elif block is not None:
                block.append(texts)
        if block is not None:
            yield block


def _other_dose(pages: list[Shown], context: PharmacyContext) -> Iterator[PdfDefect]:
    """Check the sentence on another dose taken, word for word, if there is one."""
    said = plain(context.facts.other_dose)
    if said and said not in _joined(pages):
        yield PdfDefect("other_dose", facts={"text": said})


def _told_once(pages: list[Shown], context: PharmacyContext) -> Iterator[PdfDefect]:
    """Check when drugs ended that are no longer listed, the stock at home, and the instalments."""
    expected = [
        ("ended_drug", context.ended_line),
        ("at_hand", at_hand_words(context)),
        ("instalments", instalment_words(context)),
        *(("to_hand_over", text) for text in to_hand_over(context)),
    ]
    for code, text in expected:
        said = plain(text)
        if said and said not in _joined(pages):
            yield PdfDefect(code, facts={"text": said})


def _orders(pages: list[Shown], context: PharmacyContext) -> Iterator[PdfDefect]:
    """Check the order form against what the days of each fill need, counted day by day: every size and every fill once,
    and no other."""
    joined, ordered = _joined(pages), [product for product in context.supplied if product.to_order]
    counted = dict.fromkeys(ordered, 0)
    wanted = []
    for first, last in _fill_spans(context):
        units = {product: _ordered_by(context, product, last) - counted[product] for product in ordered}
        for product, count in units.items():
            counted[product] += count
        if any(units.values()):
            own = {product: count for product, count in units.items() if count}
            wanted.append(fill_words(context, first, last, own))
    sizes = [size_words(context, product, count) for product, count in counted.items() if count]
    for text in (*sizes, *wanted):
        if joined.count(plain(text)) != 1:
            yield PdfDefect("orders", facts={"text": plain(text)})
    head = plain(context.words.say("order_head"))
    if bool(sizes) != (head in joined):
        yield PdfDefect("orders", facts={"text": head})


def _fill_spans(context: PharmacyContext) -> Iterator[tuple[date, date]]:
    """The first and last day of every fill, by the days of the calendar alone."""
    days, first = timedelta(days=fill_days(context)), fills_from(context)
    taken = [
        day
        for day in (context.schedule.start + timedelta(days=n) for n in range(context.schedule.days))
        if any(_day_parts(context, day, product) for product in context.supplied)
    ]
    while taken and first <= taken[-1]:
        yield first, min(first + days - timedelta(days=1), taken[-1])
        first += days


def _ordered_by(context: PharmacyContext, product: Product, last: date) -> int:
    """How many of a product must have been ordered for the days up to `last`, beyond what is at home."""
    first = fills_from(context)
    need = sum(
        _day_parts(context, first + timedelta(days=n), product) for n in range((last - first).days + 1)
    )
    return max(0, math.ceil(Fraction(need - context.facts.at_hand.get(product, 0), product.unit_parts)))


def _changes(pages: list[Shown], context: PharmacyContext) -> Iterator[PdfDefect]:
    """Check what changed from the previous version, and what to do with its prescriptions."""
    facts = context.facts
    if facts.replaces is None:
        return
    joined = _joined(pages)
    rows = changes(context, facts.previous) if facts.previous is not None else []
    expected = [text for row in rows for text in (row.of, row.old, row.new)]
    if facts.previous is not None and not rows:
        expected.append(context.words.say("nothing_changed", version=facts.replaces))
    for text in (*expected, cancel_words(context)):
        if plain(text) not in joined:
            yield PdfDefect("changes", facts={"text": plain(text)})


def _joined(pages: list[Shown]) -> str:
    return " ".join(" ".join(run.text for run in _column(page)) for page in pages)


def _steps(pages: list[Shown], context: PharmacyContext) -> Iterator[PdfDefect]:
    wanted = {plain(context.words.day_year(step.start)): step for step in context.steps_shown}

    def opens(texts: list[str]) -> bool:
        numbered = len(texts) > 3 and _STEP.match(texts[0]) is not None and texts[1] in wanted
        return numbered and int(texts[0]) == wanted[texts[1]].n

    found: dict[int, list[list[str]]] = {}
    for block in _blocks(pages, opens):
        number = wanted[block[0][1]].n
        if number in found:
            yield PdfDefect("step_twice", facts={"step": number})
        found[number] = block
    joined = _joined(pages)
    for step in wanted.values():
        block = found.get(step.n, [[]])
        units = {product: _units(context, step, product) for product in context.supplied}
        days = (*block[0][-len(units) - 1 :][:1], *block[0][-1:])
        if str(step.days) not in days or not _told(context, block, units):
            yield PdfDefect("step_units", facts={"step": step.n})
        if plain(direction(context, step)) not in joined:
            yield PdfDefect("direction", facts={"step": step.n})
        totals = _drug_totals(context, step)
        texts = [text for line in block for text in line]
        if not all(total in texts for total in totals):
            yield PdfDefect("step_total", facts={"step": step.n})


def _drug_totals(context: PharmacyContext, step: Step) -> list[str]:
    if not context.many_drugs:
        return [plain(context.words.day_total(step, context.drugs[0]))]
    drugs = {dose.drug for dose in step.doses}
    return [f"{plain(context.words.day_total(step, drug))} {drug}" for drug in sorted(drugs)]


def _covers(context: PharmacyContext, block: list[list[str]], row: FillRow) -> bool:
    """Whether a fill has its last day: beside its first or, in large print, under it."""
    last = plain(context.words.day_year(row.last))
    under = plain(context.words.say("to_date", date=last))
    return last in block[0][2:3] or (context.facts.large and block[1:2] == [[under]])


def _told(context: PharmacyContext, block: list[list[str]], units: dict[Product, str]) -> bool:
    """Whether a row has the units of every product in its column, or of its own products beside their names."""
    if block[0][-len(units) :] == list(units.values()):
        return True
    none = plain(context.words.say("none"))
    names = {plain(context.product_named(product, many=True)): product for product in units}
    said: list[tuple[Product, str]] = []
    begun: list[str] = []
    for line in block:
        if len(line) == 1:
            begun.append(line[0])  # perhaps the beginning of a long name that ends beside its units
            continue
        for name, text in pairwise(line):
            whole = (" ".join([*begun[len(begun) - n :], name]) for n in range(len(begun) + 1))
            said += [(names[one], text) for one in whole if one in names][:1]
        begun = []
    return sorted(said) == sorted((product, text) for product, text in units.items() if text != none)


def _column(page: Shown) -> list[TextRun]:
    """The texts of a page column by column, so that the lines of a direction stay together."""
    return sorted(page.runs, key=lambda run: (round(run.x), -run.y))


def _day_parts(context: PharmacyContext, day: date, product: Product) -> int:
    """What the pharmacy must have handed out of a product for one day: what is taken of it, and the tablets for every
    bottle begun that day."""
    step = context.schedule.step_on(day)
    takes = [take for dose in step.doses for take in dose.take] if step is not None else []
    found = sum(parts_of(take) for take in takes if take.product == product)
    for made in {take.product for take in takes if take.product.is_home_made}:
        if (made.drug, made.tablet) == (product.drug, product.strength) and product.form is Form.TABLET:
            drawn = sum(parts_of(take) for take in takes if take.product == made)
            found += math.ceil(Fraction(drawn, made.per.microlitres)) * made.bottle_quarters
    return found


def _units(context: PharmacyContext, step: Step, product: Product) -> str:
    days = (step.start + timedelta(days=n) for n in range(step.days))
    return plain(parts_words(context, product, sum(_day_parts(context, day, product) for day in days)))


def _totals(pages: list[Shown], context: PharmacyContext) -> Iterator[PdfDefect]:
    """Check that every fill hands out what supply planned, and that together they cover the days from the making on,
    with less than one spare unit per product."""
    words, rows = context.words, fills(context)
    starts = {plain(words.weekday_day_year(row.first)): row for row in rows}
    sums = {product: sum(row.units.get(product, 0) for row in rows) for product in context.supplied}
    label = plain(words.say(all_fills_key(context)))

    def opens(texts: list[str]) -> bool:
        return texts[0] == label or (
            len(texts) > 1 and _STEP.match(texts[0]) is not None and texts[1] in starts
        )

    given, totals = [], 0
    for block in _blocks(pages, opens):
        row = None if block[0][0] == label else starts[block[0][1]]
        counts = sums if row is None else row.units
        if row is None:
            totals += 1
        else:
            given.append(row.first)
        if row is not None and not _covers(context, block, row):
            yield PdfDefect("fill_days", facts={"first": row.first.isoformat()})
        units = {
            product: plain(fill_units(context, product, counts.get(product, 0)))
            for product in context.supplied
        }
        if not _told(context, block, units):
            yield PdfDefect("fills", facts={"first": row.first.isoformat() if row else "all"})
    if totals != 1 or given != [row.first for row in rows]:
        yield PdfDefect("fills")
    for product in context.supplied:
        need, day = 0, fills_from(context)
        while day <= last_shown_day(context.schedule) and context.schedule.step_on(day) is not None:
            need += _day_parts(context, day, product)
            day += timedelta(days=1)
        whole = product.unit_parts
        missing = max(0, need - context.facts.at_hand.get(product, 0))
        if not missing <= sums[product] * whole < missing + whole:
            yield PdfDefect("fills_do_not_reach", facts={"product": product.name})
