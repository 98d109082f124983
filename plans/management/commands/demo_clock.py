"""`manage.py demo_clock`: move clinic time in a demo, so that weeks pass while one watches."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from plans.dispatch import everything, upkeep
from plans.services import clock

STEP: Final = timedelta(hours=1)
FARTHEST: Final = timedelta(days=366)
_AMOUNT: Final = re.compile(r"\+?(\d{1,4})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_amount(raw: str) -> timedelta:
    """ "+7d", "36h", "90m", "2w". Raises CommandError for anything else, nothing, or more than a year."""
    found = _AMOUNT.fullmatch(raw.strip())
    ahead = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta(0)
    if not timedelta(0) < ahead <= FARTHEST:
        raise CommandError(
            f"Cannot move the clock by {raw!r}: say for example +7d, +36h, +90m or +2w, at most a year."
        )
    return ahead


class Command(BaseCommand):
    """`manage.py demo_clock +7d`. Leases, back-off, heartbeats and sessions stay on real time."""

    help = "Move the demo's clinic time forward, in steps of at most an hour, letting the work drain between them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How far."""
        parser.add_argument(
            "amount", nargs="?", help="for example +7d, +36h, +90m; without it, say what time it is"
        )

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Advance step by step: move the clock, do what is due, send and draw the results."""
        if not settings.TAPERPLAN_DEMO:
            raise CommandError("This is no demo: only a demo's clock can be moved (TAPERPLAN_DEMO=1).")
        done = 0
        if options["amount"]:
            left = read_amount(options["amount"])
            while left > timedelta(0):
                step = min(left, STEP)
                clock.set_offset(clock.offset() + step)
                left -= step
                upkeep.run()
                done += everything.drain()
        self.stdout.write(
            f"Clinic time is {clock.now():%A %d %B %Y, %H:%M} UTC, {clock.offset()} ahead of the real time; "
            f"{done} messages and documents went out."
        )
