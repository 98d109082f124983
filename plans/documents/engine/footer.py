"""The strip at the foot of every page: key, clinic, version, code. One form a document, less the page number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plans.documents.engine import qr, signs
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.styles import FOOTER_HIGH, MONTH_MARGIN
from plans.documents.engine.text import fits, largest, wrap
from plans.domain.documents.calendar import Mark
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.products import Take

LEAD = 13.2
# The baseline of the key's first row, and the size of the warnings under it.
FIRST_ROW = 10.6
WARNING_SIZE = 9.5
Sign = Callable[[Canvas, float, float], None]


@dataclass(frozen=True)
class KeyRow:
    """One sign of the key and its words; `sign` draws it at x on a baseline."""

    words: str
    sign: Sign


_CHANGE_KEYS: Final = {
    Mark.NEW_DOSE: "key_new",
    Mark.RISE: "key_rise",
    Mark.SWITCH: "key_switch",
    Mark.SPREAD: "key_spread",
}


def _change_sign(mark: Mark) -> Sign:
    def sign(canvas: Canvas, x: float, y: float) -> None:
        signs.change(canvas, x + 1.5, y, 10.5, mark.value)

    return sign


def key_rows(
    context: DocumentContext,
    marks: set[Mark],
    pieces: tuple[Take, ...],
    *,
    ring: bool = True,
    brief: bool = False,
) -> list[KeyRow]:
    """The key: only signs that this document uses; `brief` with the words that the days themselves carry."""
    words, rows = context.words, []

    def tick(canvas: Canvas, x: float, y: float) -> None:
        # A little lower than the line: the grid of a month of six weeks ends right above it.
        canvas.box(x, y - 7.4, 9.6, 9.6, thick=1)

    rows.append(KeyRow(words.say("key_tick"), tick))
    for piece in pieces:

        def sign(canvas: Canvas, x: float, y: float, piece: object = piece) -> None:
            for taken in context.used_pieces:
                if taken is piece:
                    context.draw_piece(canvas, x + 1, y - 3.4, 9.4, taken)

        rows.append(KeyRow(context.plain_phrase(piece), sign))
    if context.liquids and ring:

        def black_ring(canvas: Canvas, x: float, y: float) -> None:
            canvas.box(x + 4, y - 9, 3, 11, thick=0, fill=0.0)

        rows.append(KeyRow(words.say("key_ring"), black_ring))
    for mark, key in _CHANGE_KEYS.items():
        if mark in marks:
            rows.append(KeyRow(words.say(mark.value if brief else key), _change_sign(mark)))
    if Mark.HOLD in marks:

        def hold(canvas: Canvas, x: float, y: float) -> None:
            signs.bars(canvas, x + 2, y + 0.5, 11)

        rows.append(KeyRow(words.say("hold" if brief else "key_hold"), hold))
    return rows


def define_month_footer(
    canvas: Canvas, context: DocumentContext, name: str, wide: float, marks: set[Mark]
) -> None:
    """Draw the footer of the landscape pages as a form of `wide` points; the page number is stamped on later."""
    with canvas.form(name, wide, FOOTER_HIGH) as foot:
        _key(foot, context, marks, wide)
        _clinic(foot, context, wide)
        _version(foot, context, wide)


def _key(canvas: Canvas, context: DocumentContext, marks: set[Mark], wide: float) -> None:
    room = wide * 0.35
    warnings = [context.words.say("never_stop")]
    if context.liquids:
        warnings.insert(0, context.words.say("never_spoon"))
    high = FOOTER_HIGH - 6 - LEAD * (len(warnings) - 1) - WARNING_SIZE * 0.7
    rows, count, columns, size, lead, widest = _key_fitted(context, marks, room, high)
    x = 0.0
    spare = min(30.0, (room + 8 - sum(widest)) / columns)
    for n in range(columns):
        for r, row in enumerate(rows[n * count : (n + 1) * count]):
            base = FIRST_ROW + r * lead
            canvas.pdf.saveState()
            scale = min(1.0, lead / LEAD)
            canvas.pdf.translate(x, canvas.height - base)
            canvas.pdf.scale(scale, scale)
            row.sign(Canvas(canvas.pdf, 0), 0, 0)
            canvas.pdf.restoreState()
            canvas.text(x + 18, base, row.words, size)
        x += widest[n] + spare
    for n, warning in enumerate(warnings):
        base = FOOTER_HIGH - 6 - LEAD * (len(warnings) - 1 - n)
        one_line(canvas, 0, base, warning, (WARNING_SIZE, 9.0, 8.5, 8.0, 7.5), room, "key", bold=True)


def _key_fitted(
    context: DocumentContext, marks: set[Mark], room: float, high: float
) -> tuple[list[KeyRow], int, int, float, float, list[float]]:
    """The fullest key that has room: all parts, whole ones alone, or no pieces at all: each cell says them in words.

    A life with every kind of change leaves room for their short words only, at last without the ring of the syringe.
    """
    signed = tuple(piece for piece in context.used_pieces if context.signed(piece))
    whole = tuple(piece for piece in signed if piece.quarters == 4)
    for rows in (
        key_rows(context, marks, signed),
        key_rows(context, marks, whole),
        key_rows(context, marks, ()),
        key_rows(context, marks, (), brief=True),
        key_rows(context, marks, (), brief=True, ring=False),
    ):
        for columns, size, lead in (
            (2, 9.0, LEAD),
            (2, 8.0, 10.6),
            (3, 7.5, 10.6),
            (2, 7.5, 8.6),
            (3, 7.5, 8.6),
        ):
            count = -(-len(rows) // columns)
            # The tails of the last row keep clear of the capitals of the warning under it.
            if FIRST_ROW + lead * (count - 1) + 0.2 * size + 1 > high:
                continue
            widest = [
                max(
                    (width(row.words, REGULAR, size) for row in rows[n * count : (n + 1) * count]),
                    default=0.0,
                )
                + 26
                for n in range(columns)
            ]
            if sum(widest) <= room + 8:
                return rows, count, columns, size, lead, widest
    raise DoesNotFit(what="key")


def _clinic(canvas: Canvas, context: DocumentContext, wide: float) -> None:
    left, room = wide * 0.38, wide * 0.28
    canvas.rule(left - 11, 0, left - 11, FOOTER_HIGH, 0.5)
    one = largest(context.clinic_name, BOLD, (9.5, 8.5, 8), room)
    if one is not None:
        canvas.text(left, 9, context.clinic_name, one, bold=True)
        phone_y, largest_phone = 27.0, 17
    else:
        # A long name takes a second line from the telephone number.
        lines, size = block(context.clinic_name, (8.5, 8, 7.5), room, 20, "clinic_name", bold=True, lead=1.12)
        canvas.lines(left, 8, lines, size, size * 1.12, bold=True)
        phone_y, largest_phone = 29.5, 13
    sizes = tuple(size for size in (17, 15, 13, 11) if size <= largest_phone)
    one_line(canvas, left, phone_y, context.clinic_phone, sizes, room, "clinic_phone", bold=True)
    see_y = 52.0
    hours = wrap(context.clinic_hours, REGULAR, 7.5, room) if context.clinic_hours else []
    one_size = largest(context.clinic_hours, REGULAR, (9, 8.5, 8, 7.5), room)
    if one_size is not None:
        canvas.text(left, 39.5, context.clinic_hours, one_size)
    elif len(hours) == 2 and fits(hours, REGULAR, 7.5, room):
        canvas.lines(left, 38.5, hours, 7.5, 8.6)
        see_y = 56.5
    # Hours that are longer stand on page 1, to which the next line leads.
    one_line(canvas, left, see_y, context.words.say("see_page_one"), (9, 8.5, 8, 7.5), room, "see_page_one")


def version_lines(context: DocumentContext) -> list[str]:
    """ "Version 2, made 30 November 2026" and, if so, "Replaces version 1. Do not use version 1."."""
    facts, words = context.facts, context.words
    lines = [words.say("version_made", version=facts.version, date=words.day_year(facts.made_on))]
    if facts.replaces is not None:
        lines.append(words.say("replaces", version=facts.replaces))
    return lines


def _version(canvas: Canvas, context: DocumentContext, wide: float) -> None:
    right, room = wide - FOOTER_HIGH - 3, wide * 0.24
    one_line(
        canvas, right, 9, context.words.say("scan"), (9.5, 8.5, 7.5), room, "scan", bold=True, align="right"
    )
    for n, line in enumerate(version_lines(context)):
        one_line(canvas, right, 22.5 + n * LEAD, line, (9, 8.5, 8, 7.5), room, "version", align="right")
    qr.draw(canvas, wide - FOOTER_HIGH, 0, FOOTER_HIGH, context.facts.status_url)


def stamp_page(canvas: Canvas, context: DocumentContext, x: float, y: float, page: int, pages: int) -> None:
    """Write "Page 2 of 8" with its right edge at x."""
    text = context.words.say("page_of", page=page, pages=pages)
    canvas.text(x, y, text, 10.5, bold=True, align="right")


def month_foot_top(height: float) -> float:
    """Where the footer strip of a landscape page begins."""
    return height - MONTH_MARGIN - FOOTER_HIGH
