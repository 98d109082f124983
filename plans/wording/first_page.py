"""Page 1 of the calendar as texts, for the calendar on the web: steps, how doses are made, whom to call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from plans.domain.documents.calendar import Entry, entries, last_shown_day, mark_of
from plans.domain.documents.words import BREAK, Words, care_of_bottles, ending_key
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import Schedule, Step
from plans.wording.documents import help_rows


@dataclass(frozen=True, slots=True)
class StepWords:
    """One step: its dates, (time of day, dose, whether new) for each dose, the day's total of one drug, its mark."""

    dates: str
    doses: tuple[tuple[str, str, bool], ...]
    total: str
    mark: str


@dataclass(frozen=True, slots=True)
class MakingWords:
    """How one dose is made: the dose, its pieces, and how a volume is measured ("" for pieces that are counted)."""

    dose: str
    pieces: str
    measure: str


@dataclass(frozen=True, slots=True)
class FirstPageWords:
    """All texts, in the order of the document. `help_lines` are (name, number, note)."""

    agreed: str
    drugs: str
    products: str
    never_stop: str
    steps: tuple[StepWords, ...]
    ended: str
    last_day: str
    after: str
    visits: str
    making: tuple[MakingWords, ...]
    care: tuple[str, ...]
    dangerous_head: str
    dangerous: str
    help_head: str
    help_lines: tuple[tuple[str, str, str], ...]
    help_checked: str


def first_page(
    schedule: Schedule,
    words: Words,
    *,
    day: date,
    clinician: str,
    after: str,
    visits: Sequence[date],
    country: str,
    help_checked: date,
) -> FirstPageWords:
    """Page 1 as made on `day`: steps and drugs that are over are left out."""
    schedule = schedule.as_of(day)
    shown = [step for step in schedule if step.end >= day and step.start <= last_shown_day(schedule)]
    products = schedule.products_taken
    drugs = words.listed(list(dict.fromkeys(product.drug for product in products)))
    coming = [one for one in visits if one >= day]
    return FirstPageWords(
        agreed=_sentence(words.agreed(schedule, day, clinician)),
        drugs=drugs,
        products=words.listed([_product(words, schedule, product) for product in products]),
        never_stop=words.say("never_stop"),
        steps=tuple(_step(schedule, step, words) for step in shown),
        ended=words.beside(schedule),
        last_day=words.say(ending_key(schedule), date=words.weekday_day_year(last_shown_day(schedule))),
        after=after,
        visits=words.days(coming, year=True) if coming else "",
        making=tuple(_making(schedule, shown, words)),
        care=tuple(_care(schedule, products, words)),
        dangerous_head=words.say("dangerous_head"),
        dangerous=words.say("dangerous_text", drug=drugs),
        help_head=words.say("help_lines"),
        help_lines=help_rows(country, words.language),
        help_checked=words.say("help_checked", date=words.day_year(help_checked)),
    )


def several_drugs(schedule: Schedule) -> bool:
    """Whether the drug must be named beside each dose."""
    return len(schedule.drugs_taken) > 1


def piece_text(schedule: Schedule, words: Words, piece: Take) -> str:
    """A piece in words, as the document says it: a volume names its bottle, and of two bottles of a drug which one."""
    if piece.volume is None:
        return words.piece(piece).replace(BREAK, " ")
    bottles = [p for p in schedule.products_taken if p.is_liquid and p.drug == piece.product.drug]
    named = words.forms[piece.product.form].name if len(bottles) < 2 else words.product(piece.product)
    return words.say("volume_of", volume=words.ml(piece.volume), product=named).replace(BREAK, " ")


def _sentence(text: str) -> str:
    """A text with its full stop; a name at its end, like "Brandt Jr.", may already have one."""
    return text if text.endswith(".") else f"{text}."


def _product(words: Words, schedule: Schedule, product: Product, *, many: bool = True) -> str:
    named = words.product(product, many=many)
    return words.say("drug_named", drug=product.drug, product=named) if several_drugs(schedule) else named


def _step(schedule: Schedule, step: Step, words: Words) -> StepWords:
    several = several_drugs(schedule)
    doses = []
    for entry in entries(schedule, step):
        time = words.time(entry.slot.time)
        dose = words.on_days(words.mg(entry.dose), entry.weekdays) if entry.dose else words.say("no_dose")
        doses.append((f"{time}, {entry.slot.drug}" if several else time, dose, entry.changed))
    mark = mark_of(schedule, step)
    return StepWords(
        dates=words.span(step.start, step.end, year=True),
        doses=tuple(doses),
        total="" if several else words.day_total(step, schedule.drugs_taken[0]),
        mark=words.say(mark.value) if mark is not None else "",
    )


def _making(schedule: Schedule, shown: Sequence[Step], words: Words) -> Iterator[MakingWords]:
    """Every distinct dose of the shown steps, the largest first."""
    found: dict[tuple[str, tuple[Take, ...]], Entry] = {}
    for step in shown:
        for entry in entries(schedule, step):
            if entry.dose:
                found.setdefault((entry.slot.drug, entry.pieces), entry)
    several = several_drugs(schedule)
    order = sorted(
        found.values(), key=lambda entry: (schedule.drugs.index(entry.slot.drug), -entry.dose.units)
    )
    for entry in order:
        dose = words.mg(entry.dose)
        if several:
            dose = words.say("drug_named", drug=entry.slot.drug, product=dose)
        pieces = words.listed([piece_text(schedule, words, piece) for piece in entry.pieces])
        yield MakingWords(dose, pieces, _measure(entry, words))


def _measure(entry: Entry, words: Words) -> str:
    said = []
    for piece in entry.pieces:
        if piece.volume is not None:
            said += [words.say("fill_to", volume=words.filled(piece)), *words.syringes(piece)]
    return ", ".join(said)


def _care(schedule: Schedule, products: Sequence[Product], words: Words) -> Iterator[str]:
    takes = [take for step in schedule for dose in step.doses for take in dose.take]
    if any(take.quarters % 4 for take in takes):
        yield words.say("halving")
    if any(product.form is Form.ODT for product in products):
        yield words.say("odt_melts")
    if any(product.is_liquid for product in products):
        yield words.say("liquid_care")
    yield from care_of_bottles(products, words)
