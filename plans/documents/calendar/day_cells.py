"""Cells of a list of days: what is taken at one time of day, each dose with its box, milligrams and drawn tablets.

A dose is one line, or more where its signs or words need them. With two drugs each dose has its drug's name, or the
name's beginning in a frame of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from plans.documents.calendar.context import CalendarContext
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.text import wrap
from plans.domain.amounts import NBSP
from plans.domain.documents.calendar import Entry
from plans.domain.documents.words import set_in_lines
from plans.domain.taper.products import Take

# From five whole ones of a kind on, one sign and their count in words.
MOST_DRAWN: Final = 4
PITCH: Final = 1.08


@dataclass(frozen=True, slots=True)
class ListSizes:
    """Sizes of a list of days."""

    number: float
    weekday: float
    dose: float
    words: float
    sign: float
    box: float
    lead: float
    pad: float
    marker: float
    heading: float
    recipe: float

    def scaled(self, by: float, leading: float = 1.0) -> ListSizes:
        """The same, larger, or set closer without smaller type; markers, headings and recipes stay."""
        return replace(
            self,
            number=self.number * by,
            weekday=self.weekday * by,
            dose=self.dose * by,
            words=self.words * by,
            sign=self.sign * by,
            box=self.box * by,
            lead=self.lead * by * leading,
            pad=self.pad * by * leading,
        )


@dataclass(frozen=True, slots=True)
class DoseItem:
    """A text, or the sign of a piece, with its width."""

    wide: float
    text: str = ""
    size: float = 0.0
    bold: bool = False
    piece: Take | None = None
    tag: int = -1


Line = tuple[DoseItem, ...]
# The gap between the items of a line, as a share of a sign.
_GAP: Final = 0.4


def _wide(line: Line, sizes: ListSizes) -> float:
    return sum(item.wide for item in line) + sizes.sign * _GAP * max(0, len(line) - 1)


class DoseLines:
    """Breaks the doses of a cell into lines no wider than `room` and draws them. `tags` are the drugs' names or their
    beginnings, nothing for a single drug."""

    def __init__(self, context: CalendarContext, sizes: ListSizes, room: float, tags: dict[str, str]) -> None:
        self.context, self.words, self.sizes, self.room, self.tags = context, context.words, sizes, room, tags
        self.order = list(tags)
        self.framed = any(tags[drug] != drug for drug in tags)
        self._made: dict[Entry, tuple[Line, ...] | None] = {}

    def lines(self, entry: Entry) -> tuple[Line, ...] | None:
        """The lines of a dose; None if a text is wider than the room."""
        if entry not in self._made:
            self._made[entry] = self._lines(entry)
        return self._made[entry]

    @property
    def indent(self) -> float:
        """The width of a tick box with the gap after it."""
        return self.sizes.box + 3.5

    def box_line(self, entry: Entry) -> int:
        """The line with the tick box: in a narrow column under the drug's name, or under the milligrams."""
        lines = self.lines(entry) or ((),)
        first = 1 if len(lines) > 1 and len(lines[0]) == 1 and lines[0][0].tag >= 0 else 0
        # Without a dose there is no box, and nothing needs room for one.
        return next((n for n in range(first, len(lines)) if self._fits(lines[n])), len(lines))

    def _fits(self, line: Line) -> bool:
        """Whether a line fits beside a tick box."""
        return _wide(line, self.sizes) <= self.room - self.indent

    def _lines(self, entry: Entry) -> tuple[Line, ...] | None:
        sizes = self.sizes
        head = [self._tag(entry.slot.drug)] if self.tags else []
        if not entry.dose:
            return self._wrapped([*head, self._text(self.words.say("no_dose"), sizes.words)], [])
        measured = self.context.measured(entry)
        volume = entry.pieces[0].volume if measured else None
        if volume is not None:
            head.append(self._text(self.words.ml(volume), sizes.dose, bold=True))
            return self._wrapped(head, [self._text(self.words.mg(entry.dose), sizes.words)])
        head.append(self._text(self.words.mg(entry.dose), sizes.dose, bold=True))
        signs: list[DoseItem] = []
        said: list[Line] = []
        for piece in entry.pieces:
            if self.context.signed(piece):
                signs += self._signs(piece)
                continue
            broken = self._broken(self.context.phrase(piece), self.room - self.indent)
            if broken is None:
                return None
            said += [(self._text(text, sizes.words),) for text in broken]
        made = self._wrapped(head, signs)
        return None if made is None else (*made, *said)

    def _broken(self, phrase: str, room: float) -> list[str] | None:
        held = phrase.replace(" mL", f"{NBSP}mL").split("|")
        wrapped = [line for part in held for line in wrap(part, REGULAR, self.sizes.words, room)]
        for lines in (*map(list, set_in_lines(phrase)), wrapped):
            if all(width(line, REGULAR, self.sizes.words) <= room for line in lines):
                return lines
        return None

    @staticmethod
    def _text(text: str, size: float, *, bold: bool = False) -> DoseItem:
        return DoseItem(width(text, BOLD if bold else REGULAR, size), text, size, bold)

    def _tag(self, drug: str) -> DoseItem:
        text, size = self.tags[drug], self.sizes.words
        wide = width(text, BOLD, size) + (7 if self.framed else 0)
        return DoseItem(wide, text, size, bold=True, tag=self.order.index(drug))

    def _signs(self, piece: Take) -> list[DoseItem]:
        count, size = max(1, piece.quarters // 4), self.sizes.sign
        if count <= MOST_DRAWN:
            return [DoseItem(size * (1 + PITCH * (count - 1)), piece=piece)]
        # The count and its sign are one item: they never part.
        word = self.words.numbers[count] if count < len(self.words.numbers) else ""
        wide = width(word, REGULAR, self.sizes.words)
        return [DoseItem(wide + 3 + size, word, self.sizes.words, piece=piece)]

    def _wrapped(self, head: list[DoseItem], rest: list[DoseItem]) -> tuple[Line, ...] | None:
        """A head that is never broken, and what follows it on the same line or the next ones."""
        lines: list[Line] = [tuple(head)]
        if _wide(lines[0], self.sizes) > self.room:
            lines = [(item,) for item in head]
        for item in rest:
            longer = (*lines[-1], item)
            if self._fits(longer):
                lines[-1] = longer
            else:
                lines.append((item,))
        # The head may take the place of the box, which then stands on a line under it.
        free = len(head) if len(lines) > 1 else 0
        good = all(_wide(line, self.sizes) <= self.room for line in lines[:free])
        return tuple(lines) if good and all(map(self._fits, lines[free:])) else None

    def draw(self, canvas: Canvas, x: float, base: float, entry: Entry) -> float:
        """Draw a dose from its first baseline down; returns the next dose's baseline."""
        sizes, boxed = self.sizes, self.box_line(entry)
        for n, line in enumerate(self.lines(entry) or ()):
            if n == boxed and entry.dose:
                canvas.box(x, base - sizes.box * 0.86, sizes.box, sizes.box, thick=1, fill=1.0)
            at = x if n < boxed else x + self.indent
            for item in line:
                self._item(canvas, at, base, item, entry)
                at += item.wide + sizes.sign * _GAP
            base += sizes.lead
        return base

    def _item(self, canvas: Canvas, x: float, base: float, item: DoseItem, entry: Entry) -> None:
        sizes = self.sizes
        if item.piece is not None:
            if item.text:
                x += canvas.text(x, base, item.text, item.size) + 3
            middle = base - sizes.dose * 0.34
            self.context.draw_piece(canvas, x, middle, sizes.sign, item.piece, most=MOST_DRAWN, pitch=PITCH)
        elif item.tag >= 0:
            self._draw_tag(canvas, x, base, item)
        else:
            canvas.text(x, base, item.text, item.size, bold=item.bold)
            if entry.changed and item.size == (sizes.dose if entry.dose else sizes.words):
                canvas.rule(x, base + 2.2, x + item.wide, base + 2.2, 1.4)

    def _draw_tag(self, canvas: Canvas, x: float, base: float, item: DoseItem) -> None:
        """The first drug in a frame, the second white on black, the third in a double frame; names without any."""
        if not self.framed:
            canvas.text(x, base, item.text, item.size, bold=True)
            return
        top, high = base - item.size * 0.86, item.size * 1.1
        black = item.tag % 3 == 1 and not self.context.facts.low_ink
        canvas.box(x, top, item.wide, high, thick=0.9, fill=0.0 if black else 1.0)
        if item.tag % 3 == 2 or (item.tag % 3 == 1 and not black):
            canvas.box(x + 1.5, top + 1.5, item.wide - 3, high - 3, thick=0.5)
        canvas.text(x + 3.5, base, item.text, item.size, bold=True, white=black)
