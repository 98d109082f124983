"""Parts that flow over as many portrait pages as they need, each under its heading; head and foot on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, new_canvas
from plans.documents.engine.portrait import FOOT_HIGH
from plans.domain.documents.facts import DoesNotFit

Progress = Callable[[int, int], None]
ROOM_UNDER = 26 + FOOT_HIGH + 10


@dataclass(frozen=True)
class Part:
    """One piece of the flow: its height, how to draw it at a y, and the headings it stands under."""

    high: float
    draw: Callable[[Canvas, float], None]
    heading: Part | None = None


def flowed(
    context: DocumentContext,
    parts: Sequence[Part],
    *,
    top: float,
    head: Callable[[Canvas], None],
    foot: Callable[[Canvas, int, int], None],
    progress: Progress | None = None,
    under: float = ROOM_UNDER,
) -> bytes:
    """The finished PDF; `foot` is given the page and how many there are, and has `under` points of each. A heading is
    repeated on each page it rules.

    Raises DoesNotFit for a part that is higher than a page.
    """
    floor = context.long - under
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
    pdf = new_canvas(context, buffer)
    canvas = Canvas(pdf, context.long)
    for number, placed in enumerate(pages, start=1):
        head(canvas)
        for at, part in placed:
            part.draw(canvas, at)
        foot(canvas, number, len(pages))
        pdf.showPage()
        if progress is not None:
            progress(number, len(pages))
    pdf.save()
    return buffer.getvalue()
