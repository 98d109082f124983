"""An SMTP receiver that keeps each letter as one file: for the demo and the tests. It sends nothing on.

A letter is answered with 250 only when its file is on disk.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_INDEX = "index.jsonl"


@dataclass(frozen=True)
class Received:
    """One line of the index. `number` counts from 1; `file` lies in the folder."""

    number: int
    received_at: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    file: str


class Mailbox:
    """A folder of letters: one .eml file each, and an index that is only ever added to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, sender: str, recipients: tuple[str, ...], content: bytes) -> Received:
        """Write the letter and its line in the index to disk before returning."""
        message = email.message_from_bytes(content, policy=email.policy.default)
        with self._lock:
            number = len(self.received()) + 1
            entry = Received(
                number=number,
                received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                sender=sender,
                recipients=recipients,
                subject=str(message["Subject"] or ""),
                message_id=str(message["Message-ID"] or ""),
                file=f"{number:06d}.eml",
            )
            _write(self.folder / entry.file, content, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            _write(
                self.folder / _INDEX,
                json.dumps(asdict(entry)).encode() + b"\n",
                os.O_WRONLY | os.O_CREAT | os.O_APPEND,
            )
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return entry

    def received(self) -> list[Received]:
        """Every letter, oldest first; a last line cut short by a crash is left out."""
        try:
            lines = (self.folder / _INDEX).read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            fields: dict[str, Any] = json.loads(line)
            fields["recipients"] = tuple(fields["recipients"])
            found.append(Received(**fields))
        return found

    def message(self, entry: Received) -> EmailMessage:
        """The letter itself, parsed."""
        content = (self.folder / entry.file).read_bytes()
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - what policy.default makes
        return message


def _write(path: Path, content: bytes, how: int) -> None:
    handle = os.open(path, how, 0o600)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


class _Keep:
    """aiosmtpd's handler: every letter goes into the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        # So that a demo can show what becomes of a mailbox that does not exist.
        if address.rpartition("@")[2].startswith("bounces."):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content or b""
        self.mailbox.add(
            str(envelope.mail_from or ""),
            tuple(str(address) for address in envelope.rcpt_tos),
            content if isinstance(content, bytes) else content.encode(),
        )
        return "250 kept"


class Receiver:
    """An SMTP server on 127.0.0.1 in a thread of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.mailbox = Mailbox(folder)
        self.port = port
        self._controller = Controller(_Keep(self.mailbox), hostname="127.0.0.1", port=port, ready_timeout=20)

    def start(self) -> None:
        """Listen; returns when a connection is answered."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening; the letters stay."""
        self._controller.stop()


def main(arguments: list[str]) -> int:
    """Receive mail and show it on a page until told to end."""
    from taperplan.local.mail_page import serve

    options = argparse.ArgumentParser(prog="python -m taperplan.local.smtp", description=__doc__)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--page-port", type=int, required=True)
    options.add_argument("--site", required=True, help="links into this address can be followed on the page")
    chosen = options.parse_args(arguments)
    receiver = Receiver(chosen.folder, chosen.port)
    receiver.start()
    page = serve(receiver.mailbox, chosen.page_port, chosen.site)
    signal.sigwait({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
    page.shutdown()
    receiver.stop()
    return 0


if __name__ == "__main__":
    # Blocked here, before any thread exists, so that they wait for sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
    sys.exit(main(sys.argv[1:]))
