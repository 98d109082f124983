"""The ways letters can leave, by name: another provider is one more file with the methods of `delivery.Transport`.

MAIL_TRANSPORT names one. "smtp" is the usual; "files" writes each letter into a folder, for trials and as the example
of how small a provider can be.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

from plans.mail.delivery import Fate, Outcome, Server, SmtpTransport, Transport, Unreachable
from plans.mail.letters import Letter


class FileTransport:
    """Each letter as a file named by its Message-ID: one that is there already is not written again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder. Raises Unreachable where that cannot be."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable("unreachable") from error

    def send(self, letter: Letter) -> Outcome:
        """Write it whole or not at all: nothing here is ever of unknown fate."""
        name = "".join(c if c.isalnum() or c in ".-@" else "_" for c in letter.message_id.strip("<>"))
        half, whole = self._folder / f".{name}.{os.getpid()}", self._folder / f"{name}.eml"
        try:
            half.write_bytes(letter.payload)
            half.replace(whole)
        except OSError:
            return Outcome(Fate.RETRY, "dropped")
        return Outcome(Fate.SENT)

    def close(self) -> None:
        """Nothing is held open."""


def _smtp() -> Transport:
    return SmtpTransport(
        Server(
            host=settings.EMAIL_HOST,
            port=settings.EMAIL_PORT,
            seconds=float(settings.EMAIL_TIMEOUT),
            user=settings.EMAIL_HOST_USER,
            password=settings.EMAIL_HOST_PASSWORD,
            starttls=settings.EMAIL_USE_TLS,
            hello=settings.MAIL_DOMAIN,
        )
    )


TRANSPORTS: Final[Mapping[str, Callable[[], Transport]]] = {
    "smtp": _smtp,
    "files": lambda: FileTransport(settings.VAR_DIR / "letters"),
}


def chosen() -> Transport:
    """The transport of the settings."""
    return TRANSPORTS[settings.MAIL_TRANSPORT]()
