"""`manage.py words`: compile the translations without gettext's tools."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans.management.catalogue import BadTranslations, catalogues, compile_all, stale


class Command(BaseCommand):
    """Compile every catalogue under `plans/locale`."""

    help = "Write the .mo beside every .po of plans/locale; --check writes nothing and ends with 1 on a difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--check", action="store_true", help="compare only")

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Print one line per language."""
        try:
            found = stale() if options["check"] else compile_all()
        except BadTranslations as fault:
            raise CommandError(str(fault)) from None
        for catalogue in catalogues():
            said = "compiled" if catalogue in found else "up to date"
            if catalogue in found and options["check"]:
                said = "not compiled"
            self.stdout.write(f"{catalogue.parent.parent.name}: {said}")
        if found and options["check"]:
            raise CommandError("Run manage.py words.")
