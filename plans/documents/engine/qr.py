"""The QR code to the status page: one vector path, error level M, with a quiet zone of four modules."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

from plans.documents.engine.canvas import Canvas

QUIET: Final = 4
# Version 4 at level M holds 62 bytes, enough for an address of 60.
_VERSION: Final = 4


@lru_cache(maxsize=64)
def modules(address: str) -> tuple[tuple[bool, ...], ...]:
    """The dark modules, row by row from the top, without the quiet zone: 33 by 33."""
    # The encoder is not typed.
    # Any: reportlab.graphics.barcode.qrencoder is not typed.
    code: Any = QRCode(_VERSION, QRErrorCorrectLevel.M)
    code.addData(address)
    code.make()
    count = code.getModuleCount()
    return tuple(tuple(bool(code.isDark(row, column)) for column in range(count)) for row in range(count))


def draw(canvas: Canvas, x: float, y: float, side: float, address: str) -> None:
    """Draw the code in a square of `side` points, quiet zone included, with its upper left corner at x, y; the path is
    written once per document."""
    canvas.stamp_once(f"code-{side:g}", side, side, x, y, lambda surface: _path(surface, side, address))


def _path(canvas: Canvas, side: float, address: str) -> None:
    x = y = 0.0
    rows = modules(address)
    unit = side / (len(rows) + 2 * QUIET)
    path = canvas.pdf.beginPath()
    for r, row in enumerate(rows):
        start = None
        for c, dark in enumerate((*row, False)):
            if dark and start is None:
                start = c
            elif not dark and start is not None:
                top = canvas.height - y - (QUIET + r + 1) * unit
                path.rect(x + (QUIET + start) * unit, top, (c - start) * unit, unit)
                start = None
    canvas.pdf.setFillGray(0)
    canvas.pdf.drawPath(path, stroke=0, fill=1)
