"""Reads the strip under each list of days back: every dose of the page once, with its words and signs, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from plans.documents.calendar.days_readback import (
    Phrases,
    dates_of_pages,
    is_day,
    outlines_of,
    wanted_signs,
)
from plans.documents.readback.checks import PdfDefect
from plans.documents.readback.pdf import Placed, Shown, Sign, plain
from plans.domain.amounts import Dose
from plans.domain.documents.facts import CalendarFacts
from plans.domain.taper.products import Form, Take, pieces_of

# Whole tablets of a dose that are drawn one by one in the strip; with more, one sign a piece.
_DRAWN: Final = 4
Said = tuple[str, str]


def check_strips(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Check that the doses of a page of days are explained under it, and how far each syringe of it is filled."""
    phrases = Phrases(facts)
    found = list(dates_of_pages(pages, phrases, facts))
    dated = {number for number, _, _, _ in found}
    for number, page, days, listed in found:
        shown = [page]
        # A day that fills its page has its strip on the next one.
        if listed and number < len(pages) and number + 1 not in dated:
            shown.append(pages[number])
        yield from _fillings(shown, number, days, facts)
        if listed:
            yield from _recipes(shown, number, days, facts)
    yield from _front(
        pages[: min(dated, default=1) - 1], [day for _, _, days, _ in found for day in days], facts
    )


def _front(pages: Sequence[Shown], days: Sequence[date], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """The recipes before the days: none, or each that is taken on some day once."""
    seen: Counter[Said] = Counter()
    wanted = dict(_wanted(days, facts))
    for number, page in enumerate(pages, start=1):
        for form in page.forms:
            said = _said(form)
            if said is None or (said not in wanted and not form.signs):
                continue
            seen[said] += 1
            if Counter(form.signs) != wanted.get(said):
                yield PdfDefect("recipe", number, {"text": " ".join(said)})
    if seen and seen != Counter(wanted.keys()):
        yield PdfDefect("recipe_missing", 1)


def _recipes(
    shown: Sequence[Shown], number: int, days: Sequence[date], facts: CalendarFacts
) -> Iterator[PdfDefect]:
    wanted = dict(_wanted(days, facts))
    seen: Counter[Said] = Counter()
    for form in (form for page in shown for form in _undated(page)):
        said = _said(form)
        if said is None:
            continue
        seen[said] += 1
        if said not in wanted:
            yield PdfDefect("recipe", number, {"text": " ".join(said)})
        elif Counter(form.signs) != wanted[said]:
            yield PdfDefect("signs", number, {"text": " ".join(said)})
    for said in wanted:
        if seen[said] != 1:
            yield PdfDefect("recipe_missing", number, {"text": " ".join(said)})
    texts = " ".join(run.text for page in shown for run in page.runs)
    for key in _care(days, facts):
        if plain(facts.words.say(key)) not in texts:
            yield PdfDefect("care_missing", number, {"what": key})


def _undated(page: Shown) -> list[Placed]:
    """The forms of a page that are no days."""
    numbers = [run for run in page.runs if run.bold and is_day(run.text)]
    return [form for form in page.forms if not any(form.box.holds(run.x, run.y) for run in numbers)]


def _said(form: Placed) -> Said | None:
    """A recipe's milligrams and words; None for a form of something else."""
    bold = [run for run in form.runs if run.bold]
    rest = sorted((run for run in form.runs if not run.bold), key=lambda run: -run.y)
    if len(bold) != 1 or not rest or not bold[0].text.endswith(" mg"):
        return None
    return bold[0].text, " ".join(run.text for run in rest)


def _taken(days: Sequence[date], facts: CalendarFacts) -> Iterator[tuple[str, Dose, tuple[Take, ...]]]:
    for day in days:
        step = facts.schedule.step_on(day)
        for dose in step.doses if step is not None else ():
            yield dose.drug, dose.dose, tuple(piece for take in dose.take for piece in pieces_of(take))


def _wanted(days: Sequence[date], facts: CalendarFacts) -> Iterator[tuple[Said, Counter[Sign]]]:
    """The recipes of some days with their signs; a dose that is one measured volume has a picture instead."""
    words, many = facts.words, len(facts.schedule.drugs_taken) > 1
    bottles = [product for product in facts.schedule.products_taken if product.is_liquid]
    for drug, dose, pieces in set(_taken(days, facts)):
        alone = sum(product.drug == drug for product in bottles) == 1
        if len(pieces) == 1 and pieces[0].volume is not None and alone:
            continue
        phrases = [_phrase(piece, facts, alone=alone, many=many) for piece in pieces]
        counts = [max(1, piece.quarters // 4) for piece in pieces]
        most = _DRAWN if sum(counts) <= _DRAWN else 1
        said = plain(words.listed(phrases).replace("|", " "))
        yield (plain(words.mg(dose)), said), wanted_signs(facts, pieces, most)


def _phrase(piece: Take, facts: CalendarFacts, *, alone: bool, many: bool) -> str:
    """A piece in words, with its bottle's name after a volume, and the drug's name where there are two."""
    words = facts.words
    if piece.volume is not None:
        name = words.forms[piece.product.form].name if alone else words.product(piece.product)
        text = words.say("volume_of", volume=words.ml(piece.volume), product=name)
        short = words.forms[piece.product.form].name
    else:
        text, short = words.piece(piece), words.counted_name(piece)
    return (
        text.replace(short, words.say("drug_named", drug=piece.product.drug, product=short)) if many else text
    )


def _care(days: Sequence[date], facts: CalendarFacts) -> Iterator[str]:
    """What has to be said on how to take the pieces of some days."""
    pieces = {piece for _, _, some in _taken(days, facts) for piece in some}
    if any(piece.quarters % 4 and not piece.product.is_measured for piece in pieces):
        yield from ("part_solid", "halving")
    if any(piece.product.form is Form.ODT for piece in pieces):
        yield "odt_melts"
    if any(piece.volume is not None for piece in pieces):
        yield "never_spoon"
    if any(piece.product in outlines_of(facts) for piece in pieces):
        yield "signs_are_no_likeness"


def _fillings(
    shown: Sequence[Shown], number: int, days: Sequence[date], facts: CalendarFacts
) -> Iterator[PdfDefect]:
    """A volume never stands without how far to fill for it on the same page."""
    words = facts.words
    texts = {run.text for page in shown for run in page.runs}
    for _, _, pieces in set(_taken(days, facts)):
        for piece in pieces:
            if piece.volume is not None:
                said = plain(words.say("fill_to", volume=words.filled(piece)))
                if said not in texts:
                    yield PdfDefect("filling_missing", number, {"text": said})
