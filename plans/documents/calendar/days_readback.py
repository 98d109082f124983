"""Reads every day of a finished calendar back, from its month or week pages and the table of pieces.

It checks that every day of the plan occurs once and no other, on the right weekday; that each day's pieces times
strength make its milligrams, and so do the drawn tablets; and that milligrams and marks are the schedule's. Phrases are
looked up in reverse: every phrase that may be printed is generated for every product and count, and what is found must
be one of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from plans.documents.calendar.front_readback import check_visits
from plans.documents.readback.checks import Facts, PdfDefect
from plans.documents.readback.pdf import OUTLINES, Placed, Shown, Sign, TextRun, plain
from plans.domain.amounts import Dose, Volume
from plans.domain.documents.calendar import last_shown_day, mark_of, slots
from plans.domain.documents.facts import CalendarFacts
from plans.domain.errors import TaperplanError
from plans.domain.taper.products import MOST_DROPS, Product, Take
from plans.domain.taper.schedule import StepKind, TimeOfDay

_AMOUNT: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?) (mg|mL)\Z")
_DAY: Final = re.compile(r"[1-9][0-9]?\Z")
MARKERS: Final = (
    "start", "new_dose", "rise", "switch", "spread_same", "spread_times", "hold", "last_day",
)  # fmt: skip


@dataclass(slots=True)
class ReadEntry:
    """One time of day as read: the milligrams, and the pieces under them."""

    time: TimeOfDay
    drug: str | None = None
    dose: Dose | None = None
    pieces: list[Take] = field(default_factory=list)
    volume: Volume | None = None

    @property
    def made(self) -> Dose:
        """The dose that the pieces add up to."""
        return Dose(sum(piece.dose.units for piece in self.pieces))


@dataclass(slots=True)
class ReadDay:
    """A day as read; `unknown` are texts without a meaning, `markers` the marks in words."""

    number: int
    month: str
    weekday: str
    entries: list[ReadEntry]
    markers: list[str]
    unknown: list[str]
    table_page: int = 0
    signs: list[Sign] = field(default_factory=list)


class Phrases:
    """The reverse dictionary of a plan's phrases: words → what is taken. Two meanings of one phrase are a
    contradiction; none overrides the other."""

    def __init__(self, facts: CalendarFacts) -> None:
        words, self.words = facts.words, facts.words
        self.products: tuple[Product, ...] = tuple(sorted(facts.schedule.products_taken))
        self.by_words: dict[str, list[Take]] = {}
        for product in self.products:
            if product.is_liquid:
                continue
            most = MOST_DROPS + 1 if product.is_drops else len(words.numbers)
            for quarters in (1, 2, 3, *range(4, 4 * most, 4)):
                take = Take(product, quarters=quarters)
                try:
                    phrase = words.piece(take)
                except TaperplanError:
                    continue
                self.by_words.setdefault(plain(phrase.replace("|", " ")), []).append(take)
        self.times = {plain(words.time(time)): time for time in facts.schedule.times}
        self.drugs = frozenset(facts.schedule.drugs)
        self.markers = {plain(words.say(key)): key for key in MARKERS}
        # In table form a cell names the page of its pieces.
        self.pointers = {plain(words.say("pieces_on", page=n)): n for n in range(2, 400)}

    def amount(self, text: str) -> Dose | Volume | None:
        """Read a dose or volume in the language's notation; None if the text is neither."""
        found = _AMOUNT.match(text)
        if found is None:
            return None
        number = found.group(1)
        if self.words.decimal_mark != "." and "." in number:
            return None
        number = number.replace(self.words.decimal_mark, ".")
        try:
            return Dose.parse(number) if found.group(2) == "mg" else Volume.parse(number)
        except TaperplanError:
            return None

    def liquid(self, name: str, drug: str | None) -> Product | None:
        """The liquid of a name, of one drug if that is known; None if there is none or more than one."""
        found = [product for product in self.products if product.is_liquid and drug in (None, product.drug)]
        full = [product for product in found if name in self._named(self.words.product(product))]
        short = [product for product in found if name in self._named(self.words.forms[product.form].name)]
        if full or len(found) > 1:
            return full[0] if len(full) == 1 else None
        return short[0] if len(short) == 1 else None

    def _named(self, name: str) -> tuple[str, str]:
        """A bottle's name by itself, and after a volume."""
        after = self.words.say("volume_of", volume="", product=name).replace("|", " ")
        return plain(name), plain(after).strip()

    def takes(self, phrase: str, drug: str | None) -> list[Take]:
        """The takes that a phrase may mean, of one drug if that is known."""
        return [take for take in self.by_words.get(phrase, []) if drug is None or take.product.drug == drug]


def find_days(shown: Shown, phrases: Phrases) -> list[ReadDay]:
    """Every day on a page: placed forms with a bold day number stamped into them."""
    weekdays = set(phrases.words.weekdays)
    months = set(phrases.words.months)
    heads = [run for run in shown.runs if run.text in weekdays]
    found = []
    for form in shown.forms:
        inside = [run for run in shown.runs if form.box.holds(run.x, run.y)]
        numbers = [run for run in inside if run.bold and _DAY.match(run.text)]
        if not numbers:
            continue
        named = [run.text for run in inside if run.text in months]
        weekday = _weekday([run for run in inside if run.text in weekdays] or heads, form)
        rest = [run for run in inside if not _DAY.match(run.text) and run.text not in weekdays | months]
        pointed = [phrases.pointers[run.text] for run in rest if run.text in phrases.pointers]
        rest = [run for run in rest if run.text not in phrases.pointers]
        day = read_cell([*form.runs, *rest], phrases)
        day.number, day.month, day.weekday = int(numbers[0].text), "".join(named), weekday
        day.signs = form.signs
        day.table_page = pointed[0] if pointed else 0
        day.unknown += [run.text for run in numbers[1:]]
        found.append(day)
    return found


def find_table(
    shown: Shown, phrases: Phrases, spans: Mapping[str, int]
) -> dict[tuple[int, TimeOfDay], ReadEntry]:
    """The rows of a table of pieces: (step, time of day) → what is taken. `spans` are the steps' printed dates."""
    found = {}
    for form in shown.forms:
        steps = [spans[run.text] for run in form.runs if run.text in spans]
        if len(steps) == 1:
            row = read_cell([run for run in form.runs if run.text not in spans], phrases)
            if len(row.entries) == 1 and not row.unknown:
                found[steps[0], row.entries[0].time] = row.entries[0]
    return found


def _weekday(heads: list[TextRun], form: Placed) -> str:
    """The weekday in the box or above its column: the nearest start within the column."""
    left, right = form.box.x, form.box.x + form.box.wide
    over = [run.text for run in heads if left - 0.5 <= run.x < right]
    return over[0] if len(over) == 1 else ""


def read_cell(runs: list[TextRun], phrases: Phrases) -> ReadDay:
    """The doses and marks in a day's texts, read column by column and line by line."""
    reader = _CellReader(phrases)
    for run in _in_order(runs, phrases):
        reader.take(run)
    return reader.end()


class _CellReader:
    """Reads a cell's texts in order; `_waiting` is the beginning of a phrase that continues on the next line."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases, self._waiting = phrases, ""
        self._day = ReadDay(0, "", "", [], [], [])

    def take(self, run: TextRun) -> None:
        """Read one text."""
        day, phrases, text = self._day, self._phrases, run.text
        entry = day.entries[-1] if day.entries else None
        if text in phrases.times:
            self._give_up()
            day.entries.append(ReadEntry(phrases.times[text]))
        elif text in phrases.markers:
            # A mark is beside the lines, not between them.
            day.markers.append(phrases.markers[text])
        elif entry is None:
            day.unknown.append(text)
        elif _another(entry, run, phrases):
            # A second drug at the same time of day: entries begin in bold.
            self._give_up()
            day.entries.append(ReadEntry(entry.time))
            _amount(day.entries[-1], text, phrases)
        elif not (_amount(entry, text, phrases) or _drug(entry, text, phrases)):
            self._piece(entry, text)

    def _give_up(self) -> None:
        """Report an unfinished phrase as unknown."""
        if self._waiting:
            self._day.unknown.append(self._waiting)
        self._waiting = ""

    def _piece(self, entry: ReadEntry, text: str) -> None:
        phrase = f"{self._waiting} {text}".strip()
        takes = self._phrases.takes(phrase, entry.drug)
        if len(takes) == 1:
            entry.pieces.append(takes[0])
            self._waiting = ""
        elif takes:
            self._day.unknown.append(phrase)
            self._waiting = ""
        elif self._waiting and _drug(entry, phrase, self._phrases):
            self._waiting = ""
        else:
            self._waiting = phrase

    def end(self) -> ReadDay:
        """The day, after all texts were read."""
        self._give_up()
        for entry in self._day.entries:
            _measure(entry, self._phrases)
        return self._day


def _in_order(runs: list[TextRun], phrases: Phrases) -> list[TextRun]:
    """Sort texts into reading order. Times beside each other (large print) begin their own columns."""
    starts = sorted({round(run.x) for run in runs if run.text in phrases.times})
    columns = [x for n, x in enumerate(starts) if n == 0 or x - starts[n - 1] > 60]

    def column(run: TextRun) -> int:
        # A box and a drawing are left of the time, and words may begin a little left of it too.
        return sum(1 for x in columns[1:] if run.x >= x - 30)

    return sorted(runs, key=lambda run: (column(run), -round(run.y, 1), run.x))


def _another(entry: ReadEntry, run: TextRun, phrases: Phrases) -> bool:
    """Whether a text is the amount that begins another drug's entry."""
    leads = run.text == plain(phrases.words.say("no_dose")) or phrases.amount(run.text) is not None
    return run.bold and leads and entry.drug is not None and (entry.dose, entry.volume) != (None, None)


def _amount(entry: ReadEntry, text: str, phrases: Phrases) -> bool:
    if text == plain(phrases.words.say("no_dose")):
        amount: Dose | Volume | None = Dose(0)
    else:
        amount = phrases.amount(text)
    if isinstance(amount, Dose) and entry.dose is None:
        entry.dose = amount
        return True
    if isinstance(amount, Volume) and entry.volume is None:
        entry.volume = amount
        return True
    return False


def _drug(entry: ReadEntry, text: str, phrases: Phrases) -> bool:
    if text in phrases.drugs and entry.drug is None:
        entry.drug = text
        return True
    # "0.4 mL oral solution": the name follows number and unit.
    volume, name = " ".join(text.split(" ")[:2]), " ".join(text.split(" ")[2:])
    alone = phrases.liquid(text, entry.drug)
    product = alone or phrases.liquid(name, entry.drug)
    if product is None:
        return False
    if alone is None:
        amount = phrases.amount(volume)
        if not isinstance(amount, Volume):
            return False
        entry.volume = amount
    return _poured(entry, product)


def _poured(entry: ReadEntry, product: Product) -> bool:
    if entry.volume is None:
        return False
    entry.pieces.append(Take(product, volume=entry.volume))
    entry.volume = None
    return True


def _measure(entry: ReadEntry, phrases: Phrases) -> None:
    """Assign a bare volume to the only liquid (of its drug)."""
    if entry.volume is None:
        return
    liquids = [p for p in phrases.products if p.is_liquid and entry.drug in (None, p.drug)]
    if len(liquids) == 1:
        _poured(entry, liquids[0])


# The most whole tablets of one piece drawn one by one; more share one drawing and are counted in words.
_DRAWN: Final = 2


def wanted_signs(facts: CalendarFacts, pieces: list[Take]) -> Counter[Sign]:
    """The signs required beside some pieces; a volume has none, nor has a product beyond the last outline."""
    taken = facts.schedule.products_taken
    solids = [product for product in taken if not product.is_measured]
    wanted: Counter[Sign] = Counter()
    for piece in pieces:
        if piece.product not in solids[: len(OUTLINES)]:
            continue
        outline = OUTLINES[solids.index(piece.product)]
        whole = piece.quarters // 4
        wanted[outline, min(piece.quarters, 4)] += whole if 1 < whole <= _DRAWN else 1
    return wanted


# The days


def check_days(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    phrases = Phrases(facts)
    last = last_shown_day(facts.schedule)
    first = max(facts.schedule.start, facts.made_on)
    expected = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    seen: Counter[date] = Counter()
    spans = {plain(facts.words.span(step.start, step.end, year=True)): step.n for step in facts.schedule}
    tables = [find_table(page, phrases, spans) for page in pages]
    table = {key: entry for rows in tables for key, entry in rows.items()}
    starts = [number for number, rows in enumerate(tables, start=1) if rows]
    headings = _headings(facts)
    on: dict[int, list[date]] = {}
    for number, page in enumerate(pages, start=1):
        days = find_days(page, phrases)
        anchor = _anchor(page, headings) if days else None
        for day in days:
            when = _date(day, anchor, facts)
            if when is None:
                yield PdfDefect("unreadable_date", number, {"day": day.number})
                continue
            seen[when] += 1
            on.setdefault(number, []).append(when)
            if day.table_page and day.table_page not in starts[:1]:
                yield PdfDefect("pointer", number, {"date": when.isoformat(), "page": day.table_page})
            if when in expected:
                yield from _day(day, when, number, facts, table)
            else:
                yield PdfDefect("date_not_in_plan", number, {"date": when.isoformat()})
    yield from check_visits(pages, on, facts)
    for when in sorted(expected):
        if seen[when] != 1:
            yield PdfDefect(
                "date_missing" if not seen[when] else "date_twice", facts={"date": when.isoformat()}
            )


def _headings(facts: CalendarFacts) -> dict[str, date]:
    """Every heading that a page may have, with a day of its month or span."""
    words, schedule = facts.words, facts.schedule
    found: dict[str, date] = {}
    for n in range(schedule.days):
        first = schedule.start + timedelta(days=n)
        for k in range(7):
            found.setdefault(plain(words.span(first, first + timedelta(days=k), year=True)), first)
    day = schedule.start.replace(day=1) - timedelta(days=31)
    while day <= schedule.end + timedelta(days=62):
        found[plain(words.month(day.year, day.month))] = day.replace(day=15)
        day += timedelta(days=27)
    return found


def _anchor(page: Shown, headings: Mapping[str, date]) -> date | None:
    """A day of the month or span in a page's heading."""
    heads = [headings[run.text] for run in page.runs if run.size >= 12 and run.bold and run.text in headings]
    return heads[0] if heads else None


def _date(day: ReadDay, anchor: date | None, facts: CalendarFacts) -> date | None:
    """The date of a cell: its number, its own month or the page's, in the year nearest to the heading."""
    if anchor is None:
        return None
    month = facts.words.months.index(day.month) + 1 if day.month else anchor.month
    found = []
    for year in (anchor.year - 1, anchor.year, anchor.year + 1):
        try:
            found.append(date(year, month, day.number))
        except ValueError:
            continue
    return min(found, key=lambda when: abs((when - anchor).days)) if found else None


def _day(
    day: ReadDay,
    when: date,
    page: int,
    facts: CalendarFacts,
    table: Mapping[tuple[int, TimeOfDay], ReadEntry],
) -> Iterator[PdfDefect]:
    where: Facts = {"date": when.isoformat()}
    schedule, step = facts.schedule, facts.schedule.step_on(when)
    if day.weekday != facts.words.weekdays[when.weekday()]:
        yield PdfDefect("weekday", page, where)
    if day.unknown:
        yield PdfDefect("unknown_text", page, {**where, "text": " / ".join(day.unknown)})
    if step is None:
        return
    used = slots(schedule, step.n)
    only = used[0].drug if len({slot.drug for slot in slots(schedule)}) == 1 else ""
    read = Counter((entry.time, entry.drug or only) for entry in day.entries)
    if read != Counter((slot.time, slot.drug) for slot in used):
        yield PdfDefect("times_of_day", page, where)
    for entry in day.entries:
        planned = step.at(entry.time, entry.drug or only)
        if entry.dose != planned:
            yield PdfDefect("dose", page, {**where, "time": entry.time.value, "planned": planned.text})
        # In table form a cell has no pieces; the table's row repeats the milligrams. A day off has none to repeat.
        row = entry if entry.pieces or not entry.dose else table.get((step.n, entry.time), entry)
        if row.made != planned or row.dose != entry.dose:
            yield PdfDefect("pieces", page, {**where, "time": entry.time.value, "made": row.made.text})
    pieces = [piece for entry in day.entries for piece in entry.pieces]
    if Counter(day.signs) != wanted_signs(facts, pieces):
        yield PdfDefect(
            "signs",
            page,
            {**where, "drawn": " ".join(f"{outline}:{quarters}" for outline, quarters in day.signs)},
        )
    yield from _markers(day, when, page, facts)


# The words for first days of steps other than ordinary cuts, independent of the drawing code.
_MARKERS: Final = {
    StepKind.RISE: ("rise",),
    StepKind.STEP_BACK: ("rise",),
    StepKind.SWAP: ("switch",),
    StepKind.CROSSOVER: ("switch",),
    StepKind.SPREAD: ("spread_same", "spread_times"),
}


def _markers(day: ReadDay, when: date, page: int, facts: CalendarFacts) -> Iterator[PdfDefect]:
    schedule, step = facts.schedule, facts.schedule.step_on(when)
    if step is None:
        return
    wanted: list[str] = []
    if schedule.held(step):
        wanted = ["hold"]
    elif step.start == when and mark_of(schedule, step) is not None:
        first = step.n == 1 and step.kind is not StepKind.RISE
        wanted = ["start"] if first else list(_MARKERS.get(step.kind, ("new_dose",)))
    if when == last_shown_day(schedule) and not schedule.maintenance:
        # a cell has at most two markers, and the last day always has its own
        wanted = [*wanted[:1], "last_day"]
    if sorted(day.markers) != sorted(wanted):
        yield PdfDefect("mark", page, {"date": when.isoformat(), "wanted": " ".join(wanted)})
