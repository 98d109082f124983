"""A provider that writes text messages into a folder: for trials, for the demo, and for copies on another host."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from django.conf import settings

from plans.channels.fates import Fate, SendResult
from plans.channels.short import Fault, Provider, ShortMessage

# No fate is ever unknown here.
FAULTS: Final = {Fault.UNREACHABLE: Fate.RETRY}


class FileProvider:
    """Writes each message to a file named by its id; an existing file is written again with the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: ShortMessage) -> SendResult:
        """Write it whole or not at all."""
        name = "".join(c if c.isalnum() or c in ".-" else "_" for c in message.message_id.strip("<>"))
        half, whole = self._folder / f".{name}.{os.getpid()}", self._folder / f"{name}.json"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            half.write_text(json.dumps({"to": message.to_address, "text": message.text}), encoding="utf-8")
            half.replace(whole)
        except OSError:
            return Fault.UNREACHABLE.ends(FAULTS)
        return SendResult(Fate.SENT)


def make() -> Provider:
    """A provider into the folder `texts` in VAR_DIR."""
    return FileProvider(settings.VAR_DIR / "texts")
