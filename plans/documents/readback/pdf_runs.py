"""What a finished PDF shows: texts with their places, filled rectangles, and where forms were placed.

Written apart from the drawing code, on pypdf's reader of objects, so that a fault in drawing is not repeated in
reading. Reads what these documents use (text, matrices, rectangles, forms) and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from pypdf import PdfReader
from pypdf.generic import ContentStream

from plans.documents.readback.operators import operations
from plans.documents.readback.signs import Sign, SignEye

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Final[Matrix] = (1, 0, 0, 1, 0, 0)
_RANGE: Final = re.compile(rb"<([0-9A-Fa-f]+)> *<([0-9A-Fa-f]+)> *<([0-9A-Fa-f]+)>")
_LIST: Final = re.compile(rb"<([0-9A-Fa-f]+)> *<([0-9A-Fa-f]+)> *\[([^\]]*)\]")
_CHAR: Final = re.compile(rb"<([0-9A-Fa-f]+)> *<([0-9A-Fa-f]+)>")
UNKNOWN: Final = "\ufffd"


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


@dataclass(frozen=True, slots=True)
class Run:
    """One drawn text: its start x and baseline y in points from the lower left, its size, and whether it is bold."""

    text: str
    x: float
    y: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, x and y its lower left corner."""

    x: float
    y: float
    wide: float
    high: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside or on the edge."""
        return self.x - 0.5 <= x <= self.x + self.wide + 0.5 and self.y - 0.5 <= y <= self.y + self.high + 0.5


@dataclass(slots=True)
class Placed:
    """A form as it was placed on a page: its box there, the texts in it, and the tablets drawn in it."""

    box: Box
    runs: list[Run]
    signs: list[Sign]


@dataclass(slots=True)
class Shown:
    """Everything one page shows. `runs` holds the page's own texts; those of forms are in `forms`."""

    width: float
    height: float
    runs: list[Run] = field(default_factory=list)
    rects: list[Box] = field(default_factory=list)
    forms: list[Placed] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)

    def all_runs(self) -> Iterator[Run]:
        """The page's own texts and those of its forms."""
        yield from self.runs
        for form in self.forms:
            yield from form.runs


def plain(text: str) -> str:
    """A text as it is found on paper: ReportLab writes a no-break space as an ordinary one."""
    return text.replace("\u00a0", " ")


class Unreadable(Exception):
    """The bytes are no PDF that these documents could have become."""


def read_pages(pdf: bytes) -> list[Shown]:
    """All pages of a PDF. Raises Unreadable, whatever the damage was."""
    try:
        reader = PdfReader(BytesIO(pdf), strict=True)
        eye = _Eye(reader)
        return [eye.page(page) for page in reader.pages]
    except Exception as damage:  # pypdf raises every kind of error on damaged bytes
        raise Unreadable(type(damage).__name__) from damage


class _Eye:
    """Reads pages; fonts and forms are parsed once a document."""

    def __init__(self, reader: PdfReader) -> None:
        self.reader = reader
        self._fonts: dict[int, tuple[dict[int, str], bool]] = {}
        self._forms: dict[int, tuple[Shown, Box]] = {}

    def page(self, page: Any) -> Shown:
        box = page.mediabox
        shown = Shown(float(box.width), float(box.height))
        self._run(page.get_contents(), page["/Resources"], shown)
        return shown

    def _run(self, stream: Any, resources: Any, shown: Shown) -> None:
        ctm, stack = IDENTITY, []
        line: Matrix = IDENTITY
        font: tuple[dict[int, str], bool] = ({}, False)
        size, text = 0.0, ""

        def ended() -> None:
            if text:
                a, _, _, _, x, y = _times(line, ctm)
                shown.runs.append(Run(text, x, y, size * a, font[1]))

        content = stream if isinstance(stream, ContentStream) else ContentStream(stream, self.reader)
        signs = SignEye()
        for operands, operator in operations(content.get_data()):
            signs.see(operator, operands)
            if operator == b"q":
                stack.append(ctm)
            elif operator == b"Q":
                ctm = stack.pop()
            elif operator == b"cm":
                ctm = _times(_matrix(operands), ctm)
            elif operator == b"BT":
                line, text = IDENTITY, ""
            elif operator == b"Tm":
                ended()
                line, text = _matrix(operands), ""
            elif operator == b"Tf":
                font, size = self._font(resources, operands[0]), float(operands[1])
            elif operator == b"Tj":
                text += self._decoded(operands[0], font[0])
            elif operator == b"ET":
                ended()
                text = ""
            elif operator == b"re":
                shown.rects.append(_box(ctm, *map(float, operands)))
            elif operator == b"Do":
                self._placed(resources, operands[0], ctm, shown)
            elif operator in (b"TJ", b"'", b'"', b"Td", b"TD", b"BI"):
                raise Unreadable(operator.decode())
        shown.signs += signs.found

    def _font(self, resources: Any, name: Any) -> tuple[dict[int, str], bool]:
        found = resources["/Font"].raw_get(name)
        key = getattr(found, "idnum", id(found))
        if key not in self._fonts:
            font = found.get_object()
            base = str(font["/BaseFont"])
            table = _unicode_table(font["/ToUnicode"].get_data()) if "/ToUnicode" in font else {}
            self._fonts[key] = (table, base.endswith("Bold"))
        return self._fonts[key]

    @staticmethod
    def _decoded(raw: Any, table: dict[int, str]) -> str:
        return "".join(table.get(code, UNKNOWN) for code in raw)

    def _placed(self, resources: Any, name: Any, ctm: Matrix, shown: Shown) -> None:
        found = resources["/XObject"].raw_get(name)
        form = found.get_object()
        if form["/Subtype"] != "/Form":
            raise Unreadable("image")
        if found.idnum not in self._forms:
            x1, y1, x2, y2 = map(float, form["/BBox"])
            inner = Shown(x2 - x1, y2 - y1)
            self._run(form, form["/Resources"], inner)
            if "/Matrix" in form and _matrix(form["/Matrix"]) != IDENTITY:
                raise Unreadable("matrix")
            self._forms[found.idnum] = (inner, Box(x1, y1, x2 - x1, y2 - y1))
        inner, box = self._forms[found.idnum]
        runs = [_moved(run, ctm) for run in inner.runs]
        shown.forms.append(Placed(_box(ctm, box.x, box.y, box.wide, box.high), runs, inner.signs))
        shown.rects.extend(_box(ctm, rect.x, rect.y, rect.wide, rect.high) for rect in inner.rects)


def _matrix(operands: Any) -> Matrix:
    a, b, c, d, e, f = map(float, operands)
    return (a, b, c, d, e, f)


def _box(ctm: Matrix, x: float, y: float, wide: float, high: float) -> Box:
    if ctm[1] or ctm[2]:
        raise Unreadable("turned")
    return Box(x * ctm[0] + ctm[4], y * ctm[3] + ctm[5], wide * ctm[0], high * ctm[3])


def _moved(run: Run, ctm: Matrix) -> Run:
    return Run(run.text, run.x * ctm[0] + ctm[4], run.y * ctm[3] + ctm[5], run.size * ctm[0], run.bold)


def _unicode_table(cmap: bytes) -> dict[int, str]:
    """Code → text of a ToUnicode map: ranges with a start, ranges with a list, single characters."""
    table: dict[int, str] = {}
    for section in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, start in _RANGE.findall(section):
            for n, code in enumerate(range(int(first, 16), int(last, 16) + 1)):
                table[code] = chr(int(start, 16) + n)
        for first, _, items in _LIST.findall(section):
            for n, item in enumerate(re.findall(rb"<([0-9A-Fa-f]+)>", items)):
                table[int(first, 16) + n] = bytes.fromhex(item.decode()).decode("utf-16-be")
    for section in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, item in _CHAR.findall(section):
            table[int(code, 16)] = bytes.fromhex(item.decode()).decode("utf-16-be")
    return table
