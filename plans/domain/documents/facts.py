"""What a document is drawn from, and the refusals of drawing. Plain data: no rows, no translation, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from plans.domain.documents.advice import SignedAdvice
from plans.domain.documents.kinds import CALENDAR, KINDS
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


@dataclass(frozen=True)
class CalendarFacts:
    """Everything the documents of one version say.

    `words` are all sentences in the reader's language; `status_url` is an opaque address of at most 60 characters;
    `help_lines` are (name, number, note); `replaces` is the version that this one replaces. `previous` is that
    version's schedule, for the pharmacy sheet's "what changed"; `advice` is what the clinic's lead signed for page 1,
    None the project's own text, signed by nobody; `fills_from` is the first day the fills are for, where it is not the
    day of making; `instalment_days` are those of the parts in which a fill is handed out, None at once; `sections` are
    the tables of a visit summary and `summary_of` is its day; `other_dose` is what the pharmacy sheet says where
    another dose is taken than planned; `at_hand` is what was counted at home and is used before the first fill, in
    quarters or microlitres by product. `kind` is one of `kinds.KINDS`. Raises BadFacts.
    """

    schedule: Schedule
    patient_name: str
    born_year: int | None
    record_no: str
    clinic_name: str
    clinic_phone: str
    clinic_hours: str
    clinician: str
    emergency_number: str
    help_lines: tuple[tuple[str, str, str], ...]
    help_lines_checked: date | None
    version: int
    replaces: int | None
    made_on: date
    status_url: str
    after_last_day: str
    week_starts: int
    language: str
    words: Words
    paper: str = "a4"
    large: bool = False
    low_ink: bool = False
    follow_up: tuple[date, ...] = ()
    previous: Schedule | None = None
    previous_made_on: date | None = None
    clinic_address: str = ""
    pharmacist_phone: str = ""
    advice: SignedAdvice | None = None
    fill_days: int = 28
    instalment_days: int | None = None
    fills_from: date | None = None
    drug_names: dict[str, str] = field(default_factory=dict)
    kind: str = CALENDAR.code
    sections: tuple[SummaryTable, ...] = ()
    summary_of: date | None = None
    other_dose: str = ""
    at_hand: dict[Product, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadFacts(why="kind", kind=self.kind)
        if self.paper not in PAPERS:
            raise BadFacts(why="paper", paper=self.paper)
        if not 0 < len(self.status_url) <= LONGEST_STATUS_URL or not self.status_url.isascii():
            raise BadFacts(why="status_url", length=len(self.status_url))
        if not 0 <= self.week_starts <= 6:
            raise BadFacts(why="week_starts", week_starts=self.week_starts)
        if not 1 <= self.fill_days <= 366:
            raise BadFacts(why="fill_days", fill_days=self.fill_days)
