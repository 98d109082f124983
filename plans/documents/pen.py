"""A pen that counts y from the top of its surface, over a ReportLab canvas. Text is drawn as plain strings alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from reportlab.lib.rl_accel import fp_str
from reportlab.pdfgen.canvas import Canvas

from plans.documents.fonts import BOLD, REGULAR, width

GREY: Final = 0.92


class Pen:
    """Draws on one surface (a page or a form) `height` points high. All measures are points, y downwards."""

    def __init__(self, canvas: Canvas, height: float) -> None:
        self.canvas = canvas
        self.height = height

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        align: str = "left",
        white: bool = False,
    ) -> float:
        """Draw one line with its baseline at y; `align` says what x is: left, centre or right. Returns the width."""
        face = BOLD if bold else REGULAR
        wide = width(text, face, size)
        if align == "right":
            x -= wide
        elif align == "centre":
            x -= wide / 2
        canvas = self.canvas
        if white:
            canvas.setFillGray(1)
        # What drawString does, less the measuring of right-to-left text, which never comes this far.
        written = canvas.beginText(x, self.height - y)
        written.setFont(face, size)
        written.textOut(text)
        canvas.drawText(written)
        if white:
            canvas.setFillGray(0)
        return wide

    def stamps(self, texts: list[tuple[float, float, str]], size: float) -> None:
        """Many short bold texts of one size, (x, baseline y, text) each, in one text object: the dates of a month."""
        written = self.canvas.beginText()
        written.setFont(BOLD, size)
        for x, y, text in texts:
            written.setTextOrigin(x, self.height - y)
            written.textOut(text)
        self.canvas.drawText(written)

    def lines(
        self, x: float, y: float, lines: list[str], size: float, lead: float, *, bold: bool = False
    ) -> float:
        """Draw lines from the baseline y downwards; returns the baseline after the last."""
        for line in lines:
            if line:
                self.text(x, y, line, size, bold=bold)
            y += lead
        return y

    def rule(self, x1: float, y1: float, x2: float, y2: float, thick: float = 0.5) -> None:
        """A straight line."""
        self.canvas.setLineWidth(thick)
        self.canvas.line(x1, self.height - y1, x2, self.height - y2)

    def box(
        self, x: float, y: float, wide: float, high: float, *, thick: float = 0.5, fill: float | None = None
    ) -> None:
        """A rectangle with its upper left corner at x, y: outlined if `thick`, filled with a grey (0 is black)."""
        canvas = self.canvas
        if fill is not None:
            canvas.setFillGray(fill)
        if thick:
            canvas.setLineWidth(thick)
        canvas.rect(
            x, self.height - y - high, wide, high, stroke=1 if thick else 0, fill=0 if fill is None else 1
        )
        if fill is not None:
            canvas.setFillGray(0)

    def shape(self, points: list[tuple[float, float]], *, fill: float = 0.0) -> None:
        """A filled polygon."""
        path = self.canvas.beginPath()
        (x, y), *rest = points
        path.moveTo(x, self.height - y)
        for x, y in rest:
            path.lineTo(x, self.height - y)
        path.close()
        self.canvas.setFillGray(fill)
        self.canvas.drawPath(path, stroke=0, fill=1)
        self.canvas.setFillGray(0)

    @contextmanager
    def form(self, name: str, wide: float, high: float) -> Iterator[Pen]:
        """Draw on a surface of its own that `place` repeats: a cell is drawn once and placed thirty times."""
        self.canvas.beginForm(name, 0, 0, wide, high)
        yield Pen(self.canvas, high)
        self.canvas.endForm()

    def stamp_once(
        self, name: str, wide: float, high: float, x: float, y: float, draw: Callable[[Pen], None]
    ) -> None:
        """Place a form at x, y that is drawn when it is first needed, whatever page or form that is on."""
        if not self.canvas.hasForm(name):
            with self.form(name, wide, high) as surface:
                draw(surface)
        self.place(name, x, y, high)

    def place(self, name: str, x: float, y: float, high: float) -> None:
        """Place a form of height `high` with its upper left corner at x, y."""
        canvas = self.canvas
        canvas.addLiteral(f"q 1 0 0 1 {fp_str(x, self.height - y - high)} cm")
        canvas.doForm(name)
        canvas.addLiteral("Q")
