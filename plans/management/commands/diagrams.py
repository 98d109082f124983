"""`manage.py diagrams`: writes docs/states.md from the state tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from plans.domain import diagrams


class Command(BaseCommand):
    """Draw the state tables; with --check only say whether the file is up to date."""

    help = "Writes docs/states.md from the state tables in the code."
    requires_system_checks: list[str] = []  # Django's own type

    def add_arguments(self, parser: CommandParser) -> None:
        """--check writes nothing."""
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if the file is out of date"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        path = Path(settings.BASE_DIR) / "docs" / "states.md"
        wanted = diagrams.document()
        if options["check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != wanted:
                raise CommandError("docs/states.md is out of date: run `python manage.py diagrams`")
            return
        path.write_text(wanted, encoding="utf-8")
        self.stdout.write(f"wrote {path.relative_to(settings.BASE_DIR)}")
