"""Watches the machine's clock: when it jumps, nothing goes to patients until a person has looked.

Real time is compared with the time since start-up, which goes on through a machine's sleep and cannot be set. Only
processes that live long watch; a command that ends at once has nothing to compare.
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
    """Begin to watch in this process."""
    global _seen  # noqa: PLW0603 - one clock a process
    with _lock:
        _seen = (clock.machine_now(), machine_clocks.since_boot())


def stop() -> None:
    """Watch no more."""
    global _seen  # noqa: PLW0603 - one clock a process
    with _lock:
        _seen = None
    machine_clocks.end()


def clocks_agree() -> bool:
    """Whether the clock went on as time did since the last look. If not, sending is paused and the alarm is in the
    log and at /heartbeat. True where nobody watches."""
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
        # Another process saw it, and somebody has looked since this one, which had nothing to do, looked last.
        return True
    log.error(
        "the clock jumped: sending is paused until manage.py resume_sending",
        extra={"ms": int(off.total_seconds() * 1000)},
    )
    pausing.pause(heartbeat.CLOCK_JUMPED)
    return False
