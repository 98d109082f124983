"""The visit summary: tables of words over upright pages, whose plan it is above them, version and code under them."""

from __future__ import annotations

from plans.documents.facts import CalendarFacts
from plans.documents.flow import ROOM_UNDER, Part, Progress, flowed
from plans.documents.fonts import BOLD, REGULAR
from plans.documents.pen import Pen
from plans.documents.sheet import Sheet
from plans.documents.styles import PAGE_MARGIN
from plans.documents.text import clean, unprintable, wrap, wrap_anywhere
from plans.documents.upright import FOOT_HIGH, HEAD_FOOT, draw_head, draw_version
from plans.domain.visit import Section

TOP = HEAD_FOOT + 8
PAD = 4.0


def draw_visit_summary(facts: CalendarFacts, progress: Progress | None = None) -> bytes:
    """The summary of `facts.sections`. The same facts give the same bytes. Raises DoesNotFit, UnprintableText."""
    return _Drawing(Sheet(facts)).pdf(progress)


def printable(sheet: Sheet, text: str) -> str:
    """A cell's text; one the faces cannot show says where it can be read in full."""
    cleaned = clean(text)
    return sheet.words.say("see_record") if unprintable(cleaned) else cleaned


class _Drawing:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.size = 14.0 if sheet.facts.large else 9.5
        self.lead = self.size * 1.25
        self.left, self.wide = PAGE_MARGIN, sheet.short - 2 * PAGE_MARGIN

    def pdf(self, progress: Progress | None) -> bytes:
        """All pages."""
        parts = [part for section in self.sheet.facts.sections for part in self._section(section)]
        return flowed(self.sheet, parts, top=TOP, head=self._head, foot=self._foot, progress=progress)

    def _head(self, pen: Pen) -> None:
        draw_head(pen, self.sheet, self.sheet.words.say("summary_head"))

    def _foot(self, pen: Pen, page: int, pages: int) -> None:
        y, words = pen.height - 26 - FOOT_HIGH, self.sheet.words
        right = self.left + self.wide
        pen.rule(self.left, y - 4, right, y - 4, 1.2)
        pen.text(self.left, y + 9, self.sheet.clinic_name, 9.5, bold=True)
        pen.text(self.left, y + 26, self.sheet.clinic_phone, 14, bold=True)
        pen.lines(
            self.left, y + 40, wrap(words.say("summary_private"), REGULAR, 8.5, self.wide * 0.45), 8.5, 10.5
        )
        draw_version(pen, self.sheet, right, y, page, pages)

    def _section(self, section: Section) -> list[Part]:
        edges, x = [], self.left
        for _, share in section.columns:
            edges.append(x)
            x += share * self.wide
        rooms = [share * self.wide - 2 * PAD for _, share in section.columns]
        heading = self._heading(section, edges, rooms)
        rows = section.rows or ((section.empty,),)
        if not section.rows:
            rooms = [self.wide - 2 * PAD]
        return [part for row in rows for part in self._rows(row, edges, rooms, heading)]

    def _heading(self, section: Section, edges: list[float], rooms: list[float]) -> Part:
        cells = [
            wrap(head, BOLD, self.size, room) for (head, _), room in zip(section.columns, rooms, strict=True)
        ]
        most = max(map(len, cells)) if section.rows else 0
        title = self.size + 4
        high = 14 + title + self.lead * most + 4

        def draw(pen: Pen, y: float) -> None:
            pen.text(self.left, y + 10 + title, section.title, title, bold=True)
            base = y + 12 + title + self.lead
            if section.rows:
                for x, lines in zip(edges, cells, strict=True):
                    pen.lines(x + PAD, base, lines, self.size, self.lead, bold=True)
            pen.rule(self.left, y + high, self.left + self.wide, y + high, 0.8)

        return Part(high, draw)

    def _rows(
        self, row: tuple[str, ...], edges: list[float], rooms: list[float], heading: Part
    ) -> list[Part]:
        """A row of the table; one that is higher than a page goes on under the heading of the next."""
        cells = [
            wrap_anywhere(printable(self.sheet, text), REGULAR, self.size, room)
            for text, room in zip(row, rooms, strict=True)
        ]
        room = self.sheet.long - TOP - ROOM_UNDER - heading.high - 5
        each = int(room // self.lead)
        count = max(map(len, cells))
        return [
            self._part([lines[n : n + each] for lines in cells], edges, heading)
            for n in range(0, count, each)
        ]

    def _part(self, cells: list[list[str]], edges: list[float], heading: Part) -> Part:
        high = self.lead * max(map(len, cells)) + 5

        def draw(pen: Pen, y: float) -> None:
            for x, lines in zip(edges, cells, strict=False):
                pen.lines(x + PAD, y + self.size + 1.5, lines, self.size, self.lead)
            pen.rule(self.left, y + high, self.left + self.wide, y + high)

        return Part(high, draw, heading)
