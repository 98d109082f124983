"""`manage.py diagrams`: write the documents that come from code: states, rules, published schedules, catalogue, and the
schema of a copy of a record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from plans.domain import diagrams
from plans.management import catalogue_document, privacy_document, published_document, rules_document
from plans.services.record_copies import schema as record_schema


class Command(BaseCommand):
    """Write the documents; with --check only say whether they are up to date."""

    help = "Writes the documents of docs/ that come from the code."
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
            ("privacy.md", privacy_document.document(_text("privacy.md"))),
            ("record-copy.schema.json", json.dumps(record_schema.schema(), indent=1) + "\n"),
        ):
            path = Path(settings.BASE_DIR) / "docs" / name
            if path.exists() and path.read_text(encoding="utf-8") == wanted:
                continue
            if options["check"]:
                raise CommandError(f"docs/{name} is out of date: run `python manage.py diagrams`")
            path.write_text(wanted, encoding="utf-8")
            self.stdout.write(f"wrote docs/{name}")


def _text(name: str) -> str:
    return (Path(settings.BASE_DIR) / "docs" / name).read_text(encoding="utf-8")
