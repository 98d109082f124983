"""Parts that flow over as many upright pages as they need, each under its heading; head and foot on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from plans.documents.facts import DoesNotFit
from plans.documents.pen import Pen
from plans.documents.sheet import Sheet, new_canvas
from plans.documents.upright import FOOT_HIGH

Progress = Callable[[int, int], None]
ROOM_UNDER = 26 + FOOT_HIGH + 10


@dataclass(frozen=True)
class Part:
    """One piece of the flow: its height, how to draw it at a y, and the headings it stands under."""

    high: float
    draw: Callable[[Pen, float], None]
    heading: Part | None = None


def flowed(
    sheet: Sheet,
    parts: Sequence[Part],
    *,
    top: float,
    head: Callable[[Pen], None],
    foot: Callable[[Pen, int, int], None],
    progress: Progress | None = None,
    under: float = ROOM_UNDER,
) -> bytes:
    """The finished PDF; `foot` is given the page and how many there are, and has `under` points of each. A heading is
    repeated on each page it rules.

    Raises DoesNotFit for a part that is higher than a page.
    """
    floor = sheet.long - under
    pages: list[list[tuple[float, Part]]] = [[]]
    y, ruling = top, None
    for part in parts:
        heading = part.heading if part.heading is not ruling else None
        if y + part.high + (heading.high if heading else 0) > floor and pages[-1]:
            pages.append([])
            y, heading = top, part.heading
        if heading is not None:
            pages[-1].append((y, heading))
            y += heading.high
        ruling = part.heading
        if y + part.high > floor:
            raise DoesNotFit(what="row")
        pages[-1].append((y, part))
        y += part.high
    buffer = BytesIO()
    canvas = new_canvas(sheet, buffer)
    pen = Pen(canvas, sheet.long)
    for number, placed in enumerate(pages, start=1):
        head(pen)
        for at, part in placed:
            part.draw(pen, at)
        foot(pen, number, len(pages))
        canvas.showPage()
        if progress is not None:
            progress(number, len(pages))
    canvas.save()
    return buffer.getvalue()
