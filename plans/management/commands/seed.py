"""`manage.py seed`: fill an empty demo with two made-up clinics and their last half year."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from plans.management.seeding import clinics
from plans.management.seeding.life import Life
from plans.management.seeding.people import PEOPLE
from plans.services import clock, demo_lookups
from plans.services.caseload import projection


class Command(BaseCommand):
    """Seed once: a second run finds the clinics and changes nothing."""

    help = "Fill an empty demo with made-up clinics and patients."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--small", action="store_true", help="only the clinics and who works there")

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Seed the demo. Raises CommandError outside demo mode."""
        if not settings.TAPERPLAN_DEMO:
            raise CommandError("seed only fills a demo: set TAPERPLAN_DEMO=1 (make demo does).")
        target = Path(settings.VAR_DIR) / "logins.txt"
        if demo_lookups.has_clinics() and not target.exists():
            raise CommandError("An earlier seeding was cut short. Begin afresh: make demo-reset")
        if demo_lookups.has_clinics():
            self.stdout.write("There is a clinic already; nothing was changed.")
            return
        with connection.cursor() as cursor:
            # Thousands of small commits of invented data need not wait for the disk.
            cursor.execute("SET synchronous_commit = off")
        password = "-".join(secrets.choice(_WORDS) for _ in range(4)) + f"-{secrets.randbelow(90) + 10}"
        now = clock.now()
        people = () if options["small"] else PEOPLE
        first = now - timedelta(days=max((person.starts for person in people), default=0) + 10)
        with transaction.atomic(), clock.standing_at(first):
            staff, logins = clinics.make(password)
        if people:
            with projection.written_later():
                Life(staff=staff, now=now, say=self.stdout.write).run()
        lines = [f"Password of every login: {password}", ""]
        lines += [f"  {one.email:<34} {one.name}, {one.role.value}, {one.clinic}" for one in logins]
        lines += ["", f"{clinics.WITH_CODE} is asked for a code as well; it is printed by", f"  {_CODE}"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.stdout.write("\n".join(lines))


_CODE = ".venv/bin/python -m taperplan.local.manage demo_code"
_WORDS = (
    "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty", "knoll", "lagoon",
    "meadow", "north", "orchard", "pebble", "quarry", "river", "summit", "tundra", "upland", "valley", "willow",
)  # fmt: skip
