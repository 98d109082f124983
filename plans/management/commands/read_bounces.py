"""`manage.py read_bounces`: read the bounce mailbox once; for installations without Celery, run by a timer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from plans.dispatch import bounces


class Command(BaseCommand):
    """`manage.py read_bounces`; running it twice does as much as once."""

    help = "Read the mailbox of bounces (BOUNCE_MAILBOX) and stop writing to addresses that take no messages."

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Read it, and print how many messages there were."""
        if not settings.BOUNCE_MAILBOX:
            raise CommandError("There is no BOUNCE_MAILBOX. Write imaps://user:password@host/INBOX.")
        self.stdout.write(f"{bounces.run()} messages read.")
