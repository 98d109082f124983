"""`manage.py prepare_database`: tables, the cache's table, what each role may do and the caseload's rows, before
anything serves. Safe to run again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from plans.services import database_roles, server_log
from plans.services.caseload import projection


class Command(BaseCommand):
    """Bring the database to this version."""

    help = "Apply the migrations, make the table of the cache, and write the rows of the caseload that wait."

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Run every step as the owner of the tables; each does nothing if it was done before. Raises CommandError for a
        server that loses commits or that logs statements."""
        if settings.OWNER_DATABASE:
            connection.close()
            connection.settings_dict.update(settings.OWNER_DATABASE)
        _refuse_talkative()
        _refuse_forgetful()
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        call_command("createcachetable", verbosity=options["verbosity"])
        database_roles.grant()
        projection.catch_up()


def _refuse_forgetful() -> None:
    """Refuse a server that loses commits, which sends messages twice: measured, 20 of 60 after one kill."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'off' "
            "ORDER BY name"
        )
        off = [name for (name,) in cursor.fetchall()]
    if off and not settings.TAPERPLAN_DEMO:
        raise CommandError(
            f"This PostgreSQL runs with {' and '.join(off)} off: after a crash it forgets messages that went out, and "
            "they go again. Set it to on (the default), also for this role and database, and run this again."
        )


def _refuse_talkative() -> None:
    """Refuse a server that logs statements, since its log would contain answers, names and addresses."""
    if (found := server_log.talkative()) and not settings.TAPERPLAN_DEMO:
        raise CommandError(
            "This PostgreSQL writes statements to its log, and with them what patients answered. Set in "
            f"postgresql.conf, or by ALTER ROLE … SET as a superuser: {', '.join(found)}. Then run this again."
        )
