"""`manage.py wall`: puts the second wall between clinics up, takes it down, or says whether it stands."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from plans.services import database_roles, walled_tables

UP: Final = "up"
DOWN: Final = "down"


class Command(BaseCommand):
    """Row-level security between clinics, as docs/trail.md says."""

    help = "Put the second wall between clinics up or down, or say whether it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("to", nargs="?", choices=(UP, DOWN), help="what to do; nothing: say how it is")

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Raises CommandError where the roles are missing, and where the wall does not stand."""
        if settings.OWNER_DATABASE:
            connection.close()
            connection.settings_dict.update(settings.OWNER_DATABASE)
        if options["to"] == UP:
            if not database_roles.exist():
                raise CommandError(
                    "This database has no roles, and without them nobody can be kept out. Make them first: "
                    "docs/trail.md."
                )
            walled_tables.put_up()
        elif options["to"] == DOWN:
            walled_tables.take_down()
            self.stdout.write(f"The wall is down. Put it up again: manage.py wall {UP}")
            return
        missing = walled_tables.without_wall()
        if missing:
            raise CommandError(f"The wall does not stand around {', '.join(missing)}.")
        self.stdout.write(f"The wall stands around {len(walled_tables.conditions())} tables.")
