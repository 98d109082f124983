"""The plan as a table: one row per step, doses by time of day, what is new, and the calendar page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plans.documents.calendar.context import CalendarContext
from plans.documents.engine import signs
from plans.documents.engine.canvas import GREY, Canvas
from plans.documents.engine.fonts import BOLD, REGULAR, width
from plans.documents.engine.section import PageMap
from plans.domain.documents.calendar import CHANGES, DayMark, Entry, Slot, slots
from plans.domain.documents.facts import DoesNotFit
from plans.domain.documents.words import Words
from plans.domain.taper.schedule import Step

HEAD_HIGH = 16.0
PAD = 4.0


@dataclass(frozen=True)
class StepTableRow:
    """One row of the table."""

    step: Step
    start: str
    until: str
    entries: dict[Slot, list[Entry]]
    mark: DayMark | None
    pages: str


def entries_text(words: Words, said: list[Entry]) -> str:
    """What a step says of a slot: "0.5 mg", "no dose", "5 mg, 3 of 7 days", or "1 mg or 0.5 mg" by the day of the week;
    nothing before its first dose."""
    if len(said) > 1:
        return words.listed([words.mg(entry.dose) for entry in said], link="or")
    return "".join(
        words.of_week(words.mg(entry.dose), entry.weekdays) if entry.dose else words.say("no_dose")
        for entry in said
    )


def pages_text(context: CalendarContext, pages: list[int]) -> str:
    """ "page 2", "pages 2, 3", "pages 2 to 5"."""
    if not pages:
        return ""
    if len(pages) == 1:
        return context.words.say("one_page", page=pages[0])
    key = "two_pages" if len(pages) == 2 else "many_pages"
    return context.words.say(key, first=pages[0], last=pages[-1])


def rows(context: CalendarContext, where: PageMap, *, weekday: bool, year: bool) -> list[StepTableRow]:
    """The table's rows, with weekdays or years in dates as asked. A running step keeps its own first day."""
    words, found = context.words, []
    for step in context.steps_shown:
        form = {
            (True, True): words.weekday_day_year,
            (True, False): words.weekday_day,
            (False, True): words.day_year,
            (False, False): words.day,
        }[weekday, year]
        until = (
            words.day_year(step.end) if step.end.year != step.start.year or not year else words.day(step.end)
        )
        days = [step.start + timedelta(days=n) for n in range(step.days)]
        said: dict[Slot, list[Entry]] = {}
        for entry in context.steps.entries(step):
            said.setdefault(entry.slot, []).append(entry)
        pages = pages_text(context, where.of_days(days))
        found.append(StepTableRow(step, form(step.start), until, said, context.steps.mark(step), pages))
    return found


@dataclass(frozen=True)
class StepTable:
    """A table measured for a width: column edges, the text size, its rows."""

    context: CalendarContext
    rows: list[StepTableRow]
    slots: tuple[Slot, ...]
    size: float
    edges: list[float]
    with_total: bool

    @staticmethod
    def has_room(context: CalendarContext, wide: float) -> bool:
        """Whether every dose of a day fits a column, whatever page numbers the calendar will have."""
        days = (context.schedule.end - context.schedule.start).days + 1
        # The longest page numbers: three digits.
        guess = {context.schedule.start + timedelta(days=n): 100 + n // 7 for n in range(days)}
        try:
            StepTable.measured(context, PageMap(guess, 999), wide)
        except DoesNotFit:
            return False
        return True

    @staticmethod
    def measured(
        context: CalendarContext, where: PageMap, wide: float, *, sizes: tuple[float, ...] = (10.0, 9.0, 8.0)
    ) -> StepTable:
        """The fullest form that fits: weekdays are dropped first, then sizes reduced, then the day total dropped.
        Raises DoesNotFit."""
        used = slots(context.schedule)
        # Milligrams of different drugs do not add up.
        totals = (False,) if context.many_drugs else (True, False)
        for with_total in totals:
            for size in sizes:
                for weekday, year in ((True, True), (False, True)):
                    table = StepTable(
                        context, rows(context, where, weekday=weekday, year=year), used, size, [], with_total
                    )
                    natural = table.natural()
                    spare = wide - sum(natural)
                    if spare >= 0:
                        edges, x = [0.0], 0.0
                        for column in natural:
                            x += column + spare / len(natural)
                            edges.append(x)
                        return StepTable(context, table.rows, used, size, edges, with_total)
        raise DoesNotFit(what="step_table")

    def heads(self) -> list[list[str]]:
        """Headings of one or two lines: with two drugs the drug is under the time."""
        words = self.context.words
        middle = [
            [words.time(slot.time), slot.drug] if self.context.many_drugs else [words.time(slot.time)]
            for slot in self.slots
        ]
        total = [[words.say("day_total")]] if self.with_total else []
        return [[words.say("from")], [words.say("until")], *middle, *total, [""], [words.say("calendar")]]

    def mark_words(self, mark: DayMark | None) -> str:
        """The words in the column of marks."""
        if mark is None:
            return ""
        return self.context.words.say(mark.value)

    def dose_text(self, row: StepTableRow, slot: Slot) -> str:
        """ "0.5 mg", "no dose", or nothing before the slot's first dose."""
        return entries_text(self.context.words, row.entries.get(slot, []))

    def _total(self, row: StepTableRow) -> str:
        """A day's milligrams, only in a table of one drug."""
        return self.context.words.day_total(row.step, self.context.drugs[0])

    def natural(self) -> list[float]:
        """Each column's natural width with its padding."""
        size, big = self.size, self.size + 1.5
        columns = [
            [(row.start, REGULAR, size) for row in self.rows],
            [(row.until, REGULAR, size) for row in self.rows],
        ]
        columns += [[(self.dose_text(row, slot), BOLD, big) for row in self.rows] for slot in self.slots]
        if self.with_total:
            columns.append([(self._total(row), REGULAR, size) for row in self.rows])
        columns.append([(f"mm {self.mark_words(row.mark)}", BOLD, size - 0.5) for row in self.rows])
        columns.append([(row.pages, REGULAR, size) for row in self.rows])
        return [
            max([width(*cell) for cell in cells] + [width(line, BOLD, size) for line in head]) + 2 * PAD
            for cells, head in zip(columns, self.heads(), strict=True)
        ]

    def head_high(self) -> float:
        """Height of the headings."""
        return HEAD_HIGH + (11 if self.context.many_drugs else 0)

    def draw(self, canvas: Canvas, left: float, y: float, high: float, some: list[StepTableRow]) -> float:
        """Draw headings and some rows, each `high` points, from y down; returns the y under the last rule."""
        size, edges = self.size, self.edges
        right, top, y = left + edges[-1], y, y + self.head_high()
        for n, head in enumerate(self.heads()):
            for k, line in enumerate(head):
                base = y - 5 - 11 * (len(head) - 1 - k)
                last = n == len(edges) - 2
                x = left + edges[n + 1] - PAD if last else left + edges[n] + PAD
                canvas.text(x, base, line, size, bold=True, align="right" if last else "left")
        canvas.rule(left, y, right, y, 0.8)
        for row in some:
            self._row(canvas, left, y, high, row)
            y += high
            canvas.rule(left, y, right, y)
        for n in range(2, len(edges) - 2 + 1):
            if n <= 2 + len(self.slots) + (1 if self.with_total else 0):
                canvas.rule(left + edges[n], top + 2, left + edges[n], y)
        return y

    def _row(self, canvas: Canvas, left: float, y: float, high: float, row: StepTableRow) -> None:
        size, edges, base = self.size, self.edges, y + high / 2 + self.size * 0.36
        if row.mark is DayMark.HOLD and not self.context.facts.low_ink:
            canvas.box(left, y, edges[-1], high, thick=0, fill=GREY)
        canvas.text(left + edges[0] + PAD, base, row.start, size)
        canvas.text(left + edges[1] + PAD, base, row.until, size)
        n = 2
        for slot in self.slots:
            text, said, x = self.dose_text(row, slot), row.entries.get(slot), left + edges[n] + PAD
            if said:
                wide = canvas.text(x, base, text, size + 1.5 if said[0].dose else size, bold=True)
                if said[0].changed:
                    canvas.rule(x, base + 2.2, x + wide, base + 2.2, 1.2)
            n += 1
        if self.with_total:
            canvas.text(left + edges[n] + PAD, base, self._total(row), size)
            n += 1
        x = left + edges[n] + PAD
        if row.mark in CHANGES:
            signs.change(canvas, x, base, size - 1, row.mark.value)
            x += size + 1
        canvas.text(x, base, self.mark_words(row.mark), size - 0.5, bold=True)
        canvas.text(left + edges[-1] - PAD, base, row.pages, size, align="right")
