"""Watches the machine's clock: after a jump nothing goes to patients until somebody has checked.

Real time is compared with the time since boot, which runs through suspend and cannot be set. Only long-running
processes watch; a short command has nothing to compare.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import Final

from plans.services import clock, heartbeat, machine_clocks, pausing

log = logging.getLogger(__name__)

MOST: Final = timedelta(minutes=2)

_lock = threading.Lock()
_seen: tuple[datetime, float] | None = None


def start() -> None:
    """Start watching in this process."""
    global _seen  # noqa: PLW0603 - one clock a process
    with _lock:
        _seen = (clock.machine_now(), machine_clocks.since_boot())


def stop() -> None:
    """Stop watching."""
    global _seen  # noqa: PLW0603 - one clock a process
    with _lock:
        _seen = None
    machine_clocks.end()


def clocks_agree() -> bool:
    """Whether the clock advanced as much as time did since the last check. If not, sending is paused, and the log and
    /heartbeat say so. True in a process that does not watch."""
    global _seen  # noqa: PLW0603 - one clock a process
    with _lock:
        if _seen is None:
            return True
        then, before = _seen
        now, passed = clock.machine_now(), machine_clocks.since_boot()
        _seen = (now, passed)
    machine_clocks.compare_now_and_then(always_written=True)
    went = timedelta(seconds=passed - before)
    off = (now - then) - went
    if abs(off) <= MOST:
        return True
    resumed = heartbeat.resumed_at()
    if resumed is not None and -MOST <= clock.real_now() - resumed <= went:
        # Another process noticed it, and sending was resumed since this idle process last checked.
        return True
    log.error(
        "the clock jumped: sending is paused until manage.py resume_sending",
        extra={"ms": int(off.total_seconds() * 1000)},
    )
    pausing.pause(heartbeat.CLOCK_JUMPED)
    return False
