"""Reads every day of a finished calendar back, from its months' grids and its lists of days.

It checks that every day of the plan occurs once and no other, on the right weekday; that each day's pieces times
strength make its milligrams, and so do the drawn tablets; and that milligrams and marks are the schedule's. Phrases are
looked up in reverse: every phrase that may be printed is generated for every product and count, and what is found must
be one of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import Final

from plans.documents.calendar.front_readback import check_visits
from plans.documents.readback.checks import Facts, PdfDefect
from plans.documents.readback.pdf import OUTLINES, DrawnSign, Placed, Shown, Sign, TextRun, plain
from plans.domain.amounts import Dose, Volume
from plans.domain.documents.calendar import initials, last_shown_day, mark_of, slots_on
from plans.domain.documents.facts import CalendarFacts
from plans.domain.errors import TaperplanError
from plans.domain.taper.products import MOST_DROPS, Product, Take
from plans.domain.taper.schedule import Step, StepKind, TimeOfDay

_AMOUNT: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?) (mg|mL)\Z")
_DAY: Final = re.compile(r"[1-9][0-9]?\Z")
MARKERS: Final = (
    "start", "new_dose", "rise", "switch", "spread", "spread_same", "spread_times", "hold", "last_day",
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
    signs: list[Sign] = field(default_factory=list)
    listed: bool = False


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
        self.numbers = {plain(number): n for n, number in enumerate(words.numbers)}

        self._by_outline: dict[str, list[Product]] = {}
        for product, outline in outlines_of(facts).items():
            self._by_outline.setdefault(outline, []).append(product)

    def product_of(self, outline: str, drug: str | None) -> Product | None:
        """The product that a sign stands for; None if there is none, or it is of another drug."""
        found = [one for one in self._by_outline.get(outline, ()) if drug in (None, one.drug)]
        return found[0] if len(found) == 1 else None

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


def find_days(shown: Shown, phrases: Phrases, drugs: tuple[str, ...]) -> list[ReadDay]:
    """Every day on a page: placed forms with a bold day number stamped into them. `drugs` are those of the page."""
    weekdays = set(phrases.words.weekdays)
    months = set(phrases.words.months)
    heads = [run for run in shown.runs if run.text in weekdays]
    times = sorted(
        (run for run in shown.runs if run.bold and run.text in phrases.times), key=lambda run: run.x
    )
    found = []
    for form in shown.forms:
        inside = [run for run in shown.runs if form.box.holds(run.x, run.y)]
        numbers = [run for run in inside if run.bold and _DAY.match(run.text)]
        if not numbers:
            continue
        named = [run.text for run in inside if run.text in months]
        weekday = _weekday([run for run in inside if run.text in weekdays] or heads, form)
        rest = [run for run in inside if not _DAY.match(run.text) and run.text not in weekdays | months]
        if times or shown.height > shown.width:
            day = read_row([*form.runs, *rest], form, times, shown.runs, phrases, drugs)
        else:
            day = read_cell([*form.runs, *rest], phrases, drugs)
        day.number, day.month, day.weekday = int(numbers[0].text), "".join(named), weekday
        day.signs = form.signs
        day.unknown += [run.text for run in numbers[1:]]
        found.append(day)
    return found


def is_day(text: str) -> bool:
    """Whether a text is the number of a day."""
    return _DAY.match(text) is not None


def _weekday(heads: list[TextRun], form: Placed) -> str:
    """The weekday in the box or above its column: the nearest start within the column."""
    left, right = form.box.x, form.box.x + form.box.wide
    over = [run.text for run in heads if left - 0.5 <= run.x < right]
    return over[0] if len(over) == 1 else ""


def read_cell(runs: list[TextRun], phrases: Phrases, drugs: tuple[str, ...]) -> ReadDay:
    """The doses and marks in the texts of a grid's day, read line by line."""
    reader = _CellReader(phrases, drugs[0] if len(drugs) == 1 else None)
    for run in sorted(runs, key=lambda run: (-round(run.y, 1), run.x)):
        reader.take(run)
    return reader.end()


# How far apart on one line a text's baseline and the middle of a sign beside it may be, as a share of the text's size.
_BESIDE: Final = 0.75


def _drug_under(head: TextRun, heads: list[TextRun], drugs: tuple[str, ...]) -> str | None:
    """The drug of a column that is for one: its name under the time of day."""
    under = [run for run in heads if abs(run.x - head.x) < 0.5 and 0 < head.y - run.y < 1.5 * head.size]
    return next((run.text for run in under if run.text in drugs), None)


def read_row(
    runs: list[TextRun],
    form: Placed,
    times: list[TextRun],
    heads: list[TextRun],
    phrases: Phrases,
    drugs: tuple[str, ...],
) -> ReadDay:
    """The doses and marks in the row of a day: each time of day is the column under its heading."""
    day = ReadDay(0, "", "", [], [], [], listed=True)
    # Without headings the times of day are beside their lines, in one column from the first of them on.
    labels = [run.x for run in form.runs if run.text in phrases.times]
    starts = [run.x - 0.5 for run in times] or [min(labels, default=0.0) - 0.5]
    columns: list[list[TextRun]] = [[] for _ in starts]
    for run in runs:
        column = sum(run.x >= start for start in starts) - 1
        if run.text in phrases.markers:
            day.markers.append(phrases.markers[run.text])
        elif column < 0:
            day.unknown.append(run.text)
        else:
            columns[column].append(run)
    signed, only = list(form.drawn), drugs[0] if len(drugs) == 1 else None
    tags = {tag: drug for drug, tag in initials(drugs).items()} | {drug: drug for drug in drugs}
    for n, cell in enumerate(columns):
        left, right = starts[n], starts[n + 1] if n + 1 < len(starts) else float("inf")
        here = [one for one in signed if left - 2 <= one.x < right - 2]
        drug = _drug_under(times[n], heads, drugs) if times else None
        time = phrases.times[times[n].text] if times else None
        reader = _ColumnReader(phrases, time, tags, drug or only)
        reader.read(cell, here)
        day.entries += reader.entries
        day.unknown += reader.unknown
        signed = [one for one in signed if one not in here]
    day.unknown += [f"{one.sign[0]}:{one.sign[1]}" for one in signed]
    return day


class _ColumnReader:
    """Reads one time of day of a row: lines from the top, each with its texts and signs from the left."""

    def __init__(
        self, phrases: Phrases, time: TimeOfDay | None, tags: Mapping[str, str], drug: str | None
    ) -> None:
        self.phrases, self._time, self.tags, self.only = phrases, time, tags, drug
        self.entries: list[ReadEntry] = []
        self.unknown: list[str] = []
        self._drug: str | None = None
        self._count = 0
        self._waiting = ""

    def read(self, runs: list[TextRun], signs: list[DrawnSign]) -> None:
        """Read the cell."""
        lines: list[list[TextRun | DrawnSign]] = []
        heads: list[TextRun] = []
        for run in sorted(runs, key=lambda run: -run.y):
            if heads and abs(heads[-1].y - run.y) < 1:
                lines[-1].append(run)
            else:
                heads.append(run)
                lines.append([run])
        for sign in signs:
            over = [n for n, head in enumerate(heads) if 0 <= sign.y - head.y < _BESIDE * head.size]
            if over:
                lines[over[0]].append(sign)
            else:
                # A line of signs alone.
                lines.append([sign])
        for line in sorted(lines, key=lambda line: -min(one.y for one in line)):
            for one in sorted(line, key=lambda one: one.x):
                if isinstance(one, DrawnSign):
                    self._sign(one)
                else:
                    self._text(one)
        for entry in self.entries:
            _measure(entry, self.phrases)
        self.unknown += [self._waiting] if self._waiting else []
        if self._count:
            self.unknown.append(self.phrases.words.numbers[self._count])

    def _text(self, run: TextRun) -> None:
        phrases, text = self.phrases, run.text
        entry = self.entries[-1] if self.entries else None
        amount = phrases.amount(text)
        if text in self.tags:
            self._drug = self.tags[text]
        elif text in phrases.times:
            self._time = phrases.times[text]
        elif text == plain(phrases.words.say("no_dose")):
            self._begin(Dose(0))
        elif isinstance(amount, Volume) and run.bold:
            # A measured dose begins with its volume.
            self._begin(None, amount)
        elif isinstance(amount, Dose) and run.bold:
            self._begin(amount)
        elif isinstance(amount, Dose) and entry is not None and entry.dose is None:
            entry.dose = amount
        elif isinstance(amount, Volume) and entry is not None and entry.volume is None and not self._waiting:
            entry.volume = amount
        elif text in phrases.numbers:
            self._count = phrases.numbers[text]
        else:
            self._piece(text)

    def _begin(self, dose: Dose | None, volume: Volume | None = None) -> None:
        if self._time is None:
            self.unknown.append(dose.text if dose else "")
            return
        self.entries.append(ReadEntry(self._time, self._drug or self.only, dose, volume=volume))
        self._drug = None

    def _piece(self, text: str) -> None:
        """A piece in words, perhaps in several lines."""
        entry = self.entries[-1] if self.entries else None
        self._waiting = f"{self._waiting} {text}".strip()
        takes = [] if entry is None else self.phrases.takes(self._waiting, entry.drug)
        if entry is not None and len(takes) == 1:
            entry.pieces.append(takes[0])
            self._waiting = ""
        elif entry is not None and _drug(entry, self._waiting, self.phrases):
            self._waiting = ""

    def _sign(self, drawn: DrawnSign) -> None:
        entry = self.entries[-1] if self.entries else None
        product = None if entry is None else self.phrases.product_of(drawn.sign[0], entry.drug)
        if entry is None or product is None:
            self.unknown.append(f"{drawn.sign[0]}:{drawn.sign[1]}")
            return
        quarters = 4 * self._count if self._count else drawn.sign[1]
        self._count = 0
        last = entry.pieces[-1] if entry.pieces else None
        if last is not None and last.product == product and last.quarters % 4 == 0 and drawn.sign[1] == 4:
            entry.pieces[-1] = Take(product, quarters=last.quarters + quarters)
        else:
            entry.pieces.append(Take(product, quarters=quarters))


class _CellReader:
    """Reads a cell's texts in order; `_waiting` is the beginning of a phrase that continues on the next line."""

    def __init__(self, phrases: Phrases, drug: str | None) -> None:
        self._phrases, self._waiting, self._only = phrases, "", drug
        self._day = ReadDay(0, "", "", [], [], [])

    def take(self, run: TextRun) -> None:
        """Read one text."""
        day, phrases, text = self._day, self._phrases, run.text
        entry = day.entries[-1] if day.entries else None
        if text in phrases.times:
            self._give_up()
            day.entries.append(ReadEntry(phrases.times[text], self._only))
        elif text in phrases.markers:
            # A mark is beside the lines, not between them.
            day.markers.append(phrases.markers[text])
        elif entry is None:
            day.unknown.append(text)
        elif _another(entry, run, phrases):
            # A second drug at the same time of day: entries begin in bold.
            self._give_up()
            day.entries.append(ReadEntry(entry.time, self._only))
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


# The most whole tablets of one piece drawn one by one, in a grid's cell and in a list's; more share one drawing and are
# counted in words.
_DRAWN: Final = 2
_DRAWN_IN_LIST: Final = 4


def wanted_signs(facts: CalendarFacts, pieces: Iterable[Take], most: int = _DRAWN) -> Counter[Sign]:
    """The signs required beside some pieces; a volume has none, nor has a product beyond the last outline."""
    outlines = outlines_of(facts)
    wanted: Counter[Sign] = Counter()
    for piece in pieces:
        outline = outlines.get(piece.product)
        if outline is None:
            continue
        whole = piece.quarters // 4
        wanted[outline, min(piece.quarters, 4)] += whole if 1 < whole <= most else 1
    return wanted


def outlines_of(facts: CalendarFacts) -> dict[Product, str]:
    """The outline of each product that has one."""
    solids = [product for product in facts.schedule.products_taken if not product.is_measured]
    return dict(zip(solids, OUTLINES, strict=False))


# The days


def check_days(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    phrases = Phrases(facts)
    last = last_shown_day(facts.schedule)
    first = max(facts.schedule.start, facts.made_on)
    expected = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    seen: Counter[date] = Counter()
    headings = _headings(facts)
    on: dict[int, list[date]] = {}
    for number, page, drugs, days in read_pages_of_days(pages, phrases, facts):
        anchor = _anchor(page, headings)
        for day in days:
            when = _date(day, anchor, facts)
            if when is None:
                yield PdfDefect("unreadable_date", number, {"day": day.number})
                continue
            seen[when] += 1
            on.setdefault(number, []).append(when)
            if when in expected:
                yield from _day(day, when, number, facts)
            else:
                yield PdfDefect("date_not_in_plan", number, {"date": when.isoformat()})
        said = {slot.drug for when in on.get(number, ()) for slot in slots_on(facts.schedule, when)}
        if set(drugs) != said and number in on:
            yield PdfDefect("drug_heading", number, {"said": " ".join(drugs)})
        yield from _sentence(page, number, on.get(number, ()), facts)
    yield from check_visits(pages, on, facts)
    for when in sorted(expected):
        if seen[when] != 1:
            yield PdfDefect(
                "date_missing" if not seen[when] else "date_twice", facts={"date": when.isoformat()}
            )


# What a page's sentence says of the days that a mark begins on.
_SENTENCES: Final = {
    "new_dose": "new_dose_on",
    "rise": "rise_on",
    "switch": "switch_on",
    "spread": "spread_on",
}


def _sentence(page: Shown, number: int, days: Sequence[date], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Check that what the line under the heading says of changes is true, and who the page is for."""
    words, schedule = facts.words, facts.schedule
    begins: dict[str, list[date]] = {}
    for when in days:
        step = schedule.step_at(when)
        mark = mark_of(schedule, step) if step is not None and step.start == when else None
        if mark is not None:
            begins.setdefault(mark.value, []).append(when)
    said = " ".join(run.text for run in page.runs)
    for named, key in _SENTENCES.items():
        on = begins.get(named, [])
        lists = [words.listed([words.weekday_day(day) for day in on]), words.days(on)] if on else []
        wanted = [plain(words.say(key, dates=one)) for one in lists]
        start = plain(words.say(key, dates="")).strip()
        # Where there is no room the line is left out: the days have their marks.
        if start in said and not any(one in said for one in wanted):
            yield PdfDefect("sentence", number, {"mark": named})
    if facts.born_year is not None and plain(words.say("born", year=facts.born_year)) not in said:
        yield PdfDefect("born", number)


def read_pages_of_days(
    pages: list[Shown], phrases: Phrases, facts: CalendarFacts
) -> Iterator[tuple[int, Shown, tuple[str, ...], list[ReadDay]]]:
    """Every page with days on it: its number, the drugs in its heading, and its days."""
    titles = _titles(facts)
    for number, page in enumerate(pages, start=1):
        drugs = _heading_drugs(page, titles)
        days = find_days(page, phrases, drugs)
        if days:
            yield number, page, drugs, days


def dates_of_pages(
    pages: list[Shown], phrases: Phrases, facts: CalendarFacts
) -> Iterator[tuple[int, Shown, list[date], bool]]:
    """Every page with days on it: its number, its dates, and whether it is a list of days."""
    headings = _headings(facts)
    for number, page, _, days in read_pages_of_days(pages, phrases, facts):
        dates = [_date(day, _anchor(page, headings), facts) for day in days]
        yield number, page, [when for when in dates if when is not None], days[0].listed


# The height under a page's upper edge in which its drugs stand, and the least size of their names.
_HEAD: Final = 54.0
_HEAD_SIZE: Final = 12.0


def _titles(facts: CalendarFacts) -> dict[str, tuple[str, ...]]:
    """Every heading that names some of the plan's drugs in their order."""
    drugs, words = facts.schedule.drugs, facts.words
    some = [chosen for count in range(1, len(drugs) + 1) for chosen in combinations(drugs, count)]
    return {plain(words.listed([one[0].capitalize(), *one[1:]])): one for one in some}


def _heading_drugs(page: Shown, titles: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The drugs in a page's heading, which a long name may break into lines."""
    left = min((run.x for run in page.runs), default=0.0)
    head = [run for run in page.runs if run.bold and run.size >= _HEAD_SIZE and run.x - left < 1]
    lines = [run.text for run in sorted(head, key=lambda run: -run.y) if page.height - run.y < _HEAD]
    return titles.get(" ".join(lines), ())


def _headings(facts: CalendarFacts) -> dict[str, date]:
    """Every heading that a page may have, with a day of its month."""
    words, schedule = facts.words, facts.schedule
    found: dict[str, date] = {}
    day = schedule.start.replace(day=1) - timedelta(days=31)
    while day <= schedule.end + timedelta(days=62):
        found[plain(words.month(day.year, day.month))] = day.replace(day=15)
        day += timedelta(days=27)
    return found


def _anchor(page: Shown, headings: Mapping[str, date]) -> date | None:
    """A day of the month in a page's heading."""
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


def _day(day: ReadDay, when: date, page: int, facts: CalendarFacts) -> Iterator[PdfDefect]:
    where: Facts = {"date": when.isoformat()}
    schedule, step = facts.schedule, facts.schedule.step_on(when)
    if day.weekday != facts.words.weekdays[when.weekday()]:
        yield PdfDefect("weekday", page, where)
    if day.unknown:
        yield PdfDefect("unknown_text", page, {**where, "text": " / ".join(day.unknown)})
    if step is None:
        return
    used = slots_on(schedule, when)
    read = Counter((entry.time, entry.drug or "") for entry in day.entries)
    if read != Counter((slot.time, slot.drug) for slot in used):
        yield PdfDefect("times_of_day", page, where)
    for entry in day.entries:
        planned = step.at(entry.time, entry.drug or "")
        if entry.dose != planned:
            yield PdfDefect("dose", page, {**where, "time": entry.time.value, "planned": planned.text})
        if entry.made != planned or (day.listed and not _as_planned(entry, step)):
            yield PdfDefect("pieces", page, {**where, "time": entry.time.value, "made": entry.made.text})
    pieces = [piece for entry in day.entries for piece in entry.pieces]
    if Counter(day.signs) != wanted_signs(facts, pieces, _DRAWN_IN_LIST if day.listed else _DRAWN):
        yield PdfDefect(
            "signs",
            page,
            {**where, "drawn": " ".join(f"{outline}:{quarters}" for outline, quarters in day.signs)},
        )
    yield from _markers(day, when, page, facts)


def _as_planned(entry: ReadEntry, step: Step) -> bool:
    """Whether exactly the planned pieces are there, and not others that add up to the same."""
    planned: Counter[Product] = Counter()
    for dose in step.doses:
        if (dose.time, dose.drug) == (entry.time, entry.drug):
            for take in dose.take:
                planned[take.product] += take.units
    read: Counter[Product] = Counter()
    for piece in entry.pieces:
        read[piece.product] += piece.units
    return read == planned


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
    if day.listed and "spread_same" in wanted:
        wanted = ["spread", *(mark for mark in wanted if not mark.startswith("spread"))]
    if sorted(day.markers) != sorted(wanted):
        yield PdfDefect("mark", page, {"date": when.isoformat(), "wanted": " ".join(wanted)})
