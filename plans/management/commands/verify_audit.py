"""`manage.py verify_audit`: says of the audit trail which row was changed, removed or added since it was sealed."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from plans.dispatch import audit_heads
from plans.domain.audit_chain import Breach, TrailFault
from plans.services import audit_seals
from plans.services.audit_seals import KeptHead

SAID: Final = {
    Breach.ROW_CHANGED: "row {row} was changed after it was sealed (seal {seal})",
    Breach.ROW_MISSING: "row {row} is missing (seal {seal} holds it)",
    Breach.ROW_ADDED: "row {row} was added to a range that was sealed before (seal {seal})",
    Breach.SEAL_CHANGED: "seal {seal} was changed: it is not the one its head was made from",
    Breach.SEAL_MISSING: "a seal before seal {seal} is missing",
    Breach.HEAD_DIFFERS: "seal {seal} has another head than the one kept outside: it was made anew",
    Breach.SEALS_CUT_OFF: "seal {seal} is missing, whose head is kept outside: the end was cut off",
}


class Command(BaseCommand):
    """Compares every sealed range with its rows, and the seals with the heads that were kept outside."""

    help = "Verify the audit trail against its seals, and the seals against the heads kept outside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "--heads",
            type=Path,
            default=None,
            help="heads kept outside: their file, or a saved message (default: AUDIT_HEADS_FILE, if it exists)",
        )

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """One line for each fault, then a summary. Ends with 1 if there is a fault."""
        faults = 0
        for found in audit_seals.verify(_kept(options["heads"])):
            if isinstance(found, TrailFault):
                faults += 1
                said = SAID[found.breach].format(row=found.row, seal=found.seal)
                self.stdout.write(f"{found.trail}: {said}")
                continue
            self.stdout.write(
                f"{found.seals} seals with {found.rows} rows compared; {found.unsealed} rows not sealed yet."
            )
            for one in found.heads:
                self.stdout.write(f"{one.trail}: head of seal {one.number} is {one.head}")
        if faults:
            raise CommandError(f"The audit trail is not as it was sealed: {faults} faults.")
        self.stdout.write("The audit trail is as it was sealed.")


def _kept(given: Path | None) -> tuple[KeptHead, ...]:
    path = given or Path(settings.AUDIT_HEADS_FILE)
    if given is None and not path.exists():
        return ()
    try:
        return tuple(audit_heads.read(path))
    except (OSError, ValueError) as bad:
        raise CommandError(
            f"The file of heads, {path}, cannot be read: {bad}. Name another with --heads."
        ) from bad
