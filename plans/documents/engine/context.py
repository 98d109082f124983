"""What all pages of one document share: the facts made printable, the products' drawings, and the phrases."""

from __future__ import annotations

from functools import cached_property

from plans.documents.engine.canvas import Canvas
from plans.documents.engine.fonts import BOLD, REGULAR, register
from plans.documents.engine.styles import PAPER_SIZES
from plans.documents.engine.text import clean, fits, largest, person_text, unprintable, wrap
from plans.domain.documents.calendar import (
    DayMark,
    Entry,
    entries,
    last_shown_day,
    mark_of,
)
from plans.domain.documents.facts import DocumentFacts, DoesNotFit
from plans.domain.taper.products import Product, Take
from plans.domain.taper.schedule import Schedule, Step


class StepPhrases:
    """The entries and marks of the steps of a schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._entries: dict[int, tuple[Entry, ...]] = {}
        self._marks: dict[int, DayMark | None] = {}

    def entries(self, step: Step) -> tuple[Entry, ...]:
        """The entries of each day of a step."""
        if step.n not in self._entries:
            self._entries[step.n] = entries(self._schedule, step)
        return self._entries[step.n]

    def mark(self, step: Step) -> DayMark | None:
        """The mark of a step's first day."""
        if step.n not in self._marks:
            self._marks[step.n] = mark_of(self._schedule, step)
        return self._marks[step.n]


NAME_SIZES = (15.0, 13.0, 11.0, 10.0)


class DocumentContext:
    """Facts prepared for drawing. Raises UnprintableText for a clinic's text; an unprintable patient's name is
    replaced."""

    def __init__(self, facts: DocumentFacts) -> None:
        register()
        self.facts = facts
        self.words = facts.words
        self.schedule = facts.schedule
        self.steps = StepPhrases(facts.schedule)
        self.short, self.long = PAPER_SIZES[facts.paper]
        self.clinic_name = person_text(facts.clinic_name, "clinic_name")
        self.clinic_phone = person_text(facts.clinic_phone, "clinic_phone")
        self.clinician = person_text(facts.clinician, "clinician")
        self.record_no = clean(facts.record_no)
        if unprintable(self.record_no):
            self.record_no = ""
        self._phrases: dict[Take, str] = {}
        self._names: dict[tuple[float, tuple[float, ...]], tuple[list[str], float]] = {}

    # People

    def draw_name(
        self, canvas: Canvas, right: float, y: float, room: float, sizes: tuple[float, ...] = NAME_SIZES
    ) -> None:
        """Draw the patient's name with its right edge at `right` and its baseline at y, in two lines if one is too
        short."""
        if (room, sizes) not in self._names:
            self._names[room, sizes] = self._name_in(room, sizes)
        lines, size = self._names[room, sizes]
        lead = size * 1.08
        base = y if len(lines) == 1 else y + 4 - lead
        for line in lines:
            canvas.text(right, base, line, size, bold=True, align="right")
            base += lead

    def _name_in(self, room: float, sizes: tuple[float, ...]) -> tuple[list[str], float]:
        """The name at the largest size that fits, or the words that replace it."""
        name = clean(self.facts.patient_name)
        instead = (
            self.words.say("name_unprintable", number=self.record_no)
            if self.record_no
            else self.words.say("name_unknown")
        )
        two = tuple(size for size in sizes if size <= 0.8 * sizes[0])
        small = (*two, 9.0, 8.0, 7.5)
        given = [] if not name or unprintable(name) else [(name, sizes, two)]
        for text, one_line_sizes, two_line_sizes in (*given, (instead, (*sizes, 9.0, 8.0), small)):
            size = largest(text, BOLD, one_line_sizes, room)
            if size is not None:
                return [text], size
            for size in two_line_sizes:
                lines = wrap(text, BOLD, size, room)
                if len(lines) == 2 and fits(lines, BOLD, size, room):
                    return lines, size
        raise DoesNotFit(what="record_no")

    @cached_property
    def agreed_line(self) -> str:
        """The line on what the plan is for on the day of making, and with whom it was agreed."""
        return self.words.agreed(self.schedule, self.facts.made_on, self.clinician)

    @cached_property
    def ended_line(self) -> str:
        """The line on when drugs ended that are no longer on any day of this document; "" without any."""
        return self.words.beside(self.schedule)

    @cached_property
    def second_fact(self) -> str:
        """The year of birth or the record number, never a full date of birth."""
        if self.facts.born_year is not None:
            return self.words.say("born", year=self.facts.born_year)
        return self.words.say("record", number=self.record_no) if self.record_no else ""

    # Drugs and products

    @cached_property
    def steps_shown(self) -> list[Step]:
        """The steps that are not over on the day of making, without the final one without doses."""
        last = last_shown_day(self.schedule)
        return [step for step in self.schedule if step.end >= self.facts.made_on and step.start <= last]

    @cached_property
    def spans_shown(self) -> list[Step]:
        """The runs of equal days of these steps, as far as they are shown: a dose of a day of the week that does not
        come is on none."""
        first, last = self.facts.made_on, last_shown_day(self.schedule)
        return [span for span in self.schedule.spans if span.end >= first and span.start <= last]

    @cached_property
    def many_drugs(self) -> bool:
        """Whether doses must name their drug (a crossover)."""
        return len(self.drugs) > 1

    @cached_property
    def drugs(self) -> tuple[str, ...]:
        """The drugs that are taken on any day, in the plan's order."""
        return self.schedule.drugs_taken

    @cached_property
    def drug_title(self) -> str:
        """ "Clonazepam", "Clonazepam and diazepam"."""
        return self.words.listed([self.drugs[0].capitalize(), *self.drugs[1:]])

    @cached_property
    def products(self) -> tuple[Product, ...]:
        """The products taken on any day, in the plan's order; the first is drawn as a disc."""
        return self.schedule.products_taken

    @cached_property
    def solids(self) -> tuple[Product, ...]:
        """Counted and drawn products, such as tablets, in the order of their outlines."""
        return tuple(product for product in self.products if not product.is_measured)

    @cached_property
    def liquids(self) -> tuple[Product, ...]:
        """Measured products."""
        return tuple(product for product in self.products if product.is_liquid)

    def product_named(self, product: Product, *, many: bool = False) -> str:
        """ "0.5 mg tablet", with the drug's name before it if the plan has two drugs."""
        named = self.words.product(product, many=many)
        return self.words.say("drug_named", drug=product.drug, product=named) if self.many_drugs else named

    @cached_property
    def products_line(self) -> str:
        """ "0.5 mg tablets and 0.125 mg orally disintegrating tablets"."""
        return self.words.listed([self.product_named(product, many=True) for product in self.products])

    # Phrases

    def phrase(self, piece: Take) -> str:
        """A piece in words with "|" at its break; a volume beside tablets names its product."""
        found = self._phrases.get(piece)
        if found is None:
            if piece.volume is not None:
                named = self.words.forms[piece.product.form].name
                if not self.only_liquid(piece.product):
                    named = self.words.product(piece.product)
                found = self.words.say("volume_of", volume=self.words.ml(piece.volume), product=named)
            else:
                found = self.words.piece(piece)
            self._phrases[piece] = found
        return found

    def plain_phrase(self, piece: Take) -> str:
        """A piece in words on one line; the drug is named if the plan has two."""
        return self.named_phrase(piece).replace("|", " ")

    def named_phrase(self, piece: Take) -> str:
        """A piece in words with "|" at its break; the drug is named if the plan has two."""
        phrase = self.phrase(piece)
        if not self.many_drugs:
            return phrase
        # "one clonazepam 0.5 mg tablet": the drug is with its product, the count before both.
        liquid = self.words.forms[piece.product.form].name
        name = liquid if piece.product.is_liquid else self.words.counted_name(piece)
        return phrase.replace(name, self.words.say("drug_named", drug=piece.product.drug, product=name))

    def only_liquid(self, product: Product) -> bool:
        """Whether a volume needs no further words: the plan has one bottle and strength of the drug."""
        return sum(liquid.drug == product.drug for liquid in self.liquids) == 1


def one_line(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    sizes: tuple[float, ...],
    room: float,
    what: str,
    *,
    bold: bool = False,
    align: str = "left",
) -> float:
    """Draw a text on one line at the first size that fits and return that size. Raises DoesNotFit: nothing is
    clipped."""
    size = largest(text, BOLD if bold else REGULAR, sizes, room)
    if size is None:
        raise DoesNotFit(what=what)
    canvas.text(x, y, text, size, bold=bold, align=align)
    return size


def block(
    text: str,
    sizes: tuple[float, ...],
    room: float,
    high: float,
    what: str,
    *,
    bold: bool = False,
    lead: float = 1.22,
) -> tuple[list[str], float]:
    """The lines of a text and the size at which they fit a block of room × high points. Raises DoesNotFit."""
    face = BOLD if bold else REGULAR
    for size in sizes:
        lines = wrap(text, face, size, room)
        if len(lines) * size * lead <= high and all(
            largest(line, face, (size,), room) for line in lines if line
        ):
            return lines, size
    raise DoesNotFit(what=what)
