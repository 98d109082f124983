"""`manage.py draw REQUEST.json -o OUT.pdf`: a document from a taper request; no database and no server.

The document is read back before it is written; one with a defect is not written.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from django.core.management.base import CommandParser

from plans.documents.kinds import draw, read_back
from plans.management.commands.check_document import FailedCheck
from plans.management.document_command import DocumentCommand, UnwritableFile


class Command(DocumentCommand):
    """Draw a document."""

    help = "Draw a document from a JSON request; needs no database and no server."

    def add_arguments(self, parser: CommandParser) -> None:
        """The request, the file to write, and the options of a document."""
        parser.add_argument("request", help="the taper request; - reads standard input")
        parser.add_argument(
            "-o", "--output", required=True, help="the PDF to write; - writes standard output"
        )
        super().add_arguments(parser)

    def work(self, options: Namespace) -> None:
        """Draw, read back, write."""
        facts = self.facts(options)
        pdf = draw(facts)
        found = read_back(pdf, facts)
        if found:
            raise FailedCheck(findings=[f"{defect.code} (page {defect.page})" for defect in found[:20]])
        if options.output == "-":
            sys.stdout.buffer.write(pdf)
            return
        try:
            Path(options.output).write_bytes(pdf)
        except OSError as fault:
            raise UnwritableFile(file=options.output[:200], why=type(fault).__name__) from None
