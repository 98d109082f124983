"""`manage.py advice_sentences`: lists each sentence that advises a patient, with reason and source."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from plans.management import advising

BEGIN: Final = "<!-- made by `manage.py advice_sentences` -->"
END: Final = "<!-- end of what is made -->"


class Command(BaseCommand):
    """Write the list; with --check only say whether it is complete and up to date."""

    help = "Lists every sentence that advises a patient in docs/intended-use.md, with its reason and source."
    requires_system_checks: list[str] = []  # Django's own type

    def add_arguments(self, parser: CommandParser) -> None:
        """--check writes nothing."""
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if the list is not up to date"
        )

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Write or compare."""
        path = Path(settings.BASE_DIR) / "docs" / "intended-use.md"
        page = path.read_text(encoding="utf-8")
        head, begin, rest = page.partition(BEGIN)
        _old, end, tail = rest.partition(END)
        if not begin or not end:
            raise CommandError(f"{path.name} must hold the lines {BEGIN} and {END}")
        try:
            wanted = f"{head}{BEGIN}\n{advising.table()}\n{END}{tail}"
        except advising.NotRegistered as why:
            raise CommandError(str(why)) from None
        if options["check"]:
            if page != wanted:
                raise CommandError(
                    "docs/intended-use.md is out of date: run `python manage.py advice_sentences`"
                )
            return
        path.write_text(wanted, encoding="utf-8")
        self.stdout.write(f"wrote {path.relative_to(settings.BASE_DIR)}")
