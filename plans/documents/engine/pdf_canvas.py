"""ReportLab's canvas with a short way for what a calendar repeats by the hundred: a text, a line, a form.

A text object, a graphics state and a dictionary of resources for each of them cost more than drawing the page. Here a
text is split into the font's subsets once a document, and a form is its bytes and a head.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reportlab.lib.rl_accel import escapePDF, fp_str
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import BasicFonts, PDFObject, PDFObjectReference, xObjectName
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas


class _Form(PDFObject):
    """A form that writes itself: every form uses the document's one dictionary of fonts."""

    __RefOnly__ = 1

    def __init__(self, wide: float, high: float, code: list[str], placed: list[str]) -> None:
        self.box = fp_str(wide, high)
        self.code = "\n".join(code)
        self.placed = dict.fromkeys(placed)

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


class PdfCanvas(Canvas):
    """A canvas that writes texts and forms straight into its code; all places are in its own coordinates."""

    # The stubs of ReportLab know nothing of what a canvas keeps its code in.
    _code: list[str]
    _formsinuse: list[str]
    _doc: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._recorded: dict[str, str] = {}

    def _chunks(self, text: str, face: str) -> list[tuple[str, str]]:
        """A text as the font's subsets hold it: (name of the subset, escaped bytes)."""
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
        """One line of text with its baseline at y."""
        code, name = [f"BT 1 0 0 1 {fp_str(x, y)} Tm"], ""
        for subset, chunk in self._chunks(text, face):
            if subset != name:
                code.append(f"{subset} {fp_str(size)} Tf")
                name = subset
            code.append(f"({chunk}) Tj")
        shown = " ".join((*code, "ET"))
        self._code.append(f"1 g {shown} 0 g" if white else shown)

    def show_many(self, texts: list[tuple[float, float, str]], face: str, size: float) -> None:
        """Short texts of one face and size, (x, y, text) each."""
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
        """What is drawn meanwhile goes into lists of its own: the code, and the names of the forms it places."""
        kept = self._code, self._formsinuse
        self._code, self._formsinuse = [], []
        try:
            yield self._code, self._formsinuse
        finally:
            self._code, self._formsinuse = kept

    @contextmanager
    def form(self, name: str, wide: float, high: float) -> Iterator[None]:
        """Draw a form instead of the page; `place` puts it where it is wanted."""
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
        """Keep what is drawn meanwhile for `repeat`: for small signs, where a form would weigh more than they do."""
        with self._aside() as (code, _):
            yield
        self._recorded[name] = " ".join(code)

    def repeat(self, name: str, x: float, y: float) -> None:
        """Draw what was recorded, its origin at x, y."""
        self._code.append(f"q 1 0 0 1 {fp_str(x, y)} cm {self._recorded[name]} Q")
