"""`manage.py catalogue`: what is known about each drug, how well, and what is missing, for review and signature."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from plans.domain.taper import catalogue
from plans.domain.taper.catalogue_table import known, missing, review_digest, tally
from plans.domain.taper.drug import Drug, SourceMark
from plans.wording.catalogue import line_words, missing_words, value_words
from plans.wording.methods import mark_words

_HEAD: Final = ("drug", "what", "country", "value", "mark", "source")
_SIGN: Final = (
    "Reviewed by (name, profession): _____________________   On: ___________   Signature: ______________\n"
)


class Command(BaseCommand):
    """Print the table; changes nothing. A review is signed in the clinic's settings, with the digest printed here."""

    help = "Prints what is known of each drug with mark and source, and what is missing, for a pharmacist to review."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("drugs", nargs="*", metavar="drug", help="generic names; all drugs if left out")
        parser.add_argument("--format", choices=("text", "csv"), default="text")

    # Any: as Django hands over what was typed
    def handle(self, *args: Any, **options: Any) -> None:
        """Print the table as text with a place to sign, or as CSV with one line per number."""
        unknown = sorted(set(options["drugs"]) - set(catalogue.names()))
        if unknown:
            raise CommandError(
                f"not in the catalogue: {', '.join(unknown)}; it has {', '.join(catalogue.names())}"
            )
        drugs = [catalogue.drug(name) for name in options["drugs"] or catalogue.names()]
        with translation.override("en"):
            if options["format"] == "csv":
                writer = csv.writer(self.stdout, lineterminator="\n")
                writer.writerow((*_HEAD, "digest"))
                for drug in drugs:
                    writer.writerows((*row, review_digest(drug.name)) for row in _rows(drug))
            else:
                self.stdout.write("\n".join(_sheet(drug) for drug in drugs))


def _rows(drug: Drug) -> Iterator[tuple[str, ...]]:
    for line in known(drug):
        yield (
            drug.name,
            line_words(line),
            line.country,
            value_words(line),
            mark_words(line.mark),
            line.source,
        )
    for gap in missing(drug):
        yield (drug.name, missing_words(gap), "", "", "missing", "")


def _sheet(drug: Drug) -> str:
    """One drug as a page of text: its numbers in columns, what is missing, how well it is known, and where to sign."""
    lines = known(drug)
    rows = [
        (line_words(line), line.country, value_words(line), mark_words(line.mark), line.source)
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    said = [
        drug.tall_man,
        "=" * len(drug.tall_man),
        f"Digest (SHA-256): {review_digest(drug.name)}",
    ]
    counted = tally(lines)
    said += [", ".join(f"{counted[mark]} {mark_words(mark)}" for mark in SourceMark), ""]
    said += [
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]))
        for row in rows
    ]
    said += ["", "Missing:", *(f"  {missing_words(gap)}" for gap in missing(drug)), "", _SIGN]
    return "\n".join(said)
