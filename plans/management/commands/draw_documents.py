"""`manage.py draw_documents --all`: redraw the current documents, with progress; Ctrl-C leaves the rest as they
were."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from plans.dispatch import documents as drawing
from plans.management.progress import shown
from plans.services import clock, documents
from plans.services.actors import SYSTEM
from plans.services.documents.redraws import clinics

# Seconds of drawing between two progress reports; other workers draw meanwhile.
_SPELL: Final = 2.0


class Command(BaseCommand):
    """Redraw documents after a new telephone number, new hours or a new layout."""

    help = "Draw the documents in force again: of every clinic with --all, of one with --clinic NAME."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--all", action="store_true", help="every clinic")
        parser.add_argument("--clinic", default="", help="one clinic, by its exact name or key")

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Show progress on standard error and one line per clinic on standard output. Exit status 1 if a document
        failed."""
        failed = 0
        for key, name in self._chosen(options["all"], options["clinic"]):
            failed += self._clinic(key, name)
        if failed:
            raise CommandError(f"{failed} could not be drawn: each stands in its clinic's queue.")

    def _chosen(self, every: bool, named: str) -> list[tuple[UUID, str]]:
        if every == bool(named):
            raise CommandError("Say --all, or --clinic and its name.")
        found = [(key, name) for key, name in clinics() if every or named in (name, str(key))]
        if named and len(found) != 1:
            why = "several clinics have this name: give a key" if found else "no such clinic"
            raise CommandError(f"{named}: {why}.")
        return found

    def _clinic(self, key: UUID, name: str) -> int:
        documents.redraw_clinic(by=SYSTEM, clinic_id=key)
        run = documents.redrawing(by=SYSTEM, clinic_id=key)
        try:
            for _document in shown(
                _drawn(key),
                of=run.all if run else 0,
                what=f"documents of {name}",
                write=self._progress,
                terminal=self.stderr.isatty(),
                seconds=lambda: clock.real_now().timestamp(),
            ):
                continue
        except KeyboardInterrupt:
            kept = documents.cancel_redrawing(by=SYSTEM, clinic_id=key)
            raise CommandError(f"Stopped. {kept} documents stay as they were.") from None
        run = documents.redrawing(by=SYSTEM, clinic_id=key)
        ready, failed = (run.ready, run.failed) if run else (0, 0)
        self.stdout.write(f"{name}: {ready} drawn, {failed} could not be drawn")
        return failed

    def _progress(self, text: str) -> None:
        self.stderr.write(text, style_func=str, ending="")
        self.stderr.flush()


def _drawn(clinic_id: UUID) -> Iterator[int]:
    """Draw along with the workers until nothing waits; yields once for each finished document."""
    reported = 0
    while True:
        counts = drawing.run(seconds=_SPELL)
        run = documents.redrawing(by=SYSTEM, clinic_id=clinic_id)
        finished = run.ready + run.failed if run else 0
        yield from range(reported, finished)
        reported = max(reported, finished)
        if run is None or run.over or not (counts.any or run.waiting):
            return
