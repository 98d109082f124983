"""The facts that documents are drawn from, and the refusals of drawing. Plain data: no rows, translation or clock.

`DocumentFacts` is what every document of a version says; each kind adds its own:

    shared = DocumentFacts(schedule=schedule, patient_name="Marta Lindqvist", ...)
    sheet = PharmacyFacts(**vars(shared), fill_days=28, pharmacist_phone="01632 960 142", ...)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from plans.domain.documents.advice import SignedAdvice
from plans.domain.documents.kinds import CALENDAR, PHARMACY, SUMMARY
from plans.domain.documents.visit import SummaryTable
from plans.domain.documents.words import Words
from plans.domain.errors import TaperplanError
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Schedule

# Part of a document's identity: raise it whenever the same facts give other bytes.
LAYOUT_REVISION: Final = 8
LONGEST_STATUS_URL: Final = 60
PAPERS: Final = ("a4", "letter")


class DoesNotFit(TaperplanError):
    """Something does not fit at the smallest permitted size; nothing is ever clipped. Fact `what`."""

    code = "does_not_fit"
    shown = frozenset({"what"})


class UnprintableText(TaperplanError):
    """A text contains characters that the embedded fonts lack: `where` is the field, fact `characters` their code
    points. Not raised for a patient's name: the document then says "name as on record no. …"."""

    code = "unprintable_text"


class BadFacts(TaperplanError):
    """Facts that break the contract (paper size, length of the status address): fact `why`."""

    code = "bad_document_facts"
    shown = frozenset({"why", "length", "week_starts", "fill_days"})


@dataclass(frozen=True, kw_only=True)
class DocumentFacts:
    """The facts that all documents of a version share: the plan, its patient, its author, and the look of the pages.

    `words` are all sentences in the reader's language; `status_url` is an opaque address of at most 60 characters;
    `replaces` is the version that this one replaces; `kind` is the document's kind, a code in `kinds.KINDS`. Raises
    BadFacts.
    """

    kind: ClassVar[str]

    schedule: Schedule
    patient_name: str
    born_year: int | None
    record_no: str
    clinic_name: str
    clinic_phone: str
    clinician: str
    version: int
    replaces: int | None
    made_on: date
    status_url: str
    language: str
    words: Words
    paper: str = "a4"
    large: bool = False
    low_ink: bool = False

    def __post_init__(self) -> None:
        if self.paper not in PAPERS:
            raise BadFacts(why="paper", paper=self.paper)
        if not 0 < len(self.status_url) <= LONGEST_STATUS_URL or not self.status_url.isascii():
            raise BadFacts(why="status_url", length=len(self.status_url))

    def typed(self) -> Iterator[str]:
        """Texts that people typed, which are exempt from the rules of writing."""
        yield from (self.patient_name, self.record_no, self.clinic_name, self.clinic_phone, self.clinician)


@dataclass(frozen=True, kw_only=True)
class CalendarFacts(DocumentFacts):
    """Further facts of a dose calendar.

    `help_lines` are (name, number, note); `follow_up` are the days of visits; `advice` is what the clinic's lead signed
    for page 1, or None for the project's own unsigned text; `week_starts` is 0 for Monday to 6 for Sunday.
    """

    kind = CALENDAR.code

    clinic_hours: str
    clinic_address: str = ""
    emergency_number: str
    help_lines: tuple[tuple[str, str, str], ...]
    help_lines_checked: date | None
    after_last_day: str
    week_starts: int
    follow_up: tuple[date, ...] = ()
    advice: SignedAdvice | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.week_starts <= 6:
            raise BadFacts(why="week_starts", week_starts=self.week_starts)

    def typed(self) -> Iterator[str]:
        """As for every document; help lines and the text after the last day are typed too."""
        yield from super().typed()
        yield from (self.clinic_hours, self.clinic_address, self.after_last_day)
        for line in self.help_lines:
            yield from line


@dataclass(frozen=True, kw_only=True)
class PharmacyFacts(DocumentFacts):
    """Further facts of a pharmacy sheet.

    `previous` is the schedule of the previous version, made on `previous_made_on`, for "what changed". `fills_from` is
    the first day that the fills are for, if not the day of making; `instalment_days` is the length of the instalments
    in which a fill is handed out (None: all at once); `at_hand` is what should be at home and is used before the first
    fill, in quarters or microlitres by product, reckoned from the count of `counted_on`, or from the fills so far if
    that is None; `other_dose` is shown if another dose than planned is taken; `drug_names` are drugs as a label writes
    them; `packs` are the sizes that products are sold in, where known.
    """

    kind = PHARMACY.code

    clinic_address: str = ""
    pharmacist_phone: str = ""
    previous: Schedule | None = None
    previous_made_on: date | None = None
    fill_days: int = 28
    instalment_days: int | None = None
    fills_from: date | None = None
    drug_names: dict[str, str] = field(default_factory=dict)
    other_dose: str = ""
    at_hand: dict[Product, int] = field(default_factory=dict)
    counted_on: date | None = None
    packs: dict[Product, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.fill_days <= 366:
            raise BadFacts(why="fill_days", fill_days=self.fill_days)

    def typed(self) -> Iterator[str]:
        """As for every document, and how a pharmacist reaches the clinic."""
        yield from super().typed()
        yield from (self.clinic_address, self.pharmacist_phone)


@dataclass(frozen=True, kw_only=True)
class SummaryFacts(DocumentFacts):
    """Further facts of a visit summary: its tables, and its day."""

    kind = SUMMARY.code

    sections: tuple[SummaryTable, ...]
    summary_of: date

    def typed(self) -> Iterator[str]:
        """As for every document, and every cell, since notes and answers are in them."""
        yield from super().typed()
        for section in self.sections:
            for row in section.rows:
                yield from row
