"""`manage.py check_document FILE.pdf REQUEST.json`: read a finished PDF back and compare it with the plan.

Instead of a request the key of an issued version may be given: then the facts come from the database, for a document
that a worker drew. Exit status 0 and one line if nothing is wrong; 1 and one line per defect otherwise; 2 if it cannot
be checked. Give the options that it was drawn with; the day of a version's summary is read from the file.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Final
from uuid import UUID

from django.core.management.base import CommandParser

from plans.documents.kinds import read_back
from plans.documents.summary.readback import summary_day
from plans.domain.documents.facts import DocumentFacts
from plans.domain.errors import TaperplanError
from plans.management.document_command import DocumentCommand, day_of, read_file
from plans.services import drawing
from plans.wording.documents import calendar_words

MOST_BYTES: Final = 50_000_000


class FailedCheck(TaperplanError):
    """A document just drawn has defects on reading back: fact `findings`. Always a fault of ours."""

    code = "failed_check"


class UnknownDay(TaperplanError):
    """A file's day is none of those with a summary of the version: facts `version`, and its `days`."""

    code = "unknown_day"


class Command(DocumentCommand):
    """Check a document."""

    help = "Read a finished PDF back and compare it with the plan of a JSON request or of an issued version."

    def add_arguments(self, parser: CommandParser) -> None:
        """The PDF, what it must agree with, and the options it was drawn with."""
        parser.add_argument("pdf", help="the document")
        parser.add_argument(
            "request", help="the taper request it was drawn from, or the key of an issued version"
        )
        parser.add_argument(
            "--day",
            type=day_of,
            help="the day of a version's visit summary (default: the day it says itself)",
        )
        super().add_arguments(parser)

    def work(self, options: Namespace) -> None:
        """Read the file back and print what is wrong."""
        pdf = read_file(options.pdf, MOST_BYTES)
        facts = self._facts(options, pdf)
        found = read_back(pdf, facts)
        for finding in found:
            facts_text = "".join(f" {key}={value}" for key, value in finding.facts.items())
            self.stdout.write(f"page {finding.page}: {finding.code}{facts_text}")
        if found:
            sys.exit(1)
        self.stdout.write("nothing wrong: every day once, every dose as planned")

    def _facts(self, options: Namespace, pdf: bytes) -> DocumentFacts:
        """What the document must say. Raises TaperError, NotFound, UnknownDay."""
        try:
            version_id = UUID(options.request)
        except ValueError:
            return self.facts(options)
        size = {(False, False): "normal", (True, False): "large", (False, True): "lowink"}.get(
            (options.large, options.low_ink), "largelowink"
        )
        look = variant = f"{options.paper}-{size}-{options.language}"
        if options.kind == "summary":
            days = drawing.days_of(version_id, look=look)
            day = options.day or summary_day(pdf, days, calendar_words(options.language))
            if day is None:
                raise UnknownDay(version=str(version_id), days=[one.isoformat() for one in days])
            variant = f"{look}@{day.isoformat()}"
        return drawing.facts_of(version_id, kind=options.kind, variant=variant)
