"""Signs: pieces of tablets, tick boxes, triangles and bars. What is to be taken is solid.

A drawing shows counts and distinguishes products; it does not show their real shape. The second product is a diamond
because a square looks like a tick box. No two products of a plan share an outline; one beyond the last outline is in
words only.
"""

from __future__ import annotations

import math
from typing import Final

from plans.documents.engine.canvas import Canvas

# Control points of a quarter circle drawn as one Bézier curve.
_ARC = 0.5523


def piece(canvas: Canvas, x: float, y: float, size: float, product: int, quarters: int) -> None:
    """Draw a piece centred on x, y and `size` high: 4 (whole), 3, 2 or 1 quarters of the n-th product (0 is the first).

    `product` is less than KINDS.
    """
    name = f"piece-{product}-{quarters}-{size:.2f}"
    canvas.sign(name, x, y, lambda p: _piece(p, 0, size, product, quarters))


def _piece(canvas: Canvas, middle: float, size: float, product: int, quarters: int) -> None:
    outline = _OUTLINES[product]
    pdf = canvas.pdf
    x = top = middle
    pdf.setLineWidth(max(0.5, size * 0.07))
    if quarters >= 4:
        outline(canvas, x, top, size, fill=1)
        return
    pdf.saveState()
    clip = pdf.beginPath()
    wide = size * 1.2
    if quarters in (2, 3):
        clip.rect(x - wide, top - size, wide, 2 * size)
    if quarters == 3:
        clip.rect(x, top, wide, size)
    if quarters == 1:
        clip.rect(x - wide, top, wide, size)
    pdf.clipPath(clip, stroke=0, fill=0)
    outline(canvas, x, top, size, fill=1)
    pdf.restoreState()
    pdf.setLineWidth(max(0.5, size * 0.07))
    outline(canvas, x, top, size, fill=0)
    pdf.line(x, top - size * 0.5, x, top + size * 0.5)


def _disc(canvas: Canvas, x: float, top: float, size: float, *, fill: int) -> None:
    canvas.pdf.circle(x, top, size / 2, stroke=1 - fill, fill=fill)


def _diamond(canvas: Canvas, x: float, top: float, size: float, *, fill: int) -> None:
    r = size * 0.56
    path = canvas.pdf.beginPath()
    path.moveTo(x, top + r)
    for px, py in ((x + r, top), (x, top - r), (x - r, top)):
        path.lineTo(px, py)
    path.close()
    canvas.pdf.drawPath(path, stroke=1 - fill, fill=fill)


def _oval(canvas: Canvas, x: float, top: float, size: float, *, fill: int) -> None:
    wide, high = size * 1.15, size * 0.5
    canvas.pdf.roundRect(x - wide / 2, top - high / 2, wide, high, high / 2, stroke=1 - fill, fill=fill)


def _capsule(canvas: Canvas, x: float, top: float, size: float, *, fill: int) -> None:
    wide, high = size * 0.45, size * 0.95
    canvas.pdf.roundRect(x - wide / 2, top - high / 2, wide, high, wide / 2, stroke=1 - fill, fill=fill)


def _polygon(canvas: Canvas, points: list[tuple[float, float]], *, fill: int) -> None:
    path = canvas.pdf.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.close()
    canvas.pdf.drawPath(path, stroke=1 - fill, fill=fill)


def _star(canvas: Canvas, x: float, top: float, size: float, *, fill: int) -> None:
    points = []
    for n in range(10):
        r, turn = size * (0.26 if n % 2 else 0.6), math.pi * (0.5 + n / 5)
        points.append((x + r * math.cos(turn), top - size * 0.05 + r * math.sin(turn)))
    _polygon(canvas, points, fill=fill)


def _hourglass(canvas: Canvas, x: float, top: float, size: float, *, fill: int) -> None:
    wide, high, waist = size * 0.45, size * 0.5, size * 0.1
    right = [(x + wide, top + high), (x + waist, top), (x + wide, top - high)]
    left = [(x - wide, top - high), (x - waist, top), (x - wide, top + high)]
    _polygon(canvas, right + left, fill=fill)


def _heart(canvas: Canvas, x: float, top: float, size: float, *, fill: int) -> None:
    wide, shoulder, notch, foot = size * 0.55, top + size * 0.14, top + size * 0.24, top - size * 0.52
    path = canvas.pdf.beginPath()
    path.moveTo(x, foot)
    path.lineTo(x + wide, shoulder)
    path.curveTo(x + wide, top + size * 0.62, x + size * 0.08, top + size * 0.62, x, notch)
    path.curveTo(x - size * 0.08, top + size * 0.62, x - wide, top + size * 0.62, x - wide, shoulder)
    path.close()
    canvas.pdf.drawPath(path, stroke=1 - fill, fill=fill)


def _house(canvas: Canvas, x: float, top: float, size: float, *, fill: int) -> None:
    wide, high, eaves = size * 0.4, size * 0.5, top + size * 0.02
    walls = [(x - wide, eaves), (x - wide, top - high), (x + wide, top - high), (x + wide, eaves)]
    _polygon(canvas, [*walls, (x, top + high)], fill=fill)


_OUTLINES = (_disc, _diamond, _oval, _capsule, _star, _hourglass, _heart, _house)
# The number of outlines.
KINDS: Final = len(_OUTLINES)


def triangle(canvas: Canvas, x: float, y: float, size: float, *, up: bool, white: bool = False) -> None:
    """Draw a solid triangle as high as a capital, with its left edge at x and its foot on the baseline y."""
    high = size * 0.72
    points = [(x, y), (x + size * 0.85, y), (x + size * 0.425, y - high)]
    if not up:
        points = [(px, y - high if py == y else y) for px, py in points]
    canvas.shape(points, fill=1.0 if white else 0.0)


def change(canvas: Canvas, x: float, y: float, size: float, mark: str, *, white: bool = False) -> None:
    """Draw the sign of a changed dose as high as a capital, with its left edge at x and its foot on the baseline y.

    `mark` is new_dose (a triangle pointing down), rise (one pointing up), switch (two pointing past each other) or
    spread (two lines of equal length: the same dose).
    """
    if mark == "switch":
        _past_each_other(canvas, x, y, size, white=white)
    elif mark == "spread":
        for up in (0.12, 0.46):
            canvas.box(x, y - size * (up + 0.2), size * 0.85, size * 0.2, thick=0, fill=1.0 if white else 0.0)
    else:
        triangle(canvas, x, y, size, up=mark == "rise", white=white)


def _past_each_other(canvas: Canvas, x: float, y: float, size: float, *, white: bool) -> None:
    """One small triangle to the right above one to the left."""
    wide, high, ink = size * 0.85, size * 0.34, 1.0 if white else 0.0
    top, middle = y - size * 0.74, y - size * 0.38
    canvas.shape([(x, top), (x + wide, top + high / 2), (x, top + high)], fill=ink)
    canvas.shape([(x + wide, middle), (x, middle + high / 2), (x + wide, middle + high)], fill=ink)


def bars(canvas: Canvas, x: float, y: float, size: float) -> None:
    """Two upright bars, the sign of a hold, on the baseline y."""
    high, wide = size * 0.78, size * 0.24
    for left in (x, x + wide * 1.9):
        canvas.box(left, y - high, wide, high, thick=0, fill=0.0)


def square(canvas: Canvas, x: float, y: float, size: float, *, white: bool = False) -> None:
    """A solid square, the sign of the last day, on the baseline y."""
    side = size * 0.72
    canvas.box(x, y - side, side, side, thick=0, fill=1.0 if white else 0.0)
