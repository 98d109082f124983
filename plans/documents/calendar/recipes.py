"""Recipes: how to make each distinct dose, with milligrams, drawings and words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from plans.documents.calendar.context import CalendarContext
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.text import fits, wrap
from plans.domain.amounts import NBSP, Dose
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Take

# A space that holds words together, other than the one between a number and its unit.
_NOT_AT_UNIT: Final = re.compile(f"{NBSP}(?!m[gL])")
SIGN = 16.0
MOST_SIGNS = 4
LEAD, LARGE_LEAD = 11.8, 20.0
PITCH = 1.2


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to make a dose: the same milligrams made of other pieces are another recipe."""

    drug: str
    dose: Dose
    pieces: tuple[Take, ...]


def recipes(context: CalendarContext) -> list[Recipe]:
    """The recipes of the shown steps, the largest dose first."""
    found = {
        Recipe(entry.slot.drug, entry.dose, entry.pieces)
        for step in context.steps_shown
        for entry in context.steps.entries(step)
        if entry.dose
    }
    order = context.schedule.drugs
    return sorted(
        found, key=lambda r: (order.index(r.drug), -r.dose.units, tuple(context.phrase(p) for p in r.pieces))
    )


def recipe_lines(context: CalendarContext, recipe: Recipe, *, broken: bool = False) -> list[str]:
    """ "one 0.5 mg tablet," / "half a 0.5 mg tablet" / "and one 1 mg capsule"; `broken` also at the phrases' own
    break."""
    phrases = [context.named_phrase(piece) for piece in recipe.pieces]
    if not broken:
        phrases = [phrase.replace("|", " ") for phrase in phrases]
    lines = [f"{phrase}," for phrase in phrases[:-2]] + phrases[-2:]
    if len(phrases) > 1:
        lines[-1] = context.words.say("and", first="", last=phrases[-1]).strip()
    return [part for line in lines for part in line.split("|")]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A recipe measured for a column: its lines, their size and left edge, and the size of the signs."""

    lines: list[str]
    size: float
    text_x: float
    sign: float
    lead: float


_WORDS = (10.0, 9.5, 9.0, 8.5, 8.0, 7.5)
_LARGE_WORDS = (18.0, 17.0, 16.0)
_CLOSE_WORDS = (16.0, 15.0, 14.0)
_CLOSE = 1.5
_LARGE_SIGNS = (21.0, 17.0)
_DOSE = (13.0, 12.0, 11.0, 10.0)


def fitted(
    context: CalendarContext, recipe: Recipe, wide: float, *, scale: float = 1.0, wrapped: bool = True
) -> Fitted:
    """Fit a recipe with the largest signs and words that stand side by side in a column; `scale` is for large print,
    where `wrapped` also breaks words at any space. Raises DoesNotFit."""
    head = _head_wide(context, recipe, wide, scale)
    words = _WORDS if scale == 1 else _LARGE_WORDS if scale > _CLOSE else _CLOSE_WORDS
    for broken in (False, True):
        lines = recipe_lines(context, recipe, broken=broken)
        for sign in (SIGN, 12.0, 9.0) if scale == 1 else _LARGE_SIGNS:
            start = head + _signs_wide(context, recipe, sign) + 3
            for size in words:
                widest = max(width(line, REGULAR, size) for line in lines)
                if start + widest <= wide - 4:
                    at = max(start, min(0.57 * wide, wide - 5 - widest))
                    return Fitted(lines, size, at, sign, LEAD if scale == 1 else LARGE_LEAD)
    if scale > 1 and wrapped:
        return _in_words(context, recipe, wide, head, scale)
    raise DoesNotFit(what="recipe")


def _in_words(context: CalendarContext, recipe: Recipe, wide: float, head: float, scale: float) -> Fitted:
    """A recipe too long for its breaks, in large print: as many lines as it needs, a number with its unit."""
    sign, size = _LARGE_SIGNS[-1], 16.0 if scale > _CLOSE else 14.0
    start = head + _signs_wide(context, recipe, sign) + 3
    held = [_NOT_AT_UNIT.sub(" ", line) for line in recipe_lines(context, recipe, broken=True)]
    lines = [part for line in held for part in wrap(line, REGULAR, size, wide - 4 - start)]
    if not fits(lines, REGULAR, size, wide - 4 - start):
        raise DoesNotFit(what="recipe")
    return Fitted(lines, size, start, sign, LARGE_LEAD)


def _head_wide(context: CalendarContext, recipe: Recipe, wide: float, scale: float) -> float:
    """Where the signs begin: after the milligrams."""
    return max(
        0.29 * wide if scale == 1 else 0.0, width(context.words.mg(recipe.dose), BOLD, _DOSE[1] * scale) + 16
    )


def _counted(recipe: Recipe) -> int:
    """The number of signs: above MOST_SIGNS whole ones share one."""
    return MOST_SIGNS if sum(max(1, piece.quarters // 4) for piece in recipe.pieces) <= MOST_SIGNS else 1


def _signs_wide(context: CalendarContext, recipe: Recipe, sign: float) -> float:
    total = 0.0
    for piece in recipe.pieces:
        if context.signed(piece):
            count = piece.quarters // 4 if 4 < piece.quarters <= 4 * _counted(recipe) else 1
            total += sign * (1 + PITCH * (count - 1)) + sign * 0.25
    return total


def columns_of(context: CalendarContext, some: list[Recipe], wide: float, *, scale: float = 1.0) -> int:
    """Two columns of recipes, or one if a recipe does not fit in half the width or takes less room so."""
    one = sum(_highs(context, some, wide, 1, scale))
    try:
        return 2 if sum(_highs(context, some, wide, 2, scale)) <= one else 1
    except DoesNotFit:
        return 1


def recipes_high(
    context: CalendarContext, some: list[Recipe], wide: float, *, scale: float = 1.0
) -> list[float]:
    """The minimum height of each row of recipes at a width of `wide` points. Raises DoesNotFit."""
    return _highs(context, some, wide, columns_of(context, some, wide, scale=scale), scale)


def _highs(
    context: CalendarContext, some: list[Recipe], wide: float, columns: int, scale: float
) -> list[float]:
    count = -(-len(some) // columns)

    def high(recipe: Recipe) -> float:
        found = fitted(context, recipe, wide / columns, scale=scale, wrapped=columns == 1)
        return max(found.sign + 6, 24.0 if scale == 1 else 0.0, found.lead * len(found.lines) + 7)

    return [max(map(high, some[n::count])) for n in range(count)]


def draw_recipes(
    canvas: Canvas,
    context: CalendarContext,
    some: list[Recipe],
    left: float,
    y: float,
    wide: float,
    highs: list[float],
    *,
    name_of: str = "recipe",
    scale: float = 1.0,
) -> float:
    """Draw recipes in columns read downwards, in a frame; returns the y under it."""
    columns, count, top = columns_of(context, some, wide, scale=scale), len(highs), y
    each = wide / columns
    for row, high in enumerate(highs):
        for column, recipe in enumerate(some[row::count]):
            # A form of its own, by which reading back knows which words and signs belong together.
            name = f"{name_of}-{row}-{column}"
            with canvas.form(name, each, high) as surface:
                draw_recipe(surface, context, recipe, each, high, scale=scale)
            canvas.place(name, left + column * each, y, high)
        y += high
        if row < count - 1:
            canvas.rule(left, y, left + wide, y)
    if columns > 1:
        canvas.rule(left + each, top, left + each, y)
    canvas.box(left, top, wide, y - top, thick=1)
    return y


def draw_recipe(
    canvas: Canvas,
    context: CalendarContext,
    recipe: Recipe,
    wide: float,
    high: float,
    *,
    scale: float = 1.0,
) -> None:
    """Draw one recipe on a surface of wide × high points: milligrams, signs, words."""
    middle, found = high / 2, fitted(context, recipe, wide, scale=scale)
    head = _head_wide(context, recipe, wide, scale)
    sizes = tuple(size * scale for size in _DOSE)
    dose = context.words.mg(recipe.dose)
    one_line(canvas, 6, middle + 4.6 * scale, dose, sizes, head - 10, "recipe", bold=True)
    at = head
    for piece in recipe.pieces:
        used = context.draw_piece(canvas, at, middle, found.sign, piece, most=_counted(recipe), pitch=PITCH)
        at += used + (found.sign * 0.25 if used else 0)
    base = middle - found.lead * (len(found.lines) - 1) / 2 + 3.5 * scale
    for line in found.lines:
        canvas.text(found.text_x, base, line, found.size)
        base += found.lead
