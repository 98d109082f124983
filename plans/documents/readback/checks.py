"""The checks of every page of every document: page number, version, patient, QR code, and the rules of writing.

The rules of writing hold for every text of ours (no ".5 mg", no "5.0 mg", nothing under 7.4 points). No text may
overlap another, or be outside the page or the form that clips it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from plans.documents.engine import qr
from plans.documents.engine.fonts import BOLD, REGULAR, covered, width
from plans.documents.engine.text import clean, unprintable
from plans.documents.readback.pdf import UNKNOWN, Box, Shown, TextRun, Unreadable, plain, read_pages
from plans.domain.documents.facts import DocumentFacts

Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class PdfDefect:
    """One defect: a stable code, the page (0 for the whole document), and the facts."""

    code: str
    page: int = 0
    facts: Facts = field(default_factory=dict)


# "5.0 mg", ".5 mg", "5mg"; phrases catch a number without unit at a line end.
_RULES: Final = (
    ("trailing_zero", re.compile(r"\d[.,]\d*0(?!\d)\s*m[gL]")),
    ("no_leading_zero", re.compile(r"(?<!\d)[.,]\d+\s*m[gL]")),
    ("no_space_before_unit", re.compile(r"\dm[gL]")),
    # The number is at the end of the previous line.
    ("unit_parted", re.compile(r"\Am[gL]\b")),
    ("fraction", re.compile(r"(?<![\d/])\d/\d(?![\d/])")),
    ("error_prone", re.compile(r"\b(?:q\.?d|QD|QOD|HS|OD|BID|TID|QID|PRN|qhs|mcg|cc|IU|ug)\b|µg|\+|&")),
)
_HOLD_ALONE: Final = re.compile(r"HOLD(?![ ,:])")


# How a document is read back

F = TypeVar("F", bound=DocumentFacts)
# A check of a document's pages against its facts.
Check = Callable[[list[Shown], F], Iterator[PdfDefect]]


def read_back(pdf: bytes, facts: F, checks: Iterable[Check[F]]) -> tuple[PdfDefect, ...]:
    """Run the checks of every document, then those of its kind. Never raises on a damaged file."""
    try:
        pages = read_pages(pdf)
    except Unreadable as damage:
        return (PdfDefect("unreadable", facts={"why": str(damage)}),)
    if not pages:
        return (PdfDefect("no_pages"),)
    return tuple(defect for check in (check_pages, check_writing, *checks) for defect in check(pages, facts))


# Every page


def check_pages(pages: list[Shown], facts: DocumentFacts) -> Iterator[PdfDefect]:
    """Check page x of y, version, what it replaces, and the QR code on every page."""
    words, count = facts.words, len(pages)
    version = plain(words.say("version_made", version=facts.version, date=words.day_year(facts.made_on)))
    replaces = plain(words.replaced(facts.replaces)) if facts.replaces is not None else ""
    expected = _code_cells(facts.status_url)
    names = _names(facts)
    for number, page in enumerate(pages, start=1):
        texts = [run.text for run in page.all_runs()]
        joined = " ".join(texts)
        if texts.count(plain(words.say("page_of", page=number, pages=count))) != 1:
            yield PdfDefect("page_number", number, {"pages": count})
        if version not in joined:
            yield PdfDefect("version", number)
        if replaces and replaces not in joined:
            yield PdfDefect("replaces", number)
        if not any(name in joined for name in names):
            yield PdfDefect("patient_name", number)
        if _seen_cells(page.rects, len(qr.modules(facts.status_url))) != expected:
            yield PdfDefect("status_code", number)


def _names(facts: DocumentFacts) -> list[str]:
    """The patient's name if it can be shown, and the words that replace it if it cannot or does not fit."""
    words, name, record = facts.words, clean(facts.patient_name), clean(facts.record_no)
    instead = words.say("name_unprintable", number=record) if record else words.say("name_unknown")
    return [plain(instead), *([plain(name)] if name and not unprintable(name) else [])]


def _code_cells(address: str) -> frozenset[tuple[int, int]]:
    rows = qr.modules(address)
    return frozenset((r, c) for r, row in enumerate(rows) for c, dark in enumerate(row) if dark)


def _seen_cells(rects: list[Box], count: int) -> frozenset[tuple[int, int]]:
    """The dark modules of the QR code on a page: the lowest filled rectangles are its rows."""
    lows = [rect for rect in rects if 0 < rect.high < 2.6 and rect.wide >= rect.high - 0.01]
    if not lows:
        return frozenset()
    unit = Counter(round(rect.high, 3) for rect in lows).most_common(1)[0][0]
    lows = [rect for rect in lows if abs(rect.high - unit) < 0.002]
    left, top = min(rect.x for rect in lows), max(rect.y for rect in lows)
    seen: set[tuple[int, int]] = set()
    for rect in lows:
        row, column = round((top - rect.y) / unit), round((rect.x - left) / unit)
        seen.update((row, column + n) for n in range(round(rect.wide / unit)))
    return frozenset(cell for cell in seen if cell[0] < count and cell[1] < count)


def check_writing(pages: list[Shown], facts: DocumentFacts) -> Iterator[PdfDefect]:
    """Check the rules of writing on every text of ours; people's own words are only checked for glyphs."""
    yield from check_room(pages)
    own = {plain(clean(text)) for text in _people_words(facts)}
    glyphs = covered()
    for number, page in enumerate(pages, start=1):
        for run in page.all_runs():
            if UNKNOWN in run.text or any(ord(char) not in glyphs for char in run.text):
                yield PdfDefect("glyph", number, {"text": run.text})
            if run.size < 7.4:
                yield PdfDefect("too_small", number, {"text": run.text})
            if any(run.text in text for text in own):
                continue
            for rule, pattern in _RULES:
                if pattern.search(run.text):
                    yield PdfDefect(rule, number, {"text": run.text})
            if facts.language == "en" and _HOLD_ALONE.search(run.text):
                yield PdfDefect("hold_alone", number, {"text": run.text})


def _people_words(facts: DocumentFacts) -> Iterator[str]:
    yield from facts.typed()
    yield facts.words.agreed(facts.schedule, facts.made_on, facts.clinician)
    yield facts.words.say("name_unprintable", number=facts.record_no)


# Shares of the size: ascent of capitals and figures, depth of descenders.
_RISE: Final = 0.66
_HANG: Final = 0.16
# Points by which boxes may overlap: rounding in the file, and the white space around a glyph.
_LEEWAY: Final = 0.6
_BAND: Final = 24.0


def check_room(pages: Sequence[Shown]) -> Iterator[PdfDefect]:
    """Check that no text overlaps another or leaves its page or form."""
    for number, page in enumerate(pages, start=1):
        whole = Box(0, 0, page.width, page.height)
        said = [(run, _box(run)) for run in page.runs]
        for form in page.forms:
            inner = [(run, _box(run)) for run in form.runs]
            for run, box in inner:
                if not _inside(box, form.box):
                    yield PdfDefect("clipped", number, {"text": run.text})
            said += inner
        for run, box in said:
            if not _inside(box, whole):
                yield PdfDefect("off_page", number, {"text": run.text})
        yield from _overlaps(said, number)


def _box(run: TextRun) -> Box:
    wide = width(run.text, BOLD if run.bold else REGULAR, run.size)
    return Box(run.x, run.y - _HANG * run.size, wide, (_RISE + _HANG) * run.size)


def _inside(box: Box, room: Box) -> bool:
    return (
        box.x >= room.x - _LEEWAY
        and box.y >= room.y - _LEEWAY
        and box.x + box.wide <= room.x + room.wide + _LEEWAY
        and box.y + box.high <= room.y + room.high + _LEEWAY
    )


def _overlaps(said: list[tuple[TextRun, Box]], number: int) -> Iterator[PdfDefect]:
    """Texts whose boxes overlap. Only texts in the same or the next band of the page can."""
    bands: dict[int, list[tuple[TextRun, Box]]] = {}
    for run, box in sorted(said, key=lambda pair: (pair[1].y, pair[1].x)):
        band = int(box.y // _BAND)
        for other, its in (*bands.get(band - 1, ()), *bands.get(band, ())):
            across = min(box.x + box.wide, its.x + its.wide) - max(box.x, its.x)
            down = min(box.y + box.high, its.y + its.high) - max(box.y, its.y)
            if across > _LEEWAY and down > _LEEWAY:
                yield PdfDefect("overlap", number, {"text": f"{other.text} / {run.text}"})
        bands.setdefault(band, []).append((run, box))
