"""`manage.py check_document FILE.pdf REQUEST.json`: read a finished PDF back and compare it with the plan.

Exit status 0 and one line when nothing is wrong; 1 and a line a finding otherwise; 2 when it cannot be checked.
Give the options it was drawn with.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Final

from django.core.management.base import CommandParser

from plans.documents.pharmacy_readback import read_back_pharmacy
from plans.documents.readback import read_back
from plans.domain.errors import TaperplanError
from plans.management.paper import PaperCommand, read_file

MOST_BYTES: Final = 50_000_000


class FailedCheck(TaperplanError):
    """A document that was just drawn does not read back: fact `findings`. Always a fault of ours."""

    code = "failed_check"


class Command(PaperCommand):
    """Check a document."""

    help = "Read a finished PDF back and compare it with the plan of a JSON request."

    def add_arguments(self, parser: CommandParser) -> None:
        """The PDF, the request, and the options it was drawn with."""
        parser.add_argument("pdf", help="the document")
        parser.add_argument("request", help="the taper request it was drawn from")
        super().add_arguments(parser)

    def work(self, options: Namespace) -> None:
        """Read back and print what is wrong."""
        facts = self.facts(options)
        check = read_back_pharmacy if options.kind == "pharmacy" else read_back
        found = check(read_file(options.pdf, MOST_BYTES), facts)
        for finding in found:
            facts_text = "".join(f" {key}={value}" for key, value in finding.facts.items())
            self.stdout.write(f"page {finding.page}: {finding.code}{facts_text}")
        if found:
            sys.exit(1)
        self.stdout.write("nothing wrong: every day once, every dose as planned")
