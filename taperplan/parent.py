"""A child process that never outlives its parent, even when that is killed with SIGKILL (Linux's PR_SET_PDEATHSIG)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int, death_signal: signal.Signals = signal.SIGTERM) -> None:
    """In a child: request `death_signal` when `parent` dies; die at once if it is dead already."""
    if _libc is not None and _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        os._exit(126)
    if os.getppid() != parent:
        os._exit(127)
