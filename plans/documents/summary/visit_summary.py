"""The visit summary: tables over portrait pages, with patient and plan above, version and QR code below."""

from __future__ import annotations

from datetime import date
from itertools import zip_longest

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext, block, one_line
from plans.documents.engine.fonts import BOLD, REGULAR
from plans.documents.engine.head_and_foot import (
    FOOT_HIGH,
    HEAD_FOOT,
    LARGE_CODE,
    LARGE_FOOT,
    LARGE_TOP,
    ROOM_UNDER,
    draw_head,
    draw_large_foot,
    draw_large_head,
    draw_version,
)
from plans.documents.engine.section import Flow, FlowPart, Section
from plans.documents.engine.styles import LARGE_MARGIN, PAGE_MARGIN
from plans.documents.engine.text import clean, largest, unprintable, wrap, wrap_anywhere
from plans.domain.documents.facts import SummaryFacts
from plans.domain.documents.visit import SummaryTable
from plans.domain.documents.words import Words

TOP = HEAD_FOOT + 8
PAD = 4.0
# In large print: the headings' share of the width, and their size.
LABEL = 0.32
LABEL_SIZE = 16.0


class SummaryContext(DocumentContext):
    """A summary's facts prepared for drawing. Raises UnprintableText."""

    facts: SummaryFacts


def sections(context: SummaryContext) -> list[Section]:
    """The tables of `facts.sections`. Raises DoesNotFit, UnprintableText."""
    return [Tables(context)]


def printable(context: SummaryContext, text: str) -> str:
    """A cell's text; if the fonts cannot show it, the words that say where to read it."""
    cleaned = clean(text)
    return context.words.say("see_record") if unprintable(cleaned) else cleaned


def summary_title(words: Words, day: date) -> str:
    """The heading of every page, with the day of the visit."""
    return words.say("summary_of", date=words.day_year(day))


class Tables(Flow):
    """The tables of the summary. In large print each row lists its headings with the cells beside them."""

    def __init__(self, context: SummaryContext) -> None:
        self.context, self.large = context, context.facts.large
        self.size = 18.0 if self.large else 9.5
        self.lead = self.size * 1.25
        self.left = LARGE_MARGIN if self.large else PAGE_MARGIN
        self.wide = context.short - 2 * self.left
        self.top = LARGE_TOP if self.large else TOP
        self.under = LARGE_FOOT + 6 if self.large else ROOM_UNDER
        parts = [part for table in context.facts.sections for part in self._table(table)]
        super().__init__(context, parts, top=self.top, under=self.under)

    def head(self, canvas: Canvas) -> None:
        """Draw whose summary it is, and of which visit."""
        title = summary_title(self.context.words, self.context.facts.summary_of)
        if self.large:
            draw_large_head(canvas, self.context, title, strong=True)
        else:
            draw_head(canvas, self.context, title)

    def foot(self, canvas: Canvas, page: int, pages: int) -> None:
        """Draw clinic, confidentiality, version, page and QR code."""
        context, private = self.context, self.context.words.say("summary_private")
        if self.large:
            wide = self.wide - LARGE_CODE - 8
            first, more = f"{context.clinic_phone}  {context.clinic_name}".strip(), [private]
            if largest(first, BOLD, (15, 14), wide) is None:
                first, more = context.clinic_phone, [*wrap(context.clinic_name, REGULAR, 10, wide), private]
            draw_large_foot(canvas, context, first, more, page, pages)
            return
        y, right = canvas.height - 26 - FOOT_HIGH, self.left + self.wide
        canvas.rule(self.left, y - 4, right, y - 4, 1.2)
        room = self.wide * 0.5
        lines, size = block(
            context.clinic_name, (9.5, 8.5, 8, 7.5), room, 19, "clinic_name", bold=True, lead=1.1
        )
        canvas.lines(self.left, y + (9 if len(lines) == 1 else 4), lines, size, size * 1.1, bold=True)
        one_line(
            canvas, self.left, y + 26, context.clinic_phone, (14, 12, 10), room, "clinic_phone", bold=True
        )
        canvas.lines(self.left, y + 40, wrap(private, REGULAR, 8.5, self.wide * 0.45), 8.5, 10.5)
        draw_version(canvas, context, right, y, page, pages)

    def _table(self, table: SummaryTable) -> list[FlowPart]:
        edges, x = [], self.left
        for _, share in table.columns:
            edges.append(x)
            x += share * self.wide
        rooms = [share * self.wide - 2 * PAD for _, share in table.columns]
        heading = self._heading(table, edges, rooms)
        rows = table.rows or ((table.empty,),)
        if self.large and table.rows:
            heads = [head for head, _ in table.columns]
            return [part for row in rows for part in self._card(row, heads, heading)]
        if not table.rows:
            rooms = [self.wide - 2 * PAD]
        return [part for row in rows for part in self._rows(row, edges, rooms, heading)]

    def _heading(self, table: SummaryTable, edges: list[float], rooms: list[float]) -> FlowPart:
        cells = [
            wrap(head, BOLD, self.size, room) for (head, _), room in zip(table.columns, rooms, strict=True)
        ]
        tabled = bool(table.rows) and not self.large
        most = max(map(len, cells)) if tabled else 0
        title = self.size + 4
        high = 14 + title + self.lead * most + 4

        def draw(canvas: Canvas, y: float) -> None:
            one_line(
                canvas,
                self.left,
                y + 10 + title,
                table.title,
                (title, 18, 16, 14),
                self.wide,
                "title",
                bold=True,
            )
            base = y + 12 + title + self.lead
            if tabled:
                for x, lines in zip(edges, cells, strict=True):
                    canvas.lines(x + PAD, base, lines, self.size, self.lead, bold=True)
            canvas.rule(self.left, y + high, self.left + self.wide, y + high, 0.8)

        return FlowPart(high, draw)

    def _rows(
        self, row: tuple[str, ...], edges: list[float], rooms: list[float], heading: FlowPart
    ) -> list[FlowPart]:
        """A row of the table; one higher than a page continues under the heading of the next page."""
        cells = [
            wrap_anywhere(printable(self.context, text), REGULAR, self.size, room)
            for text, room in zip(row, rooms, strict=True)
        ]
        room = self.context.long - self.top - self.under - heading.high - 5
        each = int(room // self.lead)
        count = max(map(len, cells))
        return [
            self._part([lines[n : n + each] for lines in cells], edges, heading)
            for n in range(0, count, each)
        ]

    def _card(self, row: tuple[str, ...], heads: list[str], heading: FlowPart) -> list[FlowPart]:
        """A row in large print; one higher than a page continues under the heading of the next page."""
        at = self.wide * LABEL
        pairs: list[tuple[str, str]] = []
        for head, text in zip(heads, row, strict=True):
            label = wrap_anywhere(head, BOLD, LABEL_SIZE, at - 2 * PAD)
            said = wrap_anywhere(printable(self.context, text), REGULAR, self.size, self.wide - at - PAD)
            pairs += zip_longest(label, said, fillvalue="")
        room = self.context.long - self.top - self.under - heading.high - 12
        each = int(room // self.lead)
        return [self._pairs(pairs[n : n + each], self.left + at, heading) for n in range(0, len(pairs), each)]

    def _pairs(self, pairs: list[tuple[str, str]], at: float, heading: FlowPart) -> FlowPart:
        high = self.lead * len(pairs) + 12

        def draw(canvas: Canvas, y: float) -> None:
            base = y + self.size + 4
            canvas.lines(
                self.left + PAD, base, [label for label, _ in pairs], LABEL_SIZE, self.lead, bold=True
            )
            canvas.lines(at, base, [said for _, said in pairs], self.size, self.lead)
            canvas.rule(self.left, y + high, self.left + self.wide, y + high)

        return FlowPart(high, draw, heading)

    def _part(self, cells: list[list[str]], edges: list[float], heading: FlowPart) -> FlowPart:
        high = self.lead * max(map(len, cells)) + 5

        def draw(canvas: Canvas, y: float) -> None:
            for x, lines in zip(edges, cells, strict=False):
                canvas.lines(x + PAD, y + self.size + 1.5, lines, self.size, self.lead)
            canvas.rule(self.left, y + high, self.left + self.wide, y + high)

        return FlowPart(high, draw, heading)
