"""`manage.py demo_code`: what the authenticator app of somebody in the demo shows now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans.management.seeding.clinics import WITH_CODE
from plans.services import second_factor


class Command(BaseCommand):
    """Print one code of six digits; it works for half a minute, once."""

    help = "Print the code with which somebody of the demo signs in after the password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("email", nargs="?", default=WITH_CODE)

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Print it."""
        code = second_factor.demo_code(options["email"])
        if code is None:
            raise CommandError("This is no demo, or nobody with this address has an authenticator app in it.")
        self.stdout.write(code)
