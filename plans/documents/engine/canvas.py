"""The canvas: counts y from the top, on a ReportLab canvas with shortcuts.

`Canvas` is a page or a form and draws plain strings, rules and boxes. `PdfCanvas` is the document under it. ReportLab's
text object, graphics state and resource dictionary for each text, line and form would cost more than drawing the page,
so a text is split into the font's subsets once per document, and a form is written as bytes with a header.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from reportlab.lib.rl_accel import escapePDF, fp_str
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import BasicFonts, PDFObject, PDFObjectReference, xObjectName
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas as reportlab_canvas

from plans.documents.engine.fonts import BOLD, REGULAR, width


class _Form(PDFObject):
    """A form that writes itself, using the document's single font dictionary."""

    __RefOnly__ = 1

    def __init__(self, wide: float, high: float, code: list[str], placed: list[str]) -> None:
        self.box = fp_str(wide, high)
        self.code = "\n".join(code)
        self.placed = dict.fromkeys(placed)

    # Any: a ReportLab document, whose parts are not typed.
    def format(self, document: Any) -> bytes:
        """The form as it stands in the file."""
        fonts = PDFObjectReference(BasicFonts).format(document).decode()
        inside = "".join(
            f" /{xObjectName(name)} {PDFObjectReference(xObjectName(name)).format(document).decode()}"
            for name in self.placed
        )
        more = f" /XObject <<{inside} >>" if inside else ""
        content = zlib.compress(self.code.encode("latin-1"))
        head = (
            f"<< /Type /XObject /Subtype /Form /BBox [ 0 0 {self.box} ]"
            f" /Resources << /Font {fonts} /ProcSet [ /PDF /Text ]{more} >>"
            f" /Filter /FlateDecode /Length {len(content)} >>\nstream\n"
        )
        return head.encode() + content + b"\nendstream\n"


class PdfCanvas(reportlab_canvas.Canvas):
    """A canvas that writes texts and forms straight into its content stream; all places are in PDF coordinates."""

    # ReportLab's stubs do not declare the list that holds a canvas's code.
    _code: list[str]
    _formsinuse: list[str]
    # Any: as above.
    _doc: Any

    # Any: the arguments of ReportLab's canvas.
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._recorded: dict[str, str] = {}

    def _chunks(self, text: str, face: str) -> list[tuple[str, str]]:
        """A text in the font's subsets: (name of the subset, escaped bytes)."""
        found = self._shown.get((text, face))
        if found is None:
            font = pdfmetrics.getFont(face)
            assert isinstance(font, TTFont)  # noqa: S101 - `fonts.register` registers nothing else
            found = [
                (font.getSubsetInternalName(subset, self._doc), escapePDF(chunk))
                for subset, chunk in font.splitString(text, self._doc)
            ]
            self._shown[text, face] = found
        return found

    def show(self, x: float, y: float, text: str, face: str, size: float, *, white: bool = False) -> None:
        """Draw one line of text with its baseline at y."""
        code, name = [f"BT 1 0 0 1 {fp_str(x, y)} Tm"], ""
        for subset, chunk in self._chunks(text, face):
            if subset != name:
                code.append(f"{subset} {fp_str(size)} Tf")
                name = subset
            code.append(f"({chunk}) Tj")
        shown = " ".join((*code, "ET"))
        self._code.append(f"1 g {shown} 0 g" if white else shown)

    def show_many(self, texts: list[tuple[float, float, str]], face: str, size: float) -> None:
        """Draw short texts of one face and size, (x, y, text) each."""
        code, name = ["BT"], ""
        for x, y, text in texts:
            code.append(f"1 0 0 1 {fp_str(x, y)} Tm")
            for subset, chunk in self._chunks(text, face):
                if subset != name:
                    code.append(f"{subset} {fp_str(size)} Tf")
                    name = subset
                code.append(f"({chunk}) Tj")
        self._code.append(" ".join((*code, "ET")))

    @contextmanager
    def _aside(self) -> Iterator[tuple[list[str], list[str]]]:
        """Collect what is drawn meanwhile: its code, and the names of the forms it places."""
        kept = self._code, self._formsinuse
        self._code, self._formsinuse = [], []
        try:
            yield self._code, self._formsinuse
        finally:
            self._code, self._formsinuse = kept

    @contextmanager
    def form(self, name: str, wide: float, high: float) -> Iterator[None]:
        """Draw on a form instead of the page; `place` puts it on pages."""
        with self._aside() as (code, placed):
            yield
        self._doc.Reference(_Form(wide, high, code, placed), xObjectName(name))

    def place(self, name: str, x: float, y: float) -> None:
        """Place a form with its lower left corner at x, y."""
        self._code.append(f"q 1 0 0 1 {fp_str(x, y)} cm /{xObjectName(name)} Do Q")
        self._formsinuse.append(name)

    def is_recorded(self, name: str) -> bool:
        """Whether `recorded` has drawings under a name."""
        return name in self._recorded

    @contextmanager
    def recorded(self, name: str) -> Iterator[None]:
        """Record what is drawn meanwhile for `repeat`: for small signs, smaller than a form's overhead."""
        with self._aside() as (code, _):
            yield
        self._recorded[name] = " ".join(code)

    def repeat(self, name: str, x: float, y: float) -> None:
        """Draw what was recorded, its origin at x, y."""
        self._code.append(f"q 1 0 0 1 {fp_str(x, y)} cm {self._recorded[name]} Q")


GREY: Final = 0.92


class Canvas:
    """Draws on one surface (a page or a form) `height` points high. All measures are in points, with y downwards."""

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
        """Draw the background of a held day: grey, or a dashed frame to save ink."""
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
        """Draw on a form that `place` repeats: a cell is drawn once and placed thirty times."""
        with self.pdf.form(name, wide, high):
            yield Canvas(self.pdf, high)

    def stamp_once(
        self, name: str, wide: float, high: float, x: float, y: float, draw: Callable[[Canvas], None]
    ) -> None:
        """Place a form at x, y, drawing it when it is first needed on any page or form."""
        if not self.pdf.hasForm(name):
            with self.form(name, wide, high) as surface:
                draw(surface)
        self.place(name, x, y, high)

    def sign(self, name: str, x: float, y: float, draw: Callable[[Canvas], None]) -> None:
        """Repeat a small drawing with its origin at x, y, recording it when it is first needed."""
        if not self.pdf.is_recorded(name):
            with self.pdf.recorded(name):
                draw(Canvas(self.pdf, 0))
        self.pdf.repeat(name, x, self.height - y)

    def place(self, name: str, x: float, y: float, high: float) -> None:
        """Place a form of height `high` with its upper left corner at x, y."""
        self.pdf.place(name, x, self.height - y - high)
