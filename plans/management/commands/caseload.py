"""`manage.py caseload`: compares the rows of the caseload with the truth, and puts right what differs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from plans.services.caseload import projection


class Command(BaseCommand):
    """After an operator changed rows by hand, or to see that all is well. Pages go on being served meanwhile."""

    help = "Compare the caseload's rows with what they are made from, and put right what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "--clinic", type=UUID, default=None, help="one clinic, by its key (default: every clinic)"
        )

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """The summary on standard output. Ends with 1 if a row or a count was not as it should have been."""
        late = projection.catch_up()
        looked = differing = 0
        for page in projection.rebuild(options["clinic"]):
            looked += page.looked
            differing += len(page.differing)
            for key in page.differing:
                self.stdout.write(f"patient {key}: put right")
        miscounted = projection.recount()
        self.stdout.write(f"{late} rows were waiting, {looked} compared, {differing} put right.")
        if differing or miscounted:
            raise CommandError(f"{differing} rows and {miscounted} counts differed and were put right.")
        self.stdout.write("All rows and counts are as they should be.")
