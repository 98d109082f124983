"""How to make each distinct dose: its milligrams, its drawings, its words."""

from __future__ import annotations

from dataclasses import dataclass

from plans.documents.fonts import REGULAR, width
from plans.documents.pen import Pen
from plans.documents.sheet import Sheet, one_line
from plans.documents.step_table import steps_shown
from plans.domain.amounts import Dose
from plans.domain.calendar import entries
from plans.domain.taper.products import Take

SIGN = 16.0
MOST_SIGNS = 4


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way a dose is made: the same milligrams made of other pieces are another recipe."""

    drug: str
    dose: Dose
    pieces: tuple[Take, ...]


def recipes(sheet: Sheet) -> list[Recipe]:
    """Every distinct dose of the shown steps, the largest first."""
    found = {
        Recipe(entry.slot.drug, entry.dose, entry.pieces)
        for step in steps_shown(sheet)
        for entry in entries(sheet.schedule, step)
        if entry.dose
    }
    order = sheet.schedule.drugs
    return sorted(
        found, key=lambda r: (order.index(r.drug), -r.dose.units, tuple(sheet.phrase(p) for p in r.pieces))
    )


def recipe_lines(sheet: Sheet, recipe: Recipe) -> list[str]:
    """ "one 0.5 mg tablet," / "half a 0.5 mg tablet" / "and one 0.125 mg wafer"."""
    phrases = [sheet.plain_phrase(piece) for piece in recipe.pieces]
    if len(phrases) == 1:
        return phrases
    lines = [phrases[0], sheet.words.say("and", first="", last=phrases[-1]).strip()]
    for middle in phrases[1:-1]:
        lines[-2] += ","
        lines.insert(-1, middle)
    return lines


def recipes_high(sheet: Sheet, some: list[Recipe], columns: int = 2) -> list[float]:
    """The least height of each row of recipes, two side by side."""
    count = -(-len(some) // columns)
    return [
        max(max(24.0, 11.8 * len(recipe_lines(sheet, recipe)) + 7) for recipe in some[n::count])
        for n in range(count)
    ]


def draw_recipes(
    pen: Pen, sheet: Sheet, some: list[Recipe], left: float, y: float, wide: float, highs: list[float]
) -> float:
    """Draw recipes in two columns read downwards, in a frame; returns the y under it."""
    count, half, top = len(highs), wide / 2, y
    for row, high in enumerate(highs):
        for column, recipe in enumerate(some[row::count]):
            _recipe(pen, sheet, recipe, left + column * half, y, half, high)
        y += high
        if row < count - 1:
            pen.rule(left, y, left + wide, y)
    pen.rule(left + half, top, left + half, y)
    pen.box(left, top, wide, y - top, thick=1)
    return y


def _recipe(pen: Pen, sheet: Sheet, recipe: Recipe, x: float, y: float, wide: float, high: float) -> None:
    middle = y + high / 2
    pen.text(x + 6, middle + 4.6, sheet.words.mg(recipe.dose), 13, bold=True)
    signs = x + 0.29 * wide
    at = signs
    room = wide - 0.29 * wide
    counted = sum(max(1, piece.quarters // 4) for piece in recipe.pieces)
    for piece in recipe.pieces:
        used = sheet.draw_piece(
            pen, at, middle, SIGN, piece, most=2 if counted > MOST_SIGNS else MOST_SIGNS, pitch=1.2
        )
        at += used + (SIGN * 0.25 if used else 0)
    lines = recipe_lines(sheet, recipe)
    widest = max(width(line, REGULAR, 10) for line in lines)
    text_x = min(max(at + 3, x + 0.57 * wide), max(at + 3, x + wide - 5 - widest))
    base = middle - 11.8 * (len(lines) - 1) / 2 + 3.5
    for line in lines:
        one_line(
            pen, text_x, base, line, (10, 9.5, 9, 8.5, 8, 7.5), min(room, x + wide - 3 - text_x), "recipe"
        )
        base += 11.8
