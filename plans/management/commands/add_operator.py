"""`manage.py add_operator …`: appoint somebody who sees the state of the installation and no patient."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.text import BadText
from plans.services import accounts
from plans.wording.text import text_words


class Command(BaseCommand):
    """Appoint an operator."""

    help = "Make an account that sees the state of the installation and no patient; clinics cannot give this role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--clinic", required=True, help="any clinic of the installation, by its name")
        parser.add_argument("--name", required=True, help="Ms B. Placeholder")
        parser.add_argument("--email", required=True, help="what the operator signs in with")

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Print what was made, and how the operator signs in."""
        try:
            name = text.clean_line(options["name"], where="name")
            email = text.clean_email(options["email"], where="email")
        except BadText as problem:
            raise CommandError(f"--{problem.where}: {text_words(problem)} Nothing was made.") from None
        try:
            accounts.appoint_operator(clinic=options["clinic"], email=email, name=name)
        except Refused as refusal:
            what = {
                "no_clinic": f"--clinic: no clinic is named {options['clinic']}.",
                "has_account": f"--email: {email} has an account already: an operator has one of their own.",
            }
            raise CommandError(f"{what[str(refusal.facts['reason'])]} Nothing was made.") from None
        page = f"{settings.SITE_URL.rstrip('/')}{reverse('account_reset_password')}"
        self.stdout.write(f"{name}, {email}, is an operator.")
        self.stdout.write(f"The operator asks for a link to set a password at {page}")
