"""A transport that writes messages into a folder: for trials, and as an example of how small a transport can be."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from plans.channels.email.delivery import Fate, SendResult, Transport, Unreachable
from plans.channels.email.rendering import OutgoingMessage


class FileTransport:
    """Writes each message to a file named by its Message-ID; an existing file is not written again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder. Raises Unreachable if that fails."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable("unreachable") from error

    def send(self, message: OutgoingMessage) -> SendResult:
        """Write it whole or not at all: no fate is ever unknown here."""
        name = "".join(c if c.isalnum() or c in ".-@" else "_" for c in message.message_id.strip("<>"))
        half, whole = self._folder / f".{name}.{os.getpid()}", self._folder / f"{name}.eml"
        try:
            half.write_bytes(message.payload)
            half.replace(whole)
        except OSError:
            return SendResult(Fate.RETRY, "dropped")
        return SendResult(Fate.SENT)

    def close(self) -> None:
        """Do nothing: no file is held open."""


def make() -> Transport:
    """A transport into the folder `messages` in VAR_DIR."""
    return FileTransport(settings.VAR_DIR / "messages")
