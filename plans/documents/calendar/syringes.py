"""Measured volumes: how far to fill, and a picture of the syringe with a black ring at the mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from plans.documents.calendar.context import CalendarContext
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.text import largest
from plans.domain.amounts import Volume
from plans.domain.documents.calendar import Day
from plans.domain.documents.words import Words
from plans.domain.syringes import Syringe, syringe_for
from plans.domain.taper.products import Product, Take

Filling = tuple[Product, Volume]
A_ROW: Final = 3


def volumes_of_days(days: Sequence[Day]) -> tuple[Filling, ...]:
    """Every distinct measured volume of some days, smallest first."""
    return _sorted(
        (piece.product, piece.volume)
        for day in days
        for entry in day.entries
        for piece in entry.pieces
        if piece.volume is not None
    )


def _sorted(found: Iterable[Filling]) -> tuple[Filling, ...]:
    return tuple(sorted(set(found), key=lambda pair: (pair[0], pair[1].microlitres)))


def draw_filling(
    canvas: Canvas,
    context: CalendarContext,
    filling: Filling,
    x: float,
    y: float,
    wide: float,
    *,
    scale: float = 1.0,
) -> None:
    """Draw what to measure and the syringe beside it, 58 × scale points high from y down. A volume that no syringe
    measures is in words only."""
    product, volume = filling
    take = Take(product, volume=volume)
    words, syringe = context.words, _pictured(take)
    dose = words.mg(take.dose)
    room = (94 if syringe else wide / scale) * scale - 4
    head = words.say("for_dose", dose=f"{dose} {product.drug}" if context.many_drugs else dose)
    if largest(head, BOLD, _sizes(10.5, scale), room):
        one_line(canvas, x, y + 16 * scale, head, _sizes(10.5, scale), room, "syringe", bold=True)
    else:
        lines, size = block(head, _sizes(9, scale), room, 21 * scale, "syringe", bold=True, lead=1.1)
        canvas.lines(x, y + 8 * scale, lines, size, size * 1.1, bold=True)
    fill = words.say("fill_to", volume=words.filled(take))
    one_line(canvas, x, y + 30 * scale, fill, _sizes(10, scale), room, "syringe")
    if not context.only_liquid(product):
        # With two bottles of one drug, the picture's caption says which.
        at = x + 94 * scale if syringe else x
        base = y + (56 if syringe else 42) * scale
        one_line(canvas, at, base, words.product(product), _sizes(8, scale), wide - (at - x) - 4, "syringe")
    if syringe is None:
        _several_draws(canvas, words, take, x, y, wide, scale)
        return
    named = words.say("syringe", size=words.ml(syringe.holds), step=words.ml(syringe.mark))
    lines, size = block(named, _sizes(8, scale), room, 24 * scale, "syringe", lead=1.15)
    canvas.lines(x, y + 42 * scale, lines, size, size * 1.15)
    _picture(canvas, context, syringe, volume, x + 94 * scale, y, wide - 94 * scale - 8, scale)


def _pictured(take: Take) -> Syringe | None:
    """The syringe that measures a volume at once; None if none does."""
    if take.draws:
        return take.draws[0].syringe if len(take.draws) == 1 else None
    return syringe_for(take.volume) if take.volume is not None and not take.product.syringes else None


def _several_draws(
    canvas: Canvas, words: Words, take: Take, x: float, y: float, wide: float, scale: float
) -> None:
    """Draw the words for a volume that needs several fillings: how far to fill, and with which syringes."""
    said = "; ".join(words.syringes(take)) if take.draws else ""
    if said:
        lines, size = block(said, _sizes(8, scale), wide - 4, 18 * scale, "syringe", lead=1.15)
        canvas.lines(x, y + 52 * scale - size * (len(lines) - 1), lines, size, size * 1.15)


def _sizes(size: float, scale: float) -> tuple[float, ...]:
    return tuple(max(7.5, size * scale * part) for part in (1, 0.93, 0.86, 0.8, 0.72))


def _picture(
    canvas: Canvas,
    context: CalendarContext,
    syringe: Syringe,
    volume: Volume,
    x: float,
    y: float,
    wide: float,
    scale: float,
) -> None:
    words = context.words
    top, high = y + 22 * scale, 17 * scale
    left = x + 12 * scale
    barrel = wide - 12 * scale - 32 * scale
    unit = barrel / syringe.holds.microlitres
    at = left + volume.microlitres * unit
    canvas.box(x, top + high * 0.3, 12 * scale, high * 0.4, thick=0.8)
    canvas.box(left, top, at - left, high, thick=0, fill=0.82)
    canvas.box(left, top, barrel, high, thick=1)
    canvas.rule(left + barrel, top + high / 2, left + wide - 14 * scale, top + high / 2, 1)
    end = left + wide - 14 * scale
    canvas.rule(at, top + high / 2, end, top + high / 2, 0.8)
    canvas.rule(end, top, end, top + high, 2.4)
    number = syringe.number.microlitres
    widest = max(width(words.number(syringe.holds.text), REGULAR, max(7.5, 8.5 * scale)), 14 * scale)
    while unit * number < widest + 2 and number * 2 < syringe.holds.microlitres:
        # Numbers must not touch: a short barrel has only every second one.
        number *= 2
    for mark in range(0, syringe.holds.microlitres + 1, syringe.mark.microlitres):
        numbered = mark % number == 0
        long = high * (0.55 if numbered else 0.32)
        canvas.rule(left + mark * unit, top, left + mark * unit, top + long, 0.8 if numbered else 0.4)
        if numbered:
            text = words.number(Volume(mark).text)
            canvas.text(
                left + mark * unit, top + high + 9.5 * scale, text, max(7.5, 8.5 * scale), align="centre"
            )
    canvas.box(at - 1.4, top - 1.5, 2.8, high + 3, thick=0, fill=0.0)
    canvas.rule(at, top - 6 * scale, at, top, 0.8)
    value = words.ml(volume)
    size = 10.5 * scale
    half = width(value, REGULAR, size) / 2 + 2
    canvas.text(
        min(max(at, x + half), x + wide - half), top - 9 * scale, value, size, bold=True, align="centre"
    )
