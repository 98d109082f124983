"""Reads one day from a finished page: its date, its doses by time of day, the pieces they are made of, its marks.

The words are looked up backwards: every phrase that may stand on paper is written for every product and count, and what
is found must be one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from plans.documents.readback.pdf_runs import Placed, Run, Shown, plain
from plans.documents.readback.signs import Sign
from plans.domain.amounts import Dose, Volume
from plans.domain.documents.facts import CalendarFacts
from plans.domain.errors import TaperplanError
from plans.domain.taper.products import Product, Take
from plans.domain.taper.schedule import TimeOfDay

_AMOUNT: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?) (mg|mL)\Z")
_DAY: Final = re.compile(r"[1-9][0-9]?\Z")
MARKERS: Final = (
    "start", "new_dose", "rise", "switch", "spread_same", "spread_times", "hold", "last_day",
)  # fmt: skip


@dataclass(slots=True)
class ReadEntry:
    """One time of day as read: the milligrams written, and the pieces written under them."""

    time: TimeOfDay
    drug: str | None = None
    dose: Dose | None = None
    pieces: list[Take] = field(default_factory=list)
    volume: Volume | None = None

    @property
    def made(self) -> Dose:
        """What the pieces add up to."""
        return Dose(sum(piece.dose.units for piece in self.pieces))


@dataclass(slots=True)
class ReadDay:
    """A day as read; `unknown` are texts that belong to no day, `markers` the marks in words."""

    number: int
    month: str
    weekday: str
    entries: list[ReadEntry]
    markers: list[str]
    unknown: list[str]
    table_page: int = 0
    signs: list[Sign] = field(default_factory=list)


class Phrases:
    """Every phrase of a plan's products, backwards: words → what is taken. Two meanings of one phrase are kept as a
    contradiction, never as the later one."""

    def __init__(self, facts: CalendarFacts) -> None:
        words, self.words = facts.words, facts.words
        self.products: tuple[Product, ...] = tuple(sorted(facts.schedule.products_taken))
        self.by_words: dict[str, list[Take]] = {}
        for product in self.products:
            if product.is_liquid:
                continue
            for quarters in (1, 2, 3, *range(4, 4 * len(words.numbers), 4)):
                take = Take(product, quarters=quarters)
                try:
                    phrase = words.piece(take)
                except TaperplanError:
                    continue
                self.by_words.setdefault(plain(phrase.replace("|", " ")), []).append(take)
        self.times = {plain(text): time for time, text in words.times.items()}
        self.drugs = frozenset(facts.schedule.drugs)
        self.markers = {plain(words.say(key)): key for key in MARKERS}
        # In table form a cell says on which page its pieces stand.
        self.pointers = {plain(words.say("pieces_on", page=n)): n for n in range(2, 400)}

    def amount(self, text: str) -> Dose | Volume | None:
        """A dose or volume written as the language writes it; None if the text is neither."""
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
        """The liquid a name may mean, of one drug if that is known; None if it is none or might be two."""
        found = [product for product in self.products if product.is_liquid and drug in (None, product.drug)]
        full = [product for product in found if name in self._named(self.words.product(product))]
        short = [product for product in found if name in self._named(self.words.forms[product.form].name)]
        if full or len(found) > 1:
            return full[0] if len(full) == 1 else None
        return short[0] if len(short) == 1 else None

    def _named(self, name: str) -> tuple[str, str]:
        """A bottle's name by itself, and as it follows a volume."""
        after = self.words.say("volume_of", volume="", product=name).replace("|", " ")
        return plain(name), plain(after).strip()

    def takes(self, phrase: str, drug: str | None) -> list[Take]:
        """What a phrase may mean; of one drug if that is known."""
        return [take for take in self.by_words.get(phrase, []) if drug is None or take.product.drug == drug]


def find_days(shown: Shown, phrases: Phrases) -> list[ReadDay]:
    """Every day on a page: a placed form with a bold day number stamped into it."""
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
    """The rows of a table of pieces: (step, time of day) → what is taken. `spans` are the steps' dates as written."""
    found = {}
    for form in shown.forms:
        steps = [spans[run.text] for run in form.runs if run.text in spans]
        if len(steps) == 1:
            row = read_cell([run for run in form.runs if run.text not in spans], phrases)
            if len(row.entries) == 1 and not row.unknown:
                found[steps[0], row.entries[0].time] = row.entries[0]
    return found


def _weekday(heads: list[Run], form: Placed) -> str:
    """The weekday written in the box or above its column: the nearest start within the column."""
    left, right = form.box.x, form.box.x + form.box.wide
    over = [run.text for run in heads if left - 0.5 <= run.x < right]
    return over[0] if len(over) == 1 else ""


def read_cell(runs: list[Run], phrases: Phrases) -> ReadDay:
    """The doses and marks of a day's texts, read column by column, line by line."""
    day = ReadDay(0, "", "", [], [], [])
    waiting = ""
    for run in _in_order(runs, phrases):
        text = run.text
        entry = day.entries[-1] if day.entries else None
        # A mark stands beside the lines, not between them.
        if waiting and text in phrases.times:
            day.unknown.append(waiting)
            waiting = ""
        if text in phrases.times:
            day.entries.append(ReadEntry(phrases.times[text]))
        elif text in phrases.markers:
            day.markers.append(phrases.markers[text])
        elif entry is None:
            day.unknown.append(text)
        elif _another(entry, run, phrases):
            # A second drug at the same time of day: what leads an entry is bold.
            day.unknown += [waiting] if waiting else []
            waiting = ""
            day.entries.append(ReadEntry(entry.time))
            _amount(day.entries[-1], text, phrases)
        elif _amount(entry, text, phrases) or _drug(entry, text, phrases):
            continue
        else:
            phrase = f"{waiting} {text}".strip()
            takes = phrases.takes(phrase, entry.drug)
            if len(takes) == 1:
                entry.pieces.append(takes[0])
                waiting = ""
            elif takes:
                day.unknown.append(phrase)
                waiting = ""
            elif waiting and _drug(entry, phrase, phrases):
                waiting = ""
            else:
                waiting = phrase
    if waiting:
        day.unknown.append(waiting)
    for entry in day.entries:
        _measure(entry, phrases)
    return day


def _in_order(runs: list[Run], phrases: Phrases) -> list[Run]:
    """Reading order. Times that stand beside each other (large print) begin columns of their own."""
    starts = sorted({round(run.x) for run in runs if run.text in phrases.times})
    columns = [x for n, x in enumerate(starts) if n == 0 or x - starts[n - 1] > 60]

    def column(run: Run) -> int:
        # A box and a drawing stand left of the time: words may begin a little left of it too.
        return sum(1 for x in columns[1:] if run.x >= x - 30)

    return sorted(runs, key=lambda run: (column(run), -round(run.y, 1), run.x))


def _another(entry: ReadEntry, run: Run, phrases: Phrases) -> bool:
    """Whether a text is the amount that leads the entry of another drug."""
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
    """A bare volume is of the only liquid there is (of its drug)."""
    if entry.volume is None:
        return
    liquids = [p for p in phrases.products if p.is_liquid and entry.drug in (None, p.drug)]
    if len(liquids) == 1:
        _poured(entry, liquids[0])
