"""The pages before a large-print calendar: what to do and whom to call on page 1, then the plan; how
to make each dose is on the pages of its days.

Nothing here is smaller than 14 points except the version line.
"""

from __future__ import annotations

from dataclasses import dataclass

from plans.documents.calendar.context import CalendarContext
from plans.documents.calendar.large_plan import LargePlan
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import one_line
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.head_and_foot import LARGE_FOOT, LARGE_TOP, draw_large_foot, draw_large_head
from plans.documents.engine.section import PageMap, Section
from plans.documents.engine.styles import LARGE_MARGIN
from plans.documents.engine.text import wrap
from plans.domain.documents.facts import DoesNotFit

SIZES = (16.0, 15.0, 14.0)


@dataclass(frozen=True)
class _Text:
    """A paragraph of page 1."""

    text: str
    strong: bool = False


class LargeFront(Section):
    """What to do on page 1, then runs of the plan's steps."""

    def __init__(self, context: CalendarContext) -> None:
        self.context, self.words = context, context.words
        self.wide = context.short - 2 * LARGE_MARGIN
        self.plan = LargePlan(context)
        self.room = context.long - LARGE_TOP - LARGE_FOOT - 6
        self.more: list[tuple[int, int]] = []
        self._share(self.plan.row_highs, last=self.plan.ending_high)

    def _share(self, highs: list[float], *, last: float) -> None:
        """Distribute rows over pages; `last` is the height under the last row."""
        first, used = 0, 0.0
        for n, high in enumerate(highs):
            need = high + (last if n == len(highs) - 1 else 0.0)
            if need > self.room:
                raise DoesNotFit(what="first_page")
            if used + need > self.room:
                self.more.append((first, n))
                first, used = n, 0.0
            used += high
        if highs:
            self.more.append((first, len(highs)))

    @property
    def pages(self) -> int:
        """How many pages come before the calendar."""
        return 1 + len(self.more)

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Draw page 1, or the n-th run after it."""
        if n == 0:
            draw_large_head(canvas, self.context, self.context.agreed_line)
            self._first(canvas)
        else:
            draw_large_head(canvas, self.context, self.words.say("plan_step_by_step"))
            first, last = self.more[n - 1]
            floor = canvas.height - LARGE_FOOT + 8 if n == len(self.more) else None
            self.plan.table(canvas, LARGE_TOP, where, first, last, floor=floor)
        self._foot(canvas, where.first(self) + n, where.pages)

    def _foot(self, canvas: Canvas, page: int, pages: int) -> None:
        words, checked, more = self.words, self.context.facts.help_lines_checked, []
        if page == 1 and checked is not None:
            more.append(words.say("help_checked", date=words.day_year(checked)))
        if page == 1:
            more.append(self.context.advice_line)
        draw_large_foot(canvas, self.context, words.say("bring"), more, page, pages)

    # Page 1

    def _first(self, canvas: Canvas) -> None:
        floor = canvas.height - LARGE_FOOT - 6
        for size in SIZES:
            if self._flow(None, size) <= floor:
                self._flow(canvas, size)
                return
        raise DoesNotFit(what="first_page")

    def _flow(self, canvas: Canvas | None, size: float) -> float:
        """Lay out page 1 at a size, drawing if there is a canvas; returns its lower end."""
        words, context, y = self.words, self.context, LARGE_TOP
        missed = [_Text("missed_text"), _Text("missed_strong", True), _Text("missed_day")]
        y = self._box(canvas, y, size, words.say("missed_head"), missed) + 7
        worse = [_Text("worse_text"), _Text("worse_strong", True)]
        y = self._box(canvas, y, size, words.say("worse_head"), worse) + 7
        head = words.say("emergency_head", number=context.emergency_number)
        y = self._box(canvas, y, size, head, [_Text("emergency_text")], loud=True) + size + 8
        y = self._paragraph(canvas, y, size, context.clinic_name, self.wide, strong=True) - size * 1.28
        if canvas is not None:
            sizes = (27, 23, 20)
            one_line(
                canvas,
                LARGE_MARGIN,
                y + 27,
                context.clinic_phone,
                sizes,
                self.wide,
                "clinic_phone",
                bold=True,
            )
        y += 27 + size * 1.25
        y = self._paragraph(canvas, y, size, context.clinic_hours, self.wide)
        y = self._paragraph(canvas, y, size, context.clinic_address, self.wide) + 5
        y = self._help_lines(canvas, y, size)
        drug = context.drug_title[0].lower() + context.drug_title[1:]
        y = self._paragraph(canvas, y + 4, size, words.say("dangerous_head"), self.wide, strong=True)
        return self._paragraph(canvas, y, size, words.say("dangerous_text", drug=drug), self.wide) - size

    def _help_lines(self, canvas: Canvas | None, y: float, size: float) -> float:
        y = self._paragraph(canvas, y, size, self.words.say("help_lines"), self.wide, strong=True)
        for name, number, note in self.context.help_lines:
            if canvas is not None:
                x = LARGE_MARGIN + canvas.text(LARGE_MARGIN, y, name, size) + 8
                x += canvas.text(x, y, number, size + 2, bold=True) + 8
                if note:
                    canvas.text(x, y, note, size)
            wide = (
                width(name, REGULAR, size) + width(number, BOLD, size + 2) + width(note, REGULAR, size) + 16
            )
            if wide > self.wide:
                raise DoesNotFit(what="help_lines")
            y += size * 1.32
        return y

    def _paragraph(
        self,
        canvas: Canvas | None,
        y: float,
        size: float,
        text: str,
        room: float,
        *,
        strong: bool = False,
        inset: float = 0,
    ) -> float:
        """Draw lines from the baseline y down; returns the next baseline."""
        if not text:
            return y
        face = BOLD if strong else REGULAR
        lines = wrap(text, face, size, room)
        if any(width(line, face, size) > room for line in lines):
            raise DoesNotFit(what="first_page")
        if canvas is not None:
            canvas.lines(LARGE_MARGIN + inset, y, lines, size, size * 1.28, bold=strong)
        return y + size * 1.28 * len(lines)

    def _box(
        self,
        canvas: Canvas | None,
        y: float,
        size: float,
        head: str,
        parts: list[_Text],
        *,
        loud: bool = False,
    ) -> float:
        """Draw a framed box with a head; `loud` gives the black head of an emergency. Returns the y under it."""
        top, inset, room = y, 10.0, self.wide - 20
        base = y + size + 8 + (2 if loud else 0)
        body = base + size * 1.28 + (7 if loud else 2)
        hollow = self.context.facts.low_ink
        end = body
        for part in parts:
            for item in self.words.say(part.text).split("\n"):
                marked = 14.0 if loud else 0.0
                end = self._paragraph(
                    None, end, size, item, room - marked, strong=part.strong, inset=inset + marked
                )
        if canvas is not None:
            foot = end - size * 0.75
            canvas.box(LARGE_MARGIN, top, self.wide, foot - top, thick=2.4 if loud else 1)
            if loud and not hollow:
                canvas.box(LARGE_MARGIN, top, self.wide, size + 16, thick=0, fill=0.0)
            elif loud:
                canvas.rule(LARGE_MARGIN, top + size + 16, LARGE_MARGIN + self.wide, top + size + 16, 1.2)
            canvas.text(LARGE_MARGIN + inset, base, head, size + 3, bold=True, white=loud and not hollow)
            at = body
            for part in parts:
                for item in self.words.say(part.text).split("\n"):
                    if loud:
                        x = LARGE_MARGIN + inset + 4
                        canvas.pdf.circle(x, canvas.height - at + size * 0.32, 2.4, stroke=0, fill=1)
                    marked = 14.0 if loud else 0.0
                    at = self._paragraph(
                        canvas, at, size, item, room - marked, strong=part.strong, inset=inset + marked
                    )
        return end - size * 0.75
