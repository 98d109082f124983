"""The markers of a marked day: a sign and a word, black on white for a hold or to save ink, else white on black.

A day may have two: what begins or is held on it, and that it is the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plans.documents.calendar.context import CalendarContext
from plans.documents.engine import signs
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.fonts import BOLD, width
from plans.domain.documents.calendar import DayMark
from plans.domain.documents.facts import DoesNotFit

# A mark with two meanings has two markers, at the head and at the foot of a cell.
_TWO: Final = {DayMark.SPREAD: ("spread_same", "spread_times")}
# The width of a sign before the words, as a share of the text size.
_SIGN: Final = 1.1


@dataclass(frozen=True, slots=True)
class DayMarker:
    """A measured marker: its words and their size, its height, and the padding at either end."""

    mark: DayMark
    words: str
    size: float
    high: float
    pad: float

    @property
    def wide(self) -> float:
        """The width of its sign and words."""
        return 2 * self.pad + self._sign + width(self.words, BOLD, self.size)

    @property
    def _sign(self) -> float:
        return 0.0 if self.mark is DayMark.START else self.size * _SIGN

    def draw(
        self, canvas: Canvas, left: float, top: float, *, low_ink: bool, wide: float | None = None
    ) -> None:
        """Draw it with its upper left corner at left, top; stretched to `wide` if that is given."""
        hollow = self.mark is DayMark.HOLD or low_ink
        box_wide = self.wide if wide is None else wide
        canvas.box(left, top, box_wide, self.high, thick=1 if hollow else 0, fill=1.0 if hollow else 0.0)
        x, foot = left + self.pad, top + self.high / 2 + self.size * 0.35
        if self.mark is DayMark.HOLD:
            signs.bars(canvas, x, foot, self.size)
        elif self.mark is DayMark.LAST_DAY:
            signs.square(canvas, x, foot, self.size, white=not hollow)
        elif self.mark is not DayMark.START:
            signs.change(canvas, x, foot, self.size, self.mark.value, white=not hollow)
        canvas.text(x + self._sign, foot, self.words, self.size, bold=True, white=not hollow)


def marker_keys(marks: Sequence[DayMark]) -> list[tuple[DayMark, str]]:
    """The markers of a day with the keys of their words: at most two, always including the last day's."""
    found = [(mark, key) for mark in marks for key in _TWO.get(mark, (mark.value,))]
    return [found[0], found[-1]] if len(found) > 2 else found


def day_marker(
    context: CalendarContext, mark: DayMark, key: str, size: float, high: float, pad: float
) -> DayMarker:
    """A marker at one size, with the words of a key."""
    return DayMarker(mark, context.words.say(key), size, high, pad)


def marker_within(
    context: CalendarContext,
    mark: DayMark,
    key: str,
    sizes: tuple[float, ...],
    high: float,
    pad: float,
    room: float,
) -> DayMarker:
    """A marker at the first size that fits. Raises DoesNotFit."""
    for size in sizes:
        found = day_marker(context, mark, key, size, high, pad)
        if found.wide <= room:
            return found
    raise DoesNotFit(what="tab")
