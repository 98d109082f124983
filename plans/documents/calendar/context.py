"""What the pages of a dose calendar share: the clinic's texts on page 1, the months, and the drawings of products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from plans.documents.engine import signs
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.context import DocumentContext
from plans.documents.engine.text import person_text
from plans.domain.documents.calendar import Day, Entry, Month, last_shown_day, months
from plans.domain.documents.facts import CalendarFacts
from plans.domain.documents.words import Words, ending_key
from plans.domain.taper.products import Take, pieces_of


def with_advice(facts: CalendarFacts) -> Words:
    """The words with page 1's advice as signed by the clinic's lead, if it was. Raises UnprintableText."""
    if facts.advice is None:
        return facts.words
    texts = facts.advice.texts
    signs = [person_text(sign, "emergency") for sign in texts.emergency]
    own = {
        "missed_text": person_text(texts.missed, "missed"),
        "worse_text": person_text(texts.worse, "worse"),
        "emergency_text": "\n".join(signs),
    }
    # Typed text must not be treated as a format string.
    literal = {key: text.replace("{", "{{").replace("}", "}}") for key, text in own.items()}
    return replace(facts.words, said={**facts.words.said, **literal})


class CalendarContext(DocumentContext):
    """A calendar's facts made ready for drawing. Raises UnprintableText."""

    facts: CalendarFacts

    def __init__(self, facts: CalendarFacts) -> None:
        super().__init__(facts)
        self.words = with_advice(facts)
        self.clinic_hours = person_text(facts.clinic_hours, "clinic_hours")
        self.clinic_address = person_text(facts.clinic_address, "clinic_address")
        self.emergency_number = person_text(facts.emergency_number, "emergency_number")
        self.after_last_day = person_text(facts.after_last_day, "after_last_day")
        self.help_lines = tuple(
            (
                person_text(name, "help_lines"),
                person_text(number, "help_lines"),
                person_text(note, "help_lines"),
            )
            for name, number, note in facts.help_lines
        )

    @cached_property
    def advice_line(self) -> str:
        """Who signed the advice on page 1."""
        advice = self.facts.advice
        if advice is None:
            return self.words.say("advice_unsigned")
        name = person_text(advice.signed_by, "clinician")
        date = self.words.day_year(advice.signed_on)
        return self.words.say("advice_signed", number=advice.number, name=name, date=date)

    @cached_property
    def used_pieces(self) -> tuple[Take, ...]:
        """One take for each part of a solid that occurs (4, 3, 2, 1 quarters), for the key."""
        every = (take for step in self.schedule for dose in step.doses for take in dose.take)
        return self.parts_of(piece for take in every for piece in pieces_of(take))

    def drugs_on(self, days: Sequence[Day]) -> tuple[str, ...]:
        """The drugs of some days, in the plan's order: what is said of them, and of those that ended a short while
        ago."""
        said = {entry.slot.drug for day in days for entry in day.entries}
        return tuple(drug for drug in self.schedule.drugs if drug in said) or self.drugs[:1]

    def title_of(self, drugs: Sequence[str]) -> str:
        """ "Clonazepam", "Clonazepam and diazepam"."""
        return self.words.listed([drugs[0].capitalize(), *drugs[1:]])

    @staticmethod
    def pieces_on(days: Sequence[Day]) -> set[Take]:
        """Every piece that is taken on some days."""
        return {piece for day in days for entry in day.entries for piece in entry.pieces}

    def products_on(self, days: Sequence[Day]) -> str:
        """ "0.5 mg tablets and 0.125 mg orally disintegrating tablets": what is taken on some days."""
        taken = {piece.product for piece in self.pieces_on(days)}
        return self.words.listed(
            [self.product_named(one, many=True) for one in self.products if one in taken]
        )

    def parts_of(self, pieces: Iterable[Take]) -> tuple[Take, ...]:
        """One take for each part of a solid among some pieces (4, 3, 2, 1 quarters), for the key."""
        found = {
            (self.solids.index(piece.product), -min(piece.quarters, 4))
            for piece in pieces
            if piece.volume is None and piece.product in self.solids
        }
        return tuple(Take(self.solids[n], quarters=-minus) for n, minus in sorted(found))

    def measured(self, entry: Entry) -> bool:
        """Whether an entry is a single measured volume, with mL first and mg under it. With two bottles each is named
        instead, as tablets are."""
        if len(entry.pieces) != 1 or entry.pieces[0].volume is None:
            return False
        return self.only_liquid(entry.pieces[0].product)

    def signed(self, piece: Take) -> bool:
        """Whether a piece is drawn beside its words."""
        return piece.product in self.solids[: signs.KINDS]

    def draw_piece(
        self,
        canvas: Canvas,
        x: float,
        y: float,
        size: float,
        piece: Take,
        *,
        most: int = 2,
        pitch: float = 1.06,
    ) -> float:
        """Draw a piece's sign from x on, centred on height y: up to `most` whole ones separately, more as one. Returns
        the width used. A volume has no sign, nor has a product beyond the last outline."""
        if not self.signed(piece):
            return 0.0
        count = piece.quarters // 4 if piece.quarters > 4 else 1
        count = count if count <= most else 1
        number = self.solids.index(piece.product)
        for n in range(count):
            signs.piece(canvas, x + size * (0.5 + pitch * n), y, size, number, min(piece.quarters, 4))
        return size * (1 + pitch * (count - 1))

    def months(self, *, join_short: bool) -> tuple[Month, ...]:
        """The months of the calendar. Raises NothingToShow."""
        return months(
            self.schedule,
            made_on=self.facts.made_on,
            week_starts=self.facts.week_starts,
            follow_up=self.facts.follow_up,
            join_short=join_short,
        )

    @cached_property
    def last_day_line(self) -> str:
        """ "Last day of this plan: Sunday 30 May 2027.", or of its pages if the dose goes on."""
        day = self.words.weekday_day_year(last_shown_day(self.schedule))
        return f"{self.words.say(ending_key(self.schedule), date=day)}."
