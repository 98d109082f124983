"""Reads a finished pharmacy sheet back: every step's direction, its milligrams and days, and its units, which are
counted day by day here and step by step where they were written; and that the fills reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from plans.documents.facts import CalendarFacts
from plans.documents.pdf_runs import Run, Shown, Unreadable, plain, read_pages
from plans.documents.pharmacy_content import direction, fill_units, fills, parts_of
from plans.documents.readback import Finding, check_pages, check_writing
from plans.documents.sheet import Sheet
from plans.documents.step_table import steps_shown
from plans.domain.amounts import MICROLITRES_PER_ML, Volume
from plans.domain.taper.products import Product, Take
from plans.domain.taper.schedule import Schedule, Step

_STEP: Final = re.compile(r"[1-9][0-9]*\Z")


def read_back_pharmacy(pdf: bytes, facts: CalendarFacts) -> tuple[Finding, ...]:
    """Everything wrong with a finished pharmacy sheet; empty means that it may be offered."""
    try:
        pages = read_pages(pdf)
    except Unreadable as damage:
        return (Finding("unreadable", facts={"why": str(damage)}),)
    sheet = Sheet(facts)
    return (
        *check_pages(pages, facts),
        *check_writing(pages, facts),
        *_steps(pages, sheet),
        *_totals(pages, sheet),
    )


def _lines(pages: list[Shown]) -> Iterator[list[Run]]:
    """The texts of every baseline, from left to right."""
    for page in pages:
        rows: dict[int, list[Run]] = {}
        for run in page.runs:
            rows.setdefault(round(run.y), []).append(run)
        for y in sorted(rows, reverse=True):
            yield sorted(rows[y], key=lambda run: run.x)


def _steps(pages: list[Shown], sheet: Sheet) -> Iterator[Finding]:
    wanted = {plain(sheet.words.day_year(step.start)): step for step in steps_shown(sheet)}
    found: dict[int, list[str]] = {}
    for line in _lines(pages):
        texts = [run.text for run in line]
        if (
            len(texts) > 4
            and _STEP.match(texts[0])
            and texts[1] in wanted
            and int(texts[0]) == wanted[texts[1]].n
        ):
            if wanted[texts[1]].n in found:
                yield Finding("step_twice", facts={"step": wanted[texts[1]].n})
            found[wanted[texts[1]].n] = texts
    joined = " ".join(" ".join(run.text for run in _column(page)) for page in pages)
    for step in wanted.values():
        texts = found.get(step.n, [])
        units = [_units(sheet, step, product) for product in sheet.products]
        if texts[-len(units) :] != units or texts[-len(units) - 1 : -len(units)] != [str(step.days)]:
            yield Finding("step_units", facts={"step": step.n})
        if plain(direction(sheet, step)) not in joined:
            yield Finding("direction", facts={"step": step.n})
        if not sheet.many_drugs and plain(sheet.words.mg(step.total())) not in texts:
            yield Finding("step_total", facts={"step": step.n})


def _column(page: Shown) -> list[Run]:
    """The texts of a page column by column, so that a direction of several lines stands together."""
    return sorted(page.runs, key=lambda run: (round(run.x), -run.y))


def _day_parts(schedule: Schedule, step: Step, product: Product) -> int:
    """What a step takes of a product, summed over its days as the calendar shows them."""
    total = 0
    for n in range(step.days):
        today = schedule.step_on(step.start + timedelta(days=n))
        if today is not None:
            total += sum(parts_of(t) for dose in today.doses for t in dose.take if t.product == product)
    return total


def _units(sheet: Sheet, step: Step, product: Product) -> str:
    parts = _day_parts(sheet.schedule, step, product)
    if not parts:
        return plain(sheet.words.say("none"))
    if product.is_liquid:
        return plain(sheet.words.ml(Volume(parts)))
    return sheet.words.number(Take(product, quarters=parts).pieces)


def _totals(pages: list[Shown], sheet: Sheet) -> Iterator[Finding]:
    """All fills together hold at least what the days from the making on need, and less than one unit more a product."""
    label, facts, rows = plain(sheet.words.say("all_fills")), sheet.facts, fills(sheet)
    printed = [[run.text for run in line][1:] for line in _lines(pages) if line[0].text == label]
    sums = {product: sum(row.units.get(product, 0) for row in rows) for product in sheet.products}
    if printed != [[plain(fill_units(sheet, product, sums[product])) for product in sheet.products]]:
        yield Finding("fills")
    for product in sheet.products:
        need, day = 0, max(facts.made_on, sheet.schedule.start)
        while (step := sheet.schedule.step_on(day)) is not None:
            need += sum(parts_of(t) for dose in step.doses for t in dose.take if t.product == product)
            day += timedelta(days=1)
        whole = MICROLITRES_PER_ML if product.is_liquid else 4
        if not need <= sums[product] * whole < need + whole:
            yield Finding("fills_do_not_reach", facts={"product": product.name})
