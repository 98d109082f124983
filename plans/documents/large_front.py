"""The pages before a large-print calendar: what to do and whom to call on page 1, then the plan, then the doses.

Nothing here is smaller than 14 points but the line of the version.
"""

from __future__ import annotations

from dataclasses import dataclass

from plans.documents import shapes
from plans.documents.facts import DoesNotFit
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.footer import version_lines
from plans.documents.layout import PageMap
from plans.documents.pen import GREY, Pen
from plans.documents.qr import draw as draw_code
from plans.documents.recipes import Recipe, recipe_lines, recipes
from plans.documents.sheet import Sheet, block, one_line
from plans.documents.step_table import Row, rows, steps_shown
from plans.documents.styles import LARGE_MARGIN
from plans.documents.syringes import draw_filling, volumes_of_steps
from plans.documents.text import wrap
from plans.domain.calendar import Mark, slots

TOP = 96.0
FOOT = 122.0
ROW = 46.0
DATE_WIDE = 150.0
SYRINGE_SCALE = 1.8
CODE_SIDE = 88.0
SIZES = (16.0, 15.0, 14.0)


@dataclass(frozen=True)
class _Text:
    """A paragraph of page 1."""

    text: str
    strong: bool = False


class LargeFront:
    """Shares the large-print front out over pages when made, and draws them once the page numbers are known."""

    def __init__(self, sheet: Sheet, steps: int, fillings: int) -> None:
        self.sheet, self.words, self.recipes = sheet, sheet.words, recipes(sheet)
        self.wide = sheet.short - 2 * LARGE_MARGIN
        room = sheet.long - TOP - FOOT - 40
        self.more: list[tuple[str, int, int]] = []
        self._share("table", steps, int((room - 70) // ROW))
        self._share("doses", len(self.recipes), int(room // self._recipe_high()))
        self._share("syringes", fillings, int(room // (58 * SYRINGE_SCALE + 8)))

    def _share(self, kind: str, count: int, each: int) -> None:
        if each < 1:
            raise DoesNotFit(what="first_page")
        self.more += [(kind, n, min(n + each, count)) for n in range(0, count, each)]

    @property
    def pages(self) -> int:
        """How many pages stand before the calendar."""
        return 1 + len(self.more)

    def draw(self, pen: Pen, n: int, where: PageMap) -> None:
        """Draw the n-th page (0 is page 1)."""
        kind, first, last = ("", 0, 0) if n == 0 else self.more[n - 1]
        if kind == "":
            self._head(pen, self.words.say("plan_agreed", clinician=self.sheet.clinician))
            self._first(pen)
        elif kind == "table":
            self._head(pen, self.words.say("plan_step_by_step"))
            self._table(pen, where, first, last, ends=(n == len(self.more) or self.more[n][0] != "table"))
        elif kind == "doses":
            self._head(pen, self.words.say("how_to_make"))
            self._doses(pen, self.recipes[first:last])
        else:
            self._head(pen, self.words.say("measure_head"))
            self._syringes(pen, first, last)
        self._foot(pen, n + 1, where.pages)

    def _head(self, pen: Pen, line: str) -> None:
        sheet, left, right = self.sheet, LARGE_MARGIN, self.sheet.short - LARGE_MARGIN
        used = one_line(pen, left, 50, sheet.drug_title, (32, 28, 24, 20), self.wide * 0.6, "drug", bold=True)
        room = self.wide - width(sheet.drug_title, BOLD, used) - 14
        name, size = sheet.name_in(room, (19, 17, 15, 14, 12))
        pen.text(right, 48, name, size, bold=True, align="right")
        born = pen.text(right, 80, sheet.second_fact, 16, align="right")
        lines, size = block(line, (16, 15, 14, 13, 12), self.wide - born - 12, 34, "clinician", lead=1.1)
        pen.lines(left, 80 if len(lines) == 1 else 70, lines, size, size * 1.1)
        pen.rule(left, 90, right, 90, 1.4)

    def _foot(self, pen: Pen, page: int, pages: int) -> None:
        sheet, words, left = self.sheet, self.words, LARGE_MARGIN
        top, right = pen.height - FOOT, sheet.short - LARGE_MARGIN
        pen.rule(left, top, right, top, 1.2)
        room = self.wide - CODE_SIDE - 8
        one_line(pen, left, top + 20, words.say("bring"), (15, 14), room, "bring", bold=True)
        base = top + 36
        for line in version_lines(sheet):
            one_line(pen, left, base, line, (12, 11, 10), room, "version")
            base += 14
        if page == 1 and sheet.facts.help_lines_checked is not None:
            checked = words.say("help_checked", date=words.day_year(sheet.facts.help_lines_checked))
            one_line(pen, left, base, checked, (12, 11, 10), room, "help_lines")
        pen.text(left, pen.height - 22, words.say("page_of", page=page, pages=pages), 15, bold=True)
        pen.text(right - CODE_SIDE - 8, pen.height - 22, words.say("scan"), 12, bold=True, align="right")
        draw_code(pen, right - CODE_SIDE, top + 6, CODE_SIDE, sheet.facts.status_url)

    # Page 1

    def _first(self, pen: Pen) -> None:
        floor = pen.height - FOOT - 6
        for size in SIZES:
            if self._flow(None, size) <= floor:
                self._flow(pen, size)
                return
        raise DoesNotFit(what="first_page")

    def _flow(self, pen: Pen | None, size: float) -> float:
        """Lay page 1 out at a size, drawing if there is a pen; returns where it ends."""
        words, sheet, y = self.words, self.sheet, TOP
        missed = [_Text("missed_text"), _Text("missed_strong", True), _Text("missed_day")]
        y = self._box(pen, y, size, words.say("missed_head"), missed) + 7
        worse = [_Text("worse_text"), _Text("worse_strong", True)]
        y = self._box(pen, y, size, words.say("worse_head"), worse) + 7
        head = words.say("emergency_head", number=sheet.emergency_number)
        y = self._box(pen, y, size, head, [_Text("emergency_text")], loud=True) + size + 8
        if pen is not None:
            one_line(pen, LARGE_MARGIN, y, sheet.clinic_name, SIZES, self.wide, "clinic_name", bold=True)
            one_line(
                pen,
                LARGE_MARGIN,
                y + 27,
                sheet.clinic_phone,
                (27, 23, 20),
                self.wide,
                "clinic_phone",
                bold=True,
            )
        y += 27 + size * 1.25
        y = self._paragraph(pen, y, size, sheet.clinic_hours, self.wide) + 5
        y = self._help_lines(pen, y, size)
        drug = sheet.drug_title[0].lower() + sheet.drug_title[1:]
        y = self._paragraph(pen, y + 4, size, words.say("dangerous_head"), self.wide, strong=True)
        return self._paragraph(pen, y, size, words.say("dangerous_text", drug=drug), self.wide) - size

    def _help_lines(self, pen: Pen | None, y: float, size: float) -> float:
        y = self._paragraph(pen, y, size, self.words.say("help_lines"), self.wide, strong=True)
        for name, number, note in self.sheet.help_lines:
            if pen is not None:
                x = LARGE_MARGIN + pen.text(LARGE_MARGIN, y, name, size) + 8
                x += pen.text(x, y, number, size + 2, bold=True) + 8
                if note:
                    pen.text(x, y, note, size)
            wide = (
                width(name, REGULAR, size) + width(number, BOLD, size + 2) + width(note, REGULAR, size) + 16
            )
            if wide > self.wide:
                raise DoesNotFit(what="help_lines")
            y += size * 1.32
        return y

    def _paragraph(
        self,
        pen: Pen | None,
        y: float,
        size: float,
        text: str,
        room: float,
        *,
        strong: bool = False,
        inset: float = 0,
    ) -> float:
        """Lines from the baseline y down; returns the baseline after them."""
        if not text:
            return y
        face = BOLD if strong else REGULAR
        lines = wrap(text, face, size, room)
        if any(width(line, face, size) > room for line in lines):
            raise DoesNotFit(what="first_page")
        if pen is not None:
            pen.lines(LARGE_MARGIN + inset, y, lines, size, size * 1.28, bold=strong)
        return y + size * 1.28 * len(lines)

    def _box(
        self, pen: Pen | None, y: float, size: float, head: str, parts: list[_Text], *, loud: bool = False
    ) -> float:
        """A framed box with a head; `loud` is the emergency's black head. Returns the y under it."""
        top, inset, room = y, 10.0, self.wide - 20
        base = y + size + 8 + (2 if loud else 0)
        body = base + size * 1.28 + (7 if loud else 2)
        hollow = self.sheet.facts.low_ink
        end = body
        for part in parts:
            for item in self.words.say(part.text).split("\n"):
                marked = 14.0 if loud else 0.0
                end = self._paragraph(
                    None, end, size, item, room - marked, strong=part.strong, inset=inset + marked
                )
        if pen is not None:
            foot = end - size * 0.75
            pen.box(LARGE_MARGIN, top, self.wide, foot - top, thick=2.4 if loud else 1)
            if loud and not hollow:
                pen.box(LARGE_MARGIN, top, self.wide, size + 16, thick=0, fill=0.0)
            elif loud:
                pen.rule(LARGE_MARGIN, top + size + 16, LARGE_MARGIN + self.wide, top + size + 16, 1.2)
            pen.text(LARGE_MARGIN + inset, base, head, size + 3, bold=True, white=loud and not hollow)
            at = body
            for part in parts:
                for item in self.words.say(part.text).split("\n"):
                    if loud:
                        x = LARGE_MARGIN + inset + 4
                        pen.canvas.circle(x, pen.height - at + size * 0.32, 2.4, stroke=0, fill=1)
                    marked = 14.0 if loud else 0.0
                    at = self._paragraph(
                        pen, at, size, item, room - marked, strong=part.strong, inset=inset + marked
                    )
        return end - size * 0.75

    # The plan and the doses

    def _table(self, pen: Pen, where: PageMap, first: int, last: int, *, ends: bool) -> None:
        y = TOP
        for row in rows(self.sheet, where, weekday=False, year=True)[first:last]:
            self._row(pen, y, row)
            y += ROW
            pen.rule(LARGE_MARGIN, y, LARGE_MARGIN + self.wide, y, 0.8)
        if ends:
            y = self._paragraph(pen, y + 20, 15, self.sheet.last_day_line, self.wide, strong=True)
            y = self._paragraph(pen, y, 15, self.sheet.after_last_day, self.wide)
            visits = [
                self.words.day_year(day)
                for day in self.sheet.facts.follow_up
                if day >= self.sheet.facts.made_on
            ]
            if visits:
                text = f"{self.words.say('follow_up')} {self.words.listed(visits)}"
                y = self._paragraph(pen, y, 14, text, self.wide)
            if y > pen.height - FOOT + 8:
                raise DoesNotFit(what="after_last_day")

    def _row(self, pen: Pen, y: float, row: Row) -> None:
        sheet, words, left = self.sheet, self.words, LARGE_MARGIN
        if row.mark is Mark.HOLD and not sheet.facts.low_ink:
            pen.box(left, y, self.wide, ROW, thick=0, fill=GREY)
        upper, lower = y + 19, y + 38
        pen.text(left + 3, upper, row.start, 14)
        one_line(
            pen, left + 3, lower, words.say("to_date", date=row.until), (14, 13, 12), DATE_WIDE - 8, "until"
        )
        used = slots(sheet.schedule)
        last = 138.0
        step = (self.wide - DATE_WIDE - last) / max(1, len(used))
        for n, slot in enumerate(used):
            entry = row.entries.get(slot)
            if entry is None:
                continue
            x = left + DATE_WIDE + n * step
            text = words.mg(entry.dose) if entry.dose else words.say("no_dose")
            size = one_line(pen, x, upper, text, (18, 16, 15, 14), step - 6, "dose", bold=True)
            if entry.changed:
                pen.rule(x, upper + 3, x + width(text, BOLD, size), upper + 3, 1.8)
            under = f"{words.times[slot.time]} {slot.drug}" if sheet.many_drugs else words.times[slot.time]
            one_line(pen, x, lower, under, (14, 13, 12), step - 4, "time")
        x = left + self.wide - last + 4
        if row.mark is not None:
            key = {Mark.START: "start", Mark.HOLD: "hold"}.get(row.mark, "new_dose")
            if key == "new_dose":
                shapes.triangle(pen, x, upper, 13, up=row.mark is Mark.NEW_HIGHER)
            shift = 15 if key == "new_dose" else 0
            one_line(pen, x + shift, upper, words.say(key), (14, 13, 12), last - 6 - shift, "mark", bold=True)
        pen.text(x, lower, row.pages, 14)

    def _recipe_high(self) -> float:
        most = max((len(recipe_lines(self.sheet, recipe)) for recipe in self.recipes), default=1)
        return max(40.0, 22.0 * most + 12)

    def _doses(self, pen: Pen, some: list[Recipe]) -> None:
        y, high = TOP, self._recipe_high()
        for recipe in some:
            middle = y + high / 2
            pen.text(LARGE_MARGIN + 3, middle + 7, self.words.mg(recipe.dose), 20, bold=True)
            at = LARGE_MARGIN + 120
            for piece in recipe.pieces:
                used = self.sheet.draw_piece(pen, at, middle, 22, piece, pitch=1.2)
                at += used + (6 if used else 0)
            lines = recipe_lines(self.sheet, recipe)
            x = max(at + 6, LARGE_MARGIN + 225)
            room = LARGE_MARGIN + self.wide - x
            base = middle - 22 * (len(lines) - 1) / 2 + 6
            for line in lines:
                one_line(pen, x, base, line, (18, 17, 16, 15, 14), room, "recipe")
                base += 22
            y += high
            pen.rule(LARGE_MARGIN, y, LARGE_MARGIN + self.wide, y, 0.8)

    def _syringes(self, pen: Pen, first: int, last: int) -> None:
        y = TOP
        for filling in volumes_of_steps(steps_shown(self.sheet))[first:last]:
            draw_filling(pen, self.sheet, filling, LARGE_MARGIN, y, self.wide, scale=SYRINGE_SCALE)
            y += 58 * SYRINGE_SCALE + 8
        pen.text(LARGE_MARGIN, y + 14, self.words.say("never_spoon"), 15, bold=True)
