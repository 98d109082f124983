"""`manage.py retention`: delete what has had its time, or only count it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from plans.domain.rights.retention import CLASSES
from plans.services import retention
from plans.wording.retention import CLASSES as NAMES
from plans.wording.retention import KEPT, period_words


class Command(BaseCommand):
    """Run the retention now instead of at night; safe to interrupt and to run again."""

    help = "Deletes what has had its time, class by class; --dry-run counts and deletes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--dry-run", action="store_true", help="count only")

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Print a line a class."""
        ran = retention.dry_run() if options["dry_run"] else retention.run()
        found = {one.code: one for one in ran.figures}
        for code, kept in CLASSES.items():
            one = found.get(code)
            counts = f"due {one.due}" if one else "-"
            if one is not None and one.deleted is not None and kept.deletes:
                counts += f", deleted {one.deleted}"
            stays = "; ".join(f"{count} {KEPT[why]}" for why, count in one.kept) if one else ""
            why = stays or (str(KEPT[kept.kept]) if kept.kept is not None else "")
            mark = "" if kept.verified or kept.source.startswith("ours") else " (not verified)"
            self.stdout.write(f"{NAMES[code]}: {period_words(kept)}; {counts}. {why} [{kept.source}{mark}]")
        if ran.differs:
            self.stderr.write("Not all that was due could be deleted: what somebody holds goes tomorrow.")
