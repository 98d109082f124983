"""Recipes: how to make each distinct dose, with milligrams, drawings and words."""

from __future__ import annotations

from dataclasses import dataclass

from plans.documents.calendar.context import CalendarContext
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import one_line
from plans.documents.engine.fonts import REGULAR, width
from plans.domain.amounts import Dose
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Take

SIGN = 16.0
MOST_SIGNS = 4
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


def fitted(context: CalendarContext, recipe: Recipe, wide: float) -> Fitted:
    """Fit a recipe with the largest signs and words that stand side by side in a column. Raises DoesNotFit."""
    for broken in (False, True):
        lines = recipe_lines(context, recipe, broken=broken)
        for sign in (SIGN, 12.0, 9.0):
            start = 0.29 * wide + _signs_wide(context, recipe, sign) + 3
            for size in (10.0, 9.5, 9.0, 8.5, 8.0, 7.5):
                widest = max(width(line, REGULAR, size) for line in lines)
                if start + widest <= wide - 4:
                    return Fitted(lines, size, max(start, min(0.57 * wide, wide - 5 - widest)), sign)
    raise DoesNotFit(what="recipe")


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


def columns_of(context: CalendarContext, some: list[Recipe], wide: float) -> int:
    """Two columns of recipes, or one if a recipe does not fit in half the width."""
    try:
        for recipe in some:
            fitted(context, recipe, wide / 2)
    except DoesNotFit:
        return 1
    return 2


def recipes_high(context: CalendarContext, some: list[Recipe], wide: float) -> list[float]:
    """The minimum height of each row of recipes at a width of `wide` points. Raises DoesNotFit."""
    columns = columns_of(context, some, wide)
    count = -(-len(some) // columns)
    each = wide / columns
    return [
        max(max(24.0, 11.8 * len(fitted(context, recipe, each).lines) + 7) for recipe in some[n::count])
        for n in range(count)
    ]


def draw_recipes(
    canvas: Canvas,
    context: CalendarContext,
    some: list[Recipe],
    left: float,
    y: float,
    wide: float,
    highs: list[float],
) -> float:
    """Draw recipes in columns read downwards, in a frame; returns the y under it."""
    columns, count, top = columns_of(context, some, wide), len(highs), y
    each = wide / columns
    for row, high in enumerate(highs):
        for column, recipe in enumerate(some[row::count]):
            _recipe(canvas, context, recipe, left + column * each, y, each, high)
        y += high
        if row < count - 1:
            canvas.rule(left, y, left + wide, y)
    if columns > 1:
        canvas.rule(left + each, top, left + each, y)
    canvas.box(left, top, wide, y - top, thick=1)
    return y


def _recipe(
    canvas: Canvas, context: CalendarContext, recipe: Recipe, x: float, y: float, wide: float, high: float
) -> None:
    middle, found = y + high / 2, fitted(context, recipe, wide)
    room = 0.29 * wide - 13
    one_line(
        canvas,
        x + 6,
        middle + 4.6,
        context.words.mg(recipe.dose),
        (13, 12, 11, 10),
        room,
        "recipe",
        bold=True,
    )
    at = x + 0.29 * wide
    for piece in recipe.pieces:
        used = context.draw_piece(canvas, at, middle, found.sign, piece, most=_counted(recipe), pitch=PITCH)
        at += used + (found.sign * 0.25 if used else 0)
    base = middle - 11.8 * (len(found.lines) - 1) / 2 + 3.5
    for line in found.lines:
        canvas.text(x + found.text_x, base, line, found.size)
        base += 11.8
