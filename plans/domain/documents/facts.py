"""What a document is drawn from, and the refusals of drawing. Plain data: no rows, no translation, no clock.

What every document of a version says is `DocumentFacts`; each kind adds what it alone prints:

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

# Part of a document's identity: raise it whenever the same facts come out as other bytes.
LAYOUT_REVISION: Final = 5
LONGEST_STATUS_URL: Final = 60
PAPERS: Final = ("a4", "letter")


class DoesNotFit(TaperplanError):
    """Something has no room at the smallest permitted size; nothing is ever clipped. Fact `what`."""

    code = "does_not_fit"
    shown = frozenset({"what"})


class UnprintableText(TaperplanError):
    """A text holds characters the embedded faces cannot show: `where` is the field, fact `characters` their code
    points. A patient's name is no cause: the document then says "name as on record no. …"."""

    code = "unprintable_text"


class BadFacts(TaperplanError):
    """Facts that contradict the contract (paper size, length of the status address): fact `why`."""

    code = "bad_document_facts"
    shown = frozenset({"why", "length", "week_starts", "fill_days"})


@dataclass(frozen=True, kw_only=True)
class DocumentFacts:
    """What the documents of a version share: the plan, whose it is, who made it, and how the pages look.

    `words` are all sentences in the reader's language; `status_url` is an opaque address of at most 60 characters;
    `replaces` is the version that this one replaces. `kind` is the code of the kind of document that the facts are of
    (`kinds.KINDS`). Raises BadFacts.
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
        """What people typed: the rules of writing do not hold for it."""
        yield from (self.patient_name, self.record_no, self.clinic_name, self.clinic_phone, self.clinician)


@dataclass(frozen=True, kw_only=True)
class CalendarFacts(DocumentFacts):
    """What a dose calendar says beside.

    `help_lines` are (name, number, note); `follow_up` are the days of visits; `advice` is what the clinic's lead signed
    for page 1, None the project's own text, signed by nobody; `week_starts` is 0 for Monday to 6 for Sunday.
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
        """As of every document; the lines of help and what follows the last day are typed too."""
        yield from super().typed()
        yield from (self.clinic_hours, self.clinic_address, self.after_last_day)
        for line in self.help_lines:
            yield from line


@dataclass(frozen=True, kw_only=True)
class PharmacyFacts(DocumentFacts):
    """What a pharmacy sheet says beside.

    `previous` is the schedule of the version before, made on `previous_made_on`, for "what changed". `fills_from` is
    the first day the fills are for, where it is not the day of making; `instalment_days` are those of the parts in
    which a fill is handed out, None at once; `at_hand` is what was counted at home and is
    used before the first fill, in quarters or microlitres by product; `other_dose` is said where another dose is taken
    than planned; `drug_names` are drugs as a label writes them.
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

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.fill_days <= 366:
            raise BadFacts(why="fill_days", fill_days=self.fill_days)

    def typed(self) -> Iterator[str]:
        """As of every document, and how a pharmacist reaches the clinic."""
        yield from super().typed()
        yield from (self.clinic_address, self.pharmacist_phone)


@dataclass(frozen=True, kw_only=True)
class SummaryFacts(DocumentFacts):
    """What a visit summary says beside: its tables, and the day that it is of."""

    kind = SUMMARY.code

    sections: tuple[SummaryTable, ...]
    summary_of: date

    def typed(self) -> Iterator[str]:
        """As of every document, and every cell: notes and answers stand in them."""
        yield from super().typed()
        for section in self.sections:
            for row in section.rows:
                yield from row
