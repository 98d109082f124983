"""The plan and its doses in large print: a row a step, a row a dose, a row a syringe; nothing under 14 points."""

from __future__ import annotations

from functools import cached_property

from plans.documents import shapes
from plans.documents.facts import DoesNotFit
from plans.documents.fonts import BOLD, REGULAR, width
from plans.documents.layout import PageMap
from plans.documents.pen import GREY, Pen
from plans.documents.recipes import recipe_lines, recipes
from plans.documents.sheet import Sheet, one_line
from plans.documents.step_table import Row, rows, steps_shown
from plans.documents.styles import LARGE_MARGIN
from plans.documents.syringes import draw_filling, volumes_of_steps
from plans.documents.text import wrap
from plans.domain.calendar import Mark, Slot, slots

ROW_LEAST = 46.0
LINE = 19.0
DATE_WIDE = 150.0
DOSE_LEAST = 92.0
MARK_WIDE = 138.0
A_LINE = 2
SYRINGE_SCALE = 1.8
SYRINGE_HIGH = 58 * SYRINGE_SCALE + 8


class LargePlan:
    """Measured once; draws runs of its rows on whatever page they fall."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.words, self.recipes = sheet, sheet.words, recipes(sheet)
        self.wide = sheet.short - 2 * LARGE_MARGIN

    # The table of steps

    @cached_property
    def _used(self) -> tuple[Slot, ...]:
        return slots(self.sheet.schedule)

    @cached_property
    def row_high(self) -> float:
        """Height of a step's row: three and four doses a day take two lines, and long dates as many as they need."""
        dates = max((len(self._dates(row)) for row in self._rows(PageMap({}, 0))), default=2)
        entries = -(-len(self._used) // A_LINE) * self._entry_high
        return max(ROW_LEAST, 8 + LINE * dates, 8 + entries)

    @property
    def _entry_high(self) -> float:
        return LINE * (3 if self.sheet.many_drugs else 2)

    def _rows(self, where: PageMap) -> list[Row]:
        return rows(self.sheet, where, weekday=False, year=True)

    def _dates(self, row: Row) -> list[str]:
        room = self._date_wide - 8
        return [line for text in self._date_texts(row) for line in wrap(text, REGULAR, 14, room)]

    def _date_texts(self, row: Row) -> tuple[str, str]:
        return row.start, self.words.say("to_date", date=row.until)

    @cached_property
    def _date_wide(self) -> float:
        """As wide as the longest date, while the doses keep their least room."""
        texts = [text for row in self._rows(PageMap({}, 0)) for text in self._date_texts(row)]
        longest = max((width(text, REGULAR, 14) for text in texts), default=0.0)
        most = self.wide - MARK_WIDE - A_LINE * DOSE_LEAST
        return max(DATE_WIDE, min(longest + 10, most))

    def table(
        self, pen: Pen, y: float, where: PageMap, first: int, last: int, *, floor: float | None
    ) -> None:
        """Draw some steps from y down; with a floor also what comes after the last one. Raises DoesNotFit."""
        for n, row in enumerate(self._rows(where)[first:last], start=first):
            # A form of its own: reading back knows by it which doses belong to which step.
            with pen.form(f"step-{n}", self.wide, self.row_high) as surface:
                self._row(surface, row)
            pen.place(f"step-{n}", LARGE_MARGIN, y, self.row_high)
            y += self.row_high
            pen.rule(LARGE_MARGIN, y, LARGE_MARGIN + self.wide, y, 0.8)
        if floor is not None:
            self._ending(pen, y + 20, floor)

    def _ending(self, pen: Pen, y: float, floor: float) -> None:
        facts = self.sheet.facts
        visits = [self.words.day_year(day) for day in facts.follow_up if day >= facts.made_on]
        said = [(self.sheet.last_day_line, 15.0, True), (self.sheet.after_last_day, 15.0, False)]
        if visits:
            said.append((f"{self.words.say('follow_up')} {self.words.listed(visits)}", 14.0, False))
        for text, size, strong in said:
            if text:
                lines = wrap(text, BOLD if strong else REGULAR, size, self.wide)
                y = pen.lines(LARGE_MARGIN, y, lines, size, size * 1.28, bold=strong)
        if y > floor:
            raise DoesNotFit(what="after_last_day")

    def _row(self, pen: Pen, row: Row) -> None:
        if row.mark is Mark.HOLD and not self.sheet.facts.low_ink:
            pen.box(0, 0, self.wide, self.row_high, thick=0, fill=GREY)
        pen.lines(3, LINE, self._dates(row), 14, LINE)
        columns = min(A_LINE, len(self._used))
        step = (self.wide - self._date_wide - MARK_WIDE) / max(1, columns)
        for n, slot in enumerate(self._used):
            line, column = divmod(n, A_LINE)
            self._entry(pen, self._date_wide + column * step, line * self._entry_high, step, row, slot)
        self._mark(pen, self.wide - MARK_WIDE + 4, LINE, row)

    def _entry(self, pen: Pen, x: float, y: float, wide: float, row: Row, slot: Slot) -> None:
        entry, words = row.entries.get(slot), self.words
        if entry is None:
            return
        text, base = words.mg(entry.dose) if entry.dose else words.say("no_dose"), y + LINE
        size = one_line(pen, x, base, text, (18, 16, 15, 14), wide - 6, "dose", bold=True)
        if entry.changed:
            pen.rule(x, base + 3, x + width(text, BOLD, size), base + 3, 1.8)
        one_line(pen, x, base + LINE, words.times[slot.time], (14,), wide - 4, "time")
        if self.sheet.many_drugs:
            one_line(pen, x, base + 2 * LINE, slot.drug, (14,), wide - 4, "drug")

    def _mark(self, pen: Pen, x: float, base: float, row: Row) -> None:
        if row.mark is not None:
            key = {Mark.START: "start", Mark.HOLD: "hold"}.get(row.mark, "new_dose")
            shift = 15 if key == "new_dose" else 0
            if shift:
                shapes.triangle(pen, x, base, 13, up=row.mark is Mark.NEW_HIGHER)
            sizes = (14, 13, 12)
            one_line(
                pen, x + shift, base, self.words.say(key), sizes, MARK_WIDE - 6 - shift, "mark", bold=True
            )
        one_line(pen, x, base + LINE, row.pages, (14, 13, 12), MARK_WIDE - 6, "pages")

    # The doses

    @cached_property
    def recipe_high(self) -> float:
        """Height of a dose's row."""
        most = max((len(recipe_lines(self.sheet, recipe)) for recipe in self.recipes), default=1)
        return max(40.0, 22.0 * most + 12)

    def doses(self, pen: Pen, y: float, first: int, last: int) -> None:
        """Draw how some doses are made, from y down."""
        for recipe in self.recipes[first:last]:
            middle = y + self.recipe_high / 2
            pen.text(LARGE_MARGIN + 3, middle + 7, self.words.mg(recipe.dose), 20, bold=True)
            at = LARGE_MARGIN + 120
            for piece in recipe.pieces:
                used = self.sheet.draw_piece(pen, at, middle, 22, piece, pitch=1.2)
                at += used + (6 if used else 0)
            lines = recipe_lines(self.sheet, recipe)
            x = max(at + 6, LARGE_MARGIN + 225)
            base = middle - 22 * (len(lines) - 1) / 2 + 6
            for line in lines:
                one_line(pen, x, base, line, (18, 17, 16, 15, 14), LARGE_MARGIN + self.wide - x, "recipe")
                base += 22
            y += self.recipe_high
            pen.rule(LARGE_MARGIN, y, LARGE_MARGIN + self.wide, y, 0.8)

    def syringes(self, pen: Pen, y: float, first: int, last: int) -> None:
        """Draw how some volumes are measured, from y down."""
        for filling in volumes_of_steps(steps_shown(self.sheet))[first:last]:
            draw_filling(pen, self.sheet, filling, LARGE_MARGIN, y, self.wide, scale=SYRINGE_SCALE)
            y += SYRINGE_HIGH
        pen.text(LARGE_MARGIN, y + 14, self.words.say("never_spoon"), 15, bold=True)
