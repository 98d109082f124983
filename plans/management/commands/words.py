"""`manage.py words`: compile the translations, so that a page speaks them; needs no gettext tools."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans.management.catalogue import BadCatalogue, catalogues, compiled


class Command(BaseCommand):
    """Compile every catalogue under `plans/locale`."""

    help = "Write the .mo beside every .po of plans/locale; --check writes nothing and ends with 1 on a difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--check", action="store_true", help="compare only")

    def handle(self, *args: Any, **options: Any) -> None:
        """A line a language."""
        stale = []
        for catalogue in catalogues():
            target = catalogue.with_suffix(".mo")
            try:
                wanted = compiled(catalogue)
            except BadCatalogue as fault:
                raise CommandError(f"{catalogue}: {fault}") from None
            same = target.is_file() and target.read_bytes() == wanted
            if options["check"] and not same:
                stale.append(str(target))
            elif not same:
                target.write_bytes(wanted)
            self.stdout.write(f"{catalogue.parent.parent.name}: {'up to date' if same else 'compiled'}")
        if stale:
            raise CommandError(
                f"Not compiled since the last change: {', '.join(stale)}. Run manage.py words."
            )
