"""Notices signals that only `make`, which started us, received.

A signal from the keyboard reaches `make` and everything it started. One that a script sends only to `make` does not:
`make` catches SIGINT and then waits for us for ever. While it waits it blocks further SIGINTs, which the kernel shows.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path


class Launcher:
    """The `make` that runs us, if one does; polled by processes that should end with it."""

    def __init__(self) -> None:
        self._pid = os.getppid() if "MAKELEVEL" in os.environ else 0
        self._before = self._holds_back()

    def was_interrupted(self) -> bool:
        """Whether it has caught a SIGINT since we began. Never on a system without /proc."""
        return self._holds_back() and not self._before

    def _holds_back(self) -> bool:
        if not self._pid:
            return False
        try:
            lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        except OSError:
            return False
        blocked = next((line.split()[1] for line in lines if line.startswith("SigBlk:")), "0")
        return bool(int(blocked, 16) >> (signal.SIGINT - 1) & 1)
