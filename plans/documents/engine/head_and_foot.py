"""Head and foot of a page: patient and plan in the head; version, page number and QR code in the foot."""

from __future__ import annotations

from plans.documents.engine import qr
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.styles import LARGE_MARGIN, PAGE_MARGIN
from plans.documents.engine.text import largest

HEAD_FOOT = 76.0
FOOT_HIGH = 58.0
# The space that a flow leaves for the foot.
ROOM_UNDER = 26 + FOOT_HIGH + 10
# What a portrait page's foot has for the version's lines, beside the code.
VERSION_WIDE = 195.0
# In large print: the top of the content under the head, the height of the foot, and the side of the QR code.
LARGE_TOP = 96.0
LARGE_FOOT = 122.0
LARGE_CODE = 88.0


def version_lines(context: DocumentContext) -> list[str]:
    """ "Version 2, made 30 November 2026" and, if it replaces one, "Replaces version 1. Do not use version 1."."""
    facts, words = context.facts, context.words
    lines = [words.say("version_made", version=facts.version, date=words.day_year(facts.made_on))]
    if facts.replaces is not None:
        lines.append(words.replaced(facts.replaces))
    return lines


def version_block(context: DocumentContext, room: float) -> tuple[list[str], float]:
    """The version's lines and their size within `room` points; at length, each sentence is on a line of its own."""
    lines = version_lines(context)
    size = min(largest(line, REGULAR, (9, 8.5), room) or 0 for line in lines)
    if size:
        return lines, size
    sentences = [line.replace(". ", ".\n") for line in lines]
    return block("\n".join(sentences), (9, 8.5, 8, 7.5, 7), room, 29.5, "version", lead=1.1)


def draw_version_lines(canvas: Canvas, context: DocumentContext, right: float, y: float, room: float) -> None:
    """Draw the version's lines between the line to scan and the page number of a foot that begins at y."""
    lines, size = version_block(context, room)
    base, lead = (22.5, 13.2) if len(lines) < 3 else (20.5, size * 1.1)
    for n, line in enumerate(lines):
        canvas.text(right, y + base + n * lead, line, size, align="right")


def stamp_page(canvas: Canvas, context: DocumentContext, x: float, y: float, page: int, pages: int) -> None:
    """Write "Page 2 of 8" with its right edge at x."""
    text = context.words.say("page_of", page=page, pages=pages)
    canvas.text(x, y, text, 10.5, bold=True, align="right")


def draw_version(
    canvas: Canvas, context: DocumentContext, right: float, y: float, page: int, pages: int
) -> None:
    """Draw what to scan, version, page and QR code at the right of a portrait page's foot."""
    text_right = right - FOOT_HIGH - 3
    canvas.text(text_right, y + 9, context.words.say("scan"), 9.5, bold=True, align="right")
    draw_version_lines(canvas, context, text_right, y, VERSION_WIDE)
    stamp_page(canvas, context, text_right, y + 51, page, pages)
    qr.draw(canvas, right - FOOT_HIGH, y, FOOT_HIGH, context.facts.status_url)


def draw_drugs(
    canvas: Canvas, x: float, base: float, title: str, sizes: tuple[float, ...], room: float
) -> float:
    """Draw a plan's drugs at the head of a page, on one line at one of `sizes`; longer names take two lines that end at
    `base`. Returns their width. Raises DoesNotFit."""
    size = largest(title, BOLD, sizes, room)
    if size is not None:
        canvas.text(x, base, title, size, bold=True)
        return width(title, BOLD, size)
    lines, size = block(title, (18, 17, 16, 15, 14), room, 40, "drug", bold=True, lead=1.1)
    canvas.lines(x, base - size * 1.1 * (len(lines) - 1), lines, size, size * 1.1, bold=True)
    return max(width(line, BOLD, size) for line in lines)


def draw_head(canvas: Canvas, context: DocumentContext, title: str = "") -> None:
    """Draw drug, patient and one line under them: the plan's, or a page's own title."""
    wide = context.short - 2 * PAGE_MARGIN
    left, right = PAGE_MARGIN, context.short - PAGE_MARGIN
    room = wide - 14 - draw_drugs(canvas, left, 49, context.drug_title, (32, 28, 24, 20, 16), wide * 0.62)
    context.draw_name(canvas, right, 46, room, (17, 15, 13, 11, 10))
    born = canvas.text(right, 62, context.second_fact, 10.5, align="right")
    line = title or context.agreed_line
    face, room = BOLD if title else REGULAR, wide - born - 10
    if largest(line, face, (11, 10, 9), room):
        one_line(canvas, left, 68, line, (11, 10, 9), room, "clinician", bold=bool(title))
    else:
        lines, size = block(line, (9, 8.5, 8, 7.5), room, 20, "clinician", bold=bool(title), lead=1.1)
        canvas.lines(left, 71 - size * 1.1 * (len(lines) - 1), lines, size, size * 1.1, bold=bool(title))
    canvas.rule(left, HEAD_FOOT, right, HEAD_FOOT, 1.2)


def draw_large_head(
    canvas: Canvas, context: DocumentContext, line: str, *, drug: str = "", strong: bool = False
) -> None:
    """Draw the head in large print; `drug` replaces the drugs' usual spelling."""
    left, right, wide = LARGE_MARGIN, context.short - LARGE_MARGIN, context.short - 2 * LARGE_MARGIN
    title = drug or context.drug_title
    used = draw_drugs(canvas, left, 50, title, (32, 28, 24, 20), wide * 0.6)
    context.draw_name(canvas, right, 48, wide - used - 14, (19, 17, 15, 14, 12))
    born = canvas.text(right, 80, context.second_fact, 16, align="right")
    room = wide - born - 12
    lines, size = block(line, (16, 15, 14, 13, 12), room, 34, "clinician", bold=strong, lead=1.1)
    canvas.lines(left, 80 if len(lines) == 1 else 68, lines, size, size * 1.1, bold=strong)
    canvas.rule(left, 90, right, 90, 1.4)


def draw_large_foot(
    canvas: Canvas, context: DocumentContext, first: str, more: list[str], page: int, pages: int
) -> None:
    """Draw the foot in large print: what to do with the page, version, `more` small lines, page number and QR code."""
    left, right, top = LARGE_MARGIN, context.short - LARGE_MARGIN, canvas.height - LARGE_FOOT
    canvas.rule(left, top, right, top, 1.2)
    room = right - left - LARGE_CODE - 8
    one_line(canvas, left, top + 20, first, (15, 14), room, "foot", bold=True)
    small = [*version_lines(context), *more]
    lead = 14 if len(small) < 5 else 13
    for n, line in enumerate(small):
        one_line(canvas, left, top + 36 + lead * n, line, (12, 11, 10), room, "foot")
    canvas.text(left, canvas.height - 22, context.words.say("page_of", page=page, pages=pages), 15, bold=True)
    canvas.text(
        right - LARGE_CODE - 8, canvas.height - 22, context.words.say("scan"), 12, bold=True, align="right"
    )
    qr.draw(canvas, right - LARGE_CODE, top + 6, LARGE_CODE, context.facts.status_url)
