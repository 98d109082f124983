"""A canvas that counts y from the top of its surface, over a ReportLab one. Text is drawn as plain strings alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from reportlab.lib.rl_accel import fp_str

from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.pdf_canvas import PdfCanvas

GREY: Final = 0.92


class Canvas:
    """Draws on one surface (a page or a form) `height` points high. All measures are points, y downwards."""

    def __init__(self, pdf: PdfCanvas, height: float) -> None:
        self.pdf = pdf
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
        self.pdf.show(x, self.height - y, text, face, size, white=white)
        return wide

    def stamps(self, texts: list[tuple[float, float, str]], size: float) -> None:
        """Many short bold texts of one size, (x, baseline y, text) each, in one text object: the dates of a month."""
        high = self.height
        self.pdf.show_many([(x, high - y, text) for x, y, text in texts], BOLD, size)

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
        high = self.height
        self.pdf.addLiteral(f"{fp_str(thick)} w {fp_str(x1, high - y1)} m {fp_str(x2, high - y2)} l S")

    def box(
        self, x: float, y: float, wide: float, high: float, *, thick: float = 0.5, fill: float | None = None
    ) -> None:
        """A rectangle with its upper left corner at x, y: outlined if `thick`, filled with a grey (0 is black)."""
        if fill is not None and thick:
            before, paint = f"{fp_str(fill)} g {fp_str(thick)} w ", " B 0 g"
        elif fill is not None:
            before, paint = f"{fp_str(fill)} g ", " f 0 g"
        else:
            before, paint = f"{fp_str(thick)} w ", " S"
        self.pdf.addLiteral(f"{before}{fp_str(x, self.height - y - high, wide, high)} re{paint}")

    def held(self, wide: float, high: float, *, inset: float, low_ink: bool) -> None:
        """What marks a day of a hold: grey all over, or, where ink is saved, a dashed line around it."""
        if not low_ink:
            self.box(0, 0, wide, high, thick=0, fill=GREY)
            return
        self.pdf.setDash(4, 2.5)
        self.box(inset, inset, wide - 2 * inset, high - 2 * inset, thick=1)
        self.pdf.setDash()

    def shape(self, points: list[tuple[float, float]], *, fill: float = 0.0) -> None:
        """A filled polygon."""
        (x, y), *rest = ((x, self.height - y) for x, y in points)
        lines = " ".join(f"{fp_str(px, py)} l" for px, py in rest)
        self.pdf.addLiteral(f"{fp_str(fill)} g {fp_str(x, y)} m {lines} h f 0 g")

    @contextmanager
    def form(self, name: str, wide: float, high: float) -> Iterator[Canvas]:
        """Draw on a surface of its own that `place` repeats: a cell is drawn once and placed thirty times."""
        with self.pdf.form(name, wide, high):
            yield Canvas(self.pdf, high)

    def stamp_once(
        self, name: str, wide: float, high: float, x: float, y: float, draw: Callable[[Canvas], None]
    ) -> None:
        """Place a form at x, y that is drawn when it is first needed, whatever page or form that is on."""
        if not self.pdf.hasForm(name):
            with self.form(name, wide, high) as surface:
                draw(surface)
        self.place(name, x, y, high)

    def sign(self, name: str, x: float, y: float, draw: Callable[[Canvas], None]) -> None:
        """Repeat a small drawing with its origin at x, y; it is worked out when it is first needed."""
        if not self.pdf.is_recorded(name):
            with self.pdf.recorded(name):
                draw(Canvas(self.pdf, 0))
        self.pdf.repeat(name, x, self.height - y)

    def place(self, name: str, x: float, y: float, high: float) -> None:
        """Place a form of height `high` with its upper left corner at x, y."""
        self.pdf.place(name, x, self.height - y - high)
