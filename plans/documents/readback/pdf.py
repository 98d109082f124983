"""What a finished PDF shows: texts with their places, filled rectangles, placed forms, and drawn tablets.

Independent of the drawing code, on pypdf's object reader, so that a fault in drawing is not repeated in reading. It
reads what these documents use (text, matrices, rectangles, forms) and no more. It parses page operators itself, because
pypdf's parser takes seven times as long, which would be most of reading back; tests compare the two.

A drawn tablet is recognised by its outline, its part by the clip: a disc is four curves, a diamond three lines and a
close, a star nine; an oval has both and is wide, a capsule is tall; a half is clipped by one tall rectangle, a quarter
by a square one, three quarters by two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, ClassVar, Final

from pypdf import PdfReader
from pypdf.generic import ContentStream

# Any: operands and resources as pypdf returns them; each operator's method knows their types.
PdfValue = Any

Operand = float | str | bytes
_TOKEN: Final = re.compile(
    rb"""[\0\t\n\f\r ]*(?:
    (?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?=[\0\t\n\f\r \[\]/(<]|$)
    | (?P<operator>[A-Za-z]+[*01]?|['"])(?=[\0\t\n\f\r \[\]/(<]|$)
    | /(?P<name>[^\0\t\n\f\r ()<>\[\]{}/%]*)
    | \((?P<string>(?:[^()\\]|\\.)*)\)
    | <(?P<hex>[0-9A-Fa-f\0\t\n\f\r ]*)>
    | (?P<bracket>[\[\]])
    )""",
    re.VERBOSE | re.DOTALL,
)
_BLANK: Final = re.compile(rb"[\0\t\n\f\r ]*")
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED: Final = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\r\n": b"",
    b"\n": b"",
    b"\r": b"",
}


class UnknownBytes(ValueError):
    """Bytes that are neither an operator nor an operand."""


def operations(data: bytes) -> Iterator[tuple[list[Operand], bytes]]:
    """Each operator with the operands before it: numbers as floats, names with their slash, strings as bytes.

    Members of an array follow one another. Raises UnknownBytes.
    """
    operands: list[Operand] = []
    match, at = _TOKEN.match, 0
    while found := match(data, at):
        at = found.end()
        kind = found.lastgroup
        if kind == "number":
            operands.append(float(found["number"]))
        elif kind == "operator":
            yield operands, found["operator"]
            operands = []
        elif kind == "name":
            operands.append("/" + found["name"].decode("ascii"))
        elif kind == "string":
            raw = found["string"]
            operands.append(_ESCAPE.sub(_unescaped, raw) if b"\\" in raw else raw)
        elif kind == "hex":
            digits = b"".join(found["hex"].split())
            operands.append(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()))
    if _BLANK.fullmatch(data, at) is None:
        raise UnknownBytes(f"at {at} of {len(data)}")


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1] in b"01234567":
        return bytes([int(code, 8) & 255])
    return _ESCAPED.get(code, code)


Sign = tuple[str, int]
OUTLINES: Final = ("disc", "diamond", "oval", "capsule", "star", "hourglass", "heart", "house")
# Line counts of the outlines without curves; closing adds the last line.
_ANGULAR: Final = {3: "diamond", 9: "star", 5: "hourglass", 4: "house"}


@dataclass(frozen=True, slots=True)
class DrawnSign:
    """A recognised sign and the middle of its left side: where its recording was placed."""

    sign: Sign
    x: float
    y: float


@dataclass(slots=True)
class _Frame:
    moved: bool = False
    at: tuple[float, float] = (0.0, 0.0)
    text: bool = False
    curves: int = 0
    lines: int = 0
    fills: int = 0
    pending: list[tuple[float, float]] = field(default_factory=list)
    clips: list[tuple[float, float]] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)

    def sign(self) -> Sign | None:
        """The sign that this graphics frame drew: one filled outline, perhaps clipped, and no text."""
        if not self.moved or self.text or self.fills != 1:
            return None
        # A part is drawn twice (solid, then outlined) with the line it is cut along.
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
    """Recognises signs in the OPERATORS of a page or form, fed in order; `drawn` are those found with their places."""

    OPERATORS: ClassVar[frozenset[bytes]] = frozenset(
        (b"q", b"Q", b"cm", b"c", b"l", b"m", b"f", b"f*", b"B", b"F", b"BT", b"Do", b"re", b"W", b"W*")
    )

    def __init__(self) -> None:
        self.found: list[Sign] = []
        self.drawn: list[DrawnSign] = []
        self._frames = [_Frame()]

    def see(self, operator: bytes, operands: PdfValue) -> None:
        """Process one operator."""
        frame = self._frames[-1]
        if operator == b"q":
            self._frames.append(_Frame())
        elif operator == b"Q" and len(self._frames) > 1:
            self._close()
        elif operator == b"cm":
            frame.moved, frame.at = True, (float(operands[4]), float(operands[5]))
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
            self.drawn.append(DrawnSign(sign, *frame.at))
            return
        # A clip has its own frame inside the sign's.
        outer = self._frames[-1]
        outer.curves += frame.curves
        outer.lines += frame.lines
        outer.fills += frame.fills
        outer.text = outer.text or frame.text
        outer.clips = outer.clips + frame.clips
        outer.points = outer.points + frame.points


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
class TextRun:
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
    """A placed form: its box on the page, its texts, and its drawn tablets."""

    box: Box
    runs: list[TextRun]
    signs: list[Sign]
    drawn: list[DrawnSign]


@dataclass(slots=True)
class Shown:
    """Everything on one page. `runs` are the page's own texts; those of forms are in `forms`."""

    width: float
    height: float
    runs: list[TextRun] = field(default_factory=list)
    rects: list[Box] = field(default_factory=list)
    forms: list[Placed] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    drawn: list[DrawnSign] = field(default_factory=list)

    def all_runs(self) -> Iterator[TextRun]:
        """The page's own texts and those of its forms."""
        yield from self.runs
        for form in self.forms:
            yield from form.runs


def plain(text: str) -> str:
    """A text as printed: ReportLab writes a no-break space as an ordinary one."""
    return text.replace("\u00a0", " ")


class Unreadable(Exception):
    """The bytes are not a PDF that our drawing could have produced."""


def read_pages(pdf: bytes) -> list[Shown]:
    """Read all pages of a PDF. Raises Unreadable for any damage."""
    try:
        reader = PdfReader(BytesIO(pdf), strict=True)
        eye = _Eye(reader)
        return [eye.page(page) for page in reader.pages]
    except Exception as damage:  # pypdf raises every kind of error on damaged bytes
        raise Unreadable(type(damage).__name__) from damage


class _Eye:
    """Reads pages; fonts and forms are parsed once per document."""

    def __init__(self, reader: PdfReader) -> None:
        self.reader = reader
        self._fonts: dict[int, tuple[dict[int, str], bool]] = {}
        self._forms: dict[int, tuple[Shown, Box]] = {}

    def page(self, page: PdfValue) -> Shown:
        box = page.mediabox
        shown = Shown(float(box.width), float(box.height))
        self._run(page.get_contents(), page["/Resources"], shown)
        return shown

    def _run(self, stream: PdfValue, resources: PdfValue, shown: Shown) -> None:
        content = stream if isinstance(stream, ContentStream) else ContentStream(stream, self.reader)
        _Stream(self, resources, shown).read(content.get_data())

    def font(self, resources: PdfValue, name: PdfValue) -> tuple[dict[int, str], bool]:
        found = resources["/Font"].raw_get(name)
        key = getattr(found, "idnum", id(found))
        if key not in self._fonts:
            font = found.get_object()
            base = str(font["/BaseFont"])
            table = _unicode_table(font["/ToUnicode"].get_data()) if "/ToUnicode" in font else {}
            self._fonts[key] = (table, base.endswith("Bold"))
        return self._fonts[key]

    def place(self, resources: PdfValue, name: PdfValue, ctm: Matrix, shown: Shown) -> None:
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
        drawn = [DrawnSign(one.sign, one.x * ctm[0] + ctm[4], one.y * ctm[3] + ctm[5]) for one in inner.drawn]
        shown.forms.append(Placed(_box(ctm, box.x, box.y, box.wide, box.high), runs, inner.signs, drawn))
        shown.rects.extend(_box(ctm, rect.x, rect.y, rect.wide, rect.high) for rect in inner.rects)


class _Stream:
    """One stream of operators being read, with a method for each operator that these documents use."""

    def __init__(self, eye: _Eye, resources: PdfValue, shown: Shown) -> None:
        self.eye, self.resources, self.shown, self.signs = eye, resources, shown, SignEye()
        self.ctm: Matrix = IDENTITY
        self.line: Matrix = IDENTITY
        self.stack: list[Matrix] = []
        self.table: dict[int, str] = {}
        self.bold, self.size, self.text = False, 0.0, ""

    def read(self, data: bytes) -> None:
        """Process all operators. Raises Unreadable, UnknownBytes."""
        see, shapes, methods = self.signs.see, SignEye.OPERATORS, self.METHODS
        for operands, operator in operations(data):
            if operator in shapes:
                see(operator, operands)
            method = methods.get(operator)
            if method is not None:
                method(self, operands)
            elif operator in _UNUSED:
                raise Unreadable(operator.decode())
        self.shown.signs += self.signs.found
        self.shown.drawn += self.signs.drawn

    def _save(self, _: PdfValue) -> None:
        self.stack.append(self.ctm)

    def _restore(self, _: PdfValue) -> None:
        self.ctm = self.stack.pop()

    def _transform(self, operands: PdfValue) -> None:
        self.ctm = _times(_matrix(operands), self.ctm)

    def _begin_text(self, _: PdfValue) -> None:
        self.line, self.text = IDENTITY, ""

    def _move_text(self, operands: PdfValue) -> None:
        self._end_text(operands)
        self.line = _matrix(operands)

    def _set_font(self, operands: PdfValue) -> None:
        self.table, self.bold = self.eye.font(self.resources, operands[0])
        self.size = float(operands[1])

    def _show_text(self, operands: PdfValue) -> None:
        table = self.table
        self.text += "".join([table.get(code, UNKNOWN) for code in operands[0]])

    def _end_text(self, _: PdfValue) -> None:
        if self.text:
            a, _b, _c, _d, x, y = _times(self.line, self.ctm)
            self.shown.runs.append(TextRun(self.text, x, y, self.size * a, self.bold))
            self.text = ""

    def _rectangle(self, operands: PdfValue) -> None:
        self.shown.rects.append(_box(self.ctm, *map(float, operands)))

    def _form(self, operands: PdfValue) -> None:
        self.eye.place(self.resources, operands[0], self.ctm, self.shown)

    METHODS: ClassVar[dict[bytes, Callable[[_Stream, PdfValue], None]]] = {
        b"q": _save,
        b"Q": _restore,
        b"cm": _transform,
        b"BT": _begin_text,
        b"Tm": _move_text,
        b"Tf": _set_font,
        b"Tj": _show_text,
        b"ET": _end_text,
        b"re": _rectangle,
        b"Do": _form,
    }


# Alternative operators that our documents never use: a page with them is not ours.
_UNUSED: Final = frozenset((b"TJ", b"'", b'"', b"Td", b"TD", b"BI"))


def _matrix(operands: PdfValue) -> Matrix:
    a, b, c, d, e, f = map(float, operands)
    return (a, b, c, d, e, f)


def _box(ctm: Matrix, x: float, y: float, wide: float, high: float) -> Box:
    if ctm[1] or ctm[2]:
        raise Unreadable("turned")
    return Box(x * ctm[0] + ctm[4], y * ctm[3] + ctm[5], wide * ctm[0], high * ctm[3])


def _moved(run: TextRun, ctm: Matrix) -> TextRun:
    return TextRun(run.text, run.x * ctm[0] + ctm[4], run.y * ctm[3] + ctm[5], run.size * ctm[0], run.bold)


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
