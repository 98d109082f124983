"""`manage.py add_clinic …`: create a clinic with its lead, who adds everybody else in the settings."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from plans.domain import text
from plans.domain.json import JsonObject
from plans.domain.places import countries
from plans.domain.text import BadText
from plans.services import accounts
from plans.services.actors import Role
from plans.wording.text import text_words

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


class Command(BaseCommand):
    """Create a clinic."""

    help = "Found a clinic and make its lead, who then adds people, hours and words from the pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options; the lead sets hours, holidays and texts for patients afterwards."""
        parser.add_argument("--name", required=True, help="as patients read it: Riverside Clinic")
        parser.add_argument("--phone", required=True, help="the number patients call")
        parser.add_argument("--zone", required=True, help="an IANA time zone: America/New_York")
        parser.add_argument("--country", required=True, help="two letters: US")
        parser.add_argument("--paper", choices=("a4", "letter"), default="", help="else by the country")
        parser.add_argument("--lead-name", required=True, help="Dr A. Mockwell")
        parser.add_argument("--lead-email", required=True, help="what the lead signs in with")

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Print two lines: what was created, and how the lead signs in."""
        name = self._read(options, "name", text.clean_line)
        phone = self._read(options, "phone", text.clean_phone)
        lead_name = self._read(options, "lead_name", text.clean_line)
        lead_email = self._read(options, "lead_email", text.clean_email)
        country = options["country"].upper()
        if country not in countries():
            raise CommandError(f"--country: {options['country']} is not a country. Nothing was made.")
        try:
            ZoneInfo(options["zone"])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise CommandError(f"--zone: {options['zone']} is not a time zone. Nothing was made.") from None
        with transaction.atomic():
            clinic_id = accounts.create_clinic(
                name=name,
                phone=phone,
                zone=options["zone"],
                country=country,
                paper=options["paper"] or ("letter" if country in ("US", "CA") else "a4"),
                hours={day: ["09:00", "17:00"] for day in _WEEKDAYS},
            )
            accounts.create_member(clinic_id=clinic_id, email=lead_email, name=lead_name, role=Role.LEAD)
        self.stdout.write(f"{name} is founded; its lead is {lead_name}, {lead_email}.")
        page = f"{settings.SITE_URL.rstrip('/')}{reverse('account_reset_password')}"
        self.stdout.write(f"The lead asks for a link to set a password at {page}")

    # Any: converts a text to the option's type.
    def _read(self, options: JsonObject, option: str, clean: Any) -> str:
        try:
            return str(clean(options[option]))
        except BadText as problem:
            flag = option.replace("_", "-")
            raise CommandError(f"--{flag}: {text_words(problem)} Nothing was made.") from None
