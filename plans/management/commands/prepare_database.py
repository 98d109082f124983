"""`manage.py prepare_database`: tables and the cache's table, before anything serves. Safe to run again."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Bring the database to this version."""

    help = "Apply the migrations and make the table of the cache."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run both steps; each does nothing where all is done."""
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        call_command("createcachetable", verbosity=options["verbosity"])
