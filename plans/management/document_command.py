"""The base of the commands that draw and check documents: their options and the facts from them."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import ClassVar, Final

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser, handle_default_options
from django.db import DatabaseError

from plans.domain.checkins.help_lines import help_for
from plans.domain.documents.facts import PAPERS, CalendarFacts, DocumentFacts, PharmacyFacts, SummaryFacts
from plans.domain.documents.kinds import CALENDAR, KINDS, PHARMACY, SUMMARY
from plans.domain.documents.visit import VisitFacts
from plans.domain.errors import TaperplanError
from plans.domain.taper import catalogue
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.reading import MOST_BYTES
from plans.domain.taper.request import TaperRequest
from plans.wording.document_refusals import says_document
from plans.wording.documents import after_last_day, calendar_words, help_rows
from plans.wording.taper import says
from plans.wording.visit_summary import sections

LANGUAGES = ("en", "es")


class WrongDocumentOption(TaperplanError):
    """The command line is invalid: fact `message`, argparse's own text."""

    code = "wrong_option"


class UnreadableDocument(TaperplanError):
    """A file cannot be read: facts `file` and `why`."""

    code = "unreadable_file"


class UnwritableFile(TaperplanError):
    """A file cannot be written: facts `file` and `why`."""

    code = "unwritable_file"


class NoDatabase(TaperplanError):
    """The database cannot be used: fact `why`."""

    code = "no_database"


def read_file(file: str, most: int) -> bytes:
    """A file's bytes ("-" is standard input), at most `most` + 1. Raises UnreadableDocument."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(most + 1)
        with Path(file).open("rb") as found:
            return found.read(most + 1)
    except (OSError, ValueError) as fault:
        raise UnreadableDocument(file=file[:200], why=type(fault).__name__) from None


def day_of(text: str) -> date:
    """Read the date in an option. Raises ArgumentTypeError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a date such as 2026-12-14") from None


class DocumentCommand(BaseCommand):
    """A command that takes a taper request and the options of a document. A refusal is one JSON object on standard
    error with exit status 2."""

    # Nothing here needs the database or an installation's settings.
    requires_system_checks: ClassVar[list[str]] = []  # type: ignore[misc]  # Django's stub says instance variable

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options for a document's look and for its facts besides the plan."""
        parser.add_argument("--paper", choices=PAPERS, default="a4")
        parser.add_argument("--large", action="store_true", help="large print, 18 points")
        parser.add_argument("--low-ink", action="store_true", help="no filled areas")
        parser.add_argument("--language", choices=LANGUAGES, default="en")
        parser.add_argument("--kind", choices=tuple(KINDS), default=CALENDAR.code)
        parser.add_argument(
            "--week-starts", type=int, choices=range(7), default=0, help="0 Monday to 6 Sunday"
        )
        parser.add_argument("--name", default="", help="the patient's name")
        parser.add_argument("--born", type=int, help="the year of birth")
        parser.add_argument("--record", default="", help="the record number")
        parser.add_argument("--clinic", default="Clinic")
        parser.add_argument("--phone", default="")
        parser.add_argument("--hours", default="")
        parser.add_argument("--clinician", default="")
        parser.add_argument(
            "--made-on", type=day_of, help="the day of making (default: the plan's first day)"
        )
        parser.add_argument("--plan-version", type=int, default=1)
        parser.add_argument("--after", default="", help="what the last day is followed by, in a sentence")
        parser.add_argument(
            "--address", default="https://example.org/s/not-issued", help="what the code leads to"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line."""
        try:
            options = self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
            handle_default_options(options)
            self.work(options)
        except CommandError as fault:
            self.refuse(WrongDocumentOption(message=str(fault).removeprefix("Error: ")))
        except TaperplanError as fault:
            self.refuse(fault)
        except (DatabaseError, ImproperlyConfigured) as fault:
            # Only a version's key needs the database.
            self.refuse(NoDatabase(why=type(fault).__name__))

    def handle(self, *args: object, **options: object) -> None:
        """Run from code. Raises TaperplanError."""
        self.work(Namespace(**options))

    def work(self, options: Namespace) -> None:
        """Do what the command is for."""
        raise CommandError("a command says what it does")

    def refuse(self, fault: TaperplanError) -> None:
        """Print a refusal and exit with status 2."""
        refusal = {
            "code": fault.code,
            "says": says_document(fault) or says(fault),
            "where": fault.where,
            "nearest": fault.nearest,
            "facts": fault.facts,
        }
        self.stderr.write(json.dumps({"error": refusal}, ensure_ascii=False), style_func=str)
        sys.exit(2)

    def facts(self, options: Namespace) -> DocumentFacts:
        """The facts of a document from a request and the options. Raises TaperError, BadFacts."""
        request = TaperRequest.from_text(read_file(options.request, MOST_BYTES))
        taper = build(request, fills_from=options.made_on)
        whole = taper.schedule
        words = calendar_words(options.language, request.country)
        made_on = options.made_on or whole.start
        shared = DocumentFacts(
            schedule=whole if KINDS[options.kind].tells_past else whole.as_of(made_on),
            patient_name=options.name,
            born_year=options.born,
            record_no=options.record,
            clinic_name=options.clinic,
            clinic_phone=options.phone,
            clinician=options.clinician or options.clinic,
            version=options.plan_version,
            replaces=None,
            made_on=made_on,
            status_url=options.address,
            language=options.language,
            words=words,
            paper=options.paper,
            large=options.large,
            low_ink=options.low_ink,
        )
        return _MADE_OF[options.kind](options, taper, shared)


def _calendar(options: Namespace, taper: Taper, shared: DocumentFacts) -> CalendarFacts:
    help_there = help_for(taper.request.country)
    return CalendarFacts(
        **vars(shared),
        clinic_hours=options.hours,
        emergency_number=help_there.emergency,
        help_lines=help_rows(taper.request.country, shared.language),
        help_lines_checked=help_there.checked_on,
        after_last_day=after_last_day(shared.schedule, shared.words, own=options.after or ""),
        week_starts=options.week_starts,
    )


def _pharmacy(options: Namespace, taper: Taper, shared: DocumentFacts) -> PharmacyFacts:
    return PharmacyFacts(
        **vars(shared),
        fill_days=taper.request.dispense_days,
        instalment_days=taper.request.instalment_days,
        at_hand=dict(taper.at_hand),
        packs=catalogue.packs(shared.schedule.products, taper.request.country),
        drug_names={drug: catalogue.drug(drug).tall_man for drug in shared.schedule.drugs},
    )


def _summary(options: Namespace, taper: Taper, shared: DocumentFacts) -> SummaryFacts:
    visit = VisitFacts(shared.made_on, None, (), (), (), (), ())
    tables = sections(shared.schedule, visit, shared.words, pauses=taper.request.pauses)
    return SummaryFacts(**vars(shared), sections=tables, summary_of=visit.day)


_MADE_OF: Final[dict[str, Callable[[Namespace, Taper, DocumentFacts], DocumentFacts]]] = {
    CALENDAR.code: _calendar,
    PHARMACY.code: _pharmacy,
    SUMMARY.code: _summary,
}
