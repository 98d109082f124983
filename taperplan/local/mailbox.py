"""A folder that keeps the messages of the demo and the tests, one file each."""

from __future__ import annotations

import email
import email.policy
import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

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
    """A folder of messages: one .eml file each, and an index that is only ever added to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, sender: str, recipients: tuple[str, ...], content: bytes) -> Received:
        """Write the message and its line in the index to disk before returning."""
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
        """Every message, oldest first; a last line cut short by a crash is left out."""
        try:
            lines = (self.folder / _INDEX).read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            # Any: a line of our own index.
            fields: dict[str, Any] = json.loads(line)
            fields["recipients"] = tuple(fields["recipients"])
            found.append(Received(**fields))
        return found

    def message(self, entry: Received) -> EmailMessage:
        """The message itself, parsed."""
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
