"""Looks for texts that stand on each other, outside the page, or outside the form that clips them.

Read from the finished PDF alone: a text is its baseline, its size and its width in the embedded face.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.readback.defects import PdfDefect
from plans.documents.readback.pdf_runs import Box, Run, Shown

# Of the size: how far capitals and figures rise over the baseline, how far tails hang under it.
_RISE: Final = 0.66
_HANG: Final = 0.16
# Points by which boxes may touch: rounding in the file, and the white space around a letter.
_LEEWAY: Final = 0.6
_BAND: Final = 24.0


def check_room(pages: Sequence[Shown]) -> Iterator[PdfDefect]:
    """Every text has its own place, on the page and inside its form."""
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


def _box(run: Run) -> Box:
    wide = width(run.text, BOLD if run.bold else REGULAR, run.size)
    return Box(run.x, run.y - _HANG * run.size, wide, (_RISE + _HANG) * run.size)


def _inside(box: Box, room: Box) -> bool:
    return (
        box.x >= room.x - _LEEWAY
        and box.y >= room.y - _LEEWAY
        and box.x + box.wide <= room.x + room.wide + _LEEWAY
        and box.y + box.high <= room.y + room.high + _LEEWAY
    )


def _overlaps(said: list[tuple[Run, Box]], number: int) -> Iterator[PdfDefect]:
    """Texts whose boxes share more than a touch. Only those in the same or the next band of the page can."""
    bands: dict[int, list[tuple[Run, Box]]] = {}
    for run, box in sorted(said, key=lambda pair: (pair[1].y, pair[1].x)):
        band = int(box.y // _BAND)
        for other, its in (*bands.get(band - 1, ()), *bands.get(band, ())):
            across = min(box.x + box.wide, its.x + its.wide) - max(box.x, its.x)
            down = min(box.y + box.high, its.y + its.high) - max(box.y, its.y)
            if across > _LEEWAY and down > _LEEWAY:
                yield PdfDefect("overlap", number, {"text": f"{other.text} / {run.text}"})
        bands.setdefault(band, []).append((run, box))
