"""Messages into a folder, for trials, and as the example of how small a provider can be."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from plans.channels.email.delivery import Fate, Outcome, Transport, Unreachable
from plans.channels.email.rendering import OutgoingMessage


class FileTransport:
    """Each message as a file named by its Message-ID: one that is there already is not written again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder. Raises Unreachable where that cannot be."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable("unreachable") from error

    def send(self, message: OutgoingMessage) -> Outcome:
        """Write it whole or not at all: nothing here is ever of unknown fate."""
        name = "".join(c if c.isalnum() or c in ".-@" else "_" for c in message.message_id.strip("<>"))
        half, whole = self._folder / f".{name}.{os.getpid()}", self._folder / f"{name}.eml"
        try:
            half.write_bytes(message.payload)
            half.replace(whole)
        except OSError:
            return Outcome(Fate.RETRY, "dropped")
        return Outcome(Fate.SENT)

    def close(self) -> None:
        """Nothing is held open."""


def make() -> Transport:
    """The folder `messages` in VAR_DIR."""
    return FileTransport(settings.VAR_DIR / "messages")
