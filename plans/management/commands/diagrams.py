"""`manage.py diagrams`: write the documents that come from code: states, rules, published schedules, catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from plans.domain import diagrams
from plans.management import catalogue_document, published_document, rules_document


class Command(BaseCommand):
    """Write the documents; with --check only say whether they are up to date."""

    help = "Writes docs/states.md, rules.md, published-schedules.md and catalogue.md from the code."
    requires_system_checks: list[str] = []  # Django's own type

    def add_arguments(self, parser: CommandParser) -> None:
        """--check writes nothing."""
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if the file is out of date"
        )

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Write or compare."""
        for name, wanted in (
            ("states.md", diagrams.document()),
            ("rules.md", rules_document.document()),
            ("published-schedules.md", published_document.document()),
            ("catalogue.md", catalogue_document.document()),
        ):
            path = Path(settings.BASE_DIR) / "docs" / name
            if path.exists() and path.read_text(encoding="utf-8") == wanted:
                continue
            if options["check"]:
                raise CommandError(f"docs/{name} is out of date: run `python manage.py diagrams`")
            path.write_text(wanted, encoding="utf-8")
            self.stdout.write(f"wrote docs/{name}")
