"""Goes on sending after a pause: a restored backup, a clock that jumped, or one made by hand."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from plans.services import heartbeat, restoring


class Command(BaseCommand):
    """`manage.py resume_sending` says what stands; `--yes` goes on; `--pause` stops."""

    help = "Show why sending is paused and what may already have gone; with --yes, go on. --pause stops all sending."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--yes", action="store_true", help="go on")
        parser.add_argument(
            "--pause", action="store_true", help="stop sending; as after copying a data folder back"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Show, or act."""
        if options["pause"]:
            heartbeat.set_paused(True, why=restoring.RESTORED)
            self.stdout.write("Sending is paused.")
            return
        restoring.at_home()
        why = heartbeat.paused_because()
        if not why:
            self.stdout.write("Sending is not paused.")
            return
        self.stdout.write(f"Sending is paused: {why}.")
        if why == restoring.RESTORED:
            self._tell(restoring.may_have_gone())
        if not options["yes"]:
            self.stdout.write("Nothing was changed. `manage.py resume_sending --yes` goes on.")
            return
        unknown = restoring.resume()
        self.stdout.write(
            f"Sending goes on. {unknown} letters may have gone out before: each stands in its clinic's book of "
            "letters as unknown, to be left or sent once more."
        )

    def _tell(self, found: restoring.MayHaveGone) -> None:
        self.stdout.write(
            "What was due before the restored database was noticed may already have gone: "
            + (", ".join(f"{count} {kind}" for kind, count in sorted(found.letters.items())) or "no letters")
            + f"; {found.alerts} alerts; {found.check_ins} check-ins not yet asked"
            + (f"; the oldest since {found.oldest:%d %B %Y %H:%M} UTC." if found.oldest else ".")
        )
