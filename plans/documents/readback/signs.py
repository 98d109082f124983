"""Recognises drawn signs in a page's operators: a tablet's product by its outline, its part by what is clipped away.

Knows nothing of the drawing code: a disc is four curves, a diamond three lines that close, a star nine; an oval has
both and lies, a capsule stands; a half is what one tall rectangle leaves, a quarter what a square one leaves, three
quarters two of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from plans.domain.documents.facts import CalendarFacts
from plans.domain.taper.products import Take

Sign = tuple[str, int]
OUTLINES: Final = ("disc", "diamond", "oval", "capsule", "star", "hourglass", "heart", "house")
# Lines of the outlines without a curve; the last one closes by itself.
_ANGULAR: Final = {3: "diamond", 9: "star", 5: "hourglass", 4: "house"}
# Whole tablets of one piece that are drawn one by one; more share one drawing and are counted in words.
_DRAWN: Final = 2


@dataclass(slots=True)
class _Frame:
    moved: bool = False
    text: bool = False
    curves: int = 0
    lines: int = 0
    fills: int = 0
    pending: list[tuple[float, float]] = field(default_factory=list)
    clips: list[tuple[float, float]] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)

    def sign(self) -> Sign | None:
        """The sign this frame drew: one filled outline, perhaps clipped, and no text."""
        if not self.moved or self.text or self.fills != 1:
            return None
        # A part is drawn twice (solid, then outlined) and has the line it is cut along.
        part = bool(self.clips)
        curves, lines = (self.curves // 2, (self.lines - 1) // 2) if part else (self.curves, self.lines)
        outline = self._outline(curves, lines)
        if not outline:
            return None
        tall = [high > 1.2 * wide for wide, high in self.clips]
        quarters = {(): 4, (True,): 2, (False,): 1}.get(tuple(tall), 3)
        return outline, quarters

    def _outline(self, curves: int, lines: int) -> str:
        if not curves:
            return _ANGULAR.get(lines, "")
        if curves == 4 and lines:
            across, up = ([point[n] for point in self.points] for n in (0, 1))
            return "oval" if max(across) - min(across) > max(up) - min(up) else "capsule"
        return {(4, 0): "disc", (2, 1): "heart"}.get((curves, lines), "")


class SignEye:
    """Fed with every operator of a page or form in order; `found` are the signs."""

    def __init__(self) -> None:
        self.found: list[Sign] = []
        self._frames = [_Frame()]

    def see(self, operator: bytes, operands: Any) -> None:
        """Take in one operator."""
        frame = self._frames[-1]
        if operator == b"q":
            self._frames.append(_Frame())
        elif operator == b"Q" and len(self._frames) > 1:
            self._close()
        elif operator == b"cm":
            frame.moved = True
        elif operator == b"c":
            frame.curves += 1
            frame.points.append((float(operands[4]), float(operands[5])))
        elif operator in (b"l", b"m"):
            frame.lines += operator == b"l"
            frame.points.append((float(operands[0]), float(operands[1])))
        elif operator in (b"f", b"f*", b"B", b"F"):
            frame.fills += 1
        elif operator in (b"BT", b"Do"):
            frame.text = True
        elif operator == b"re":
            frame.pending.append((float(operands[2]), float(operands[3])))
        elif operator in (b"W", b"W*"):
            frame.clips, frame.pending = frame.pending, []

    def _close(self) -> None:
        frame = self._frames.pop()
        sign = frame.sign()
        if sign is not None:
            self.found.append(sign)
            return
        # A clip stands in a frame of its own inside the sign's.
        outer = self._frames[-1]
        outer.curves += frame.curves
        outer.lines += frame.lines
        outer.fills += frame.fills
        outer.text = outer.text or frame.text
        outer.clips = outer.clips + frame.clips
        outer.points = outer.points + frame.points


def wanted_signs(facts: CalendarFacts, pieces: list[Take]) -> Counter[Sign]:
    """The signs that must stand beside some pieces; a volume has none, nor has a product beyond the outlines."""
    solids = [product for product in facts.schedule.products_taken if not product.is_liquid]
    wanted: Counter[Sign] = Counter()
    for piece in pieces:
        if piece.volume is not None or solids.index(piece.product) >= len(OUTLINES):
            continue
        outline = OUTLINES[solids.index(piece.product)]
        whole = piece.quarters // 4
        wanted[outline, min(piece.quarters, 4)] += whole if 1 < whole <= _DRAWN else 1
    return wanted
