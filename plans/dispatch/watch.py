"""Watches the machine's clock: when it jumps, nothing goes to patients until a person has looked.

Real time is compared with the time since start-up, which goes on through a machine's sleep and cannot be set. Only
processes that live long watch; a command that ends at once has nothing to compare.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from typing import Final

from plans.services import clock, heartbeat, machine_clocks, pausing

log = logging.getLogger(__name__)

MOST: Final = timedelta(minutes=2)

_lock = threading.Lock()
_seen: tuple[datetime, float] | None = None
_compared: float | None = None
_COMPARE_SECONDS: Final = 30.0


def _since_boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def start() -> None:
    """Begin to watch in this process."""
    global _seen  # noqa: PLW0603 - one clock a process
    with _lock:
        _seen = (clock.real_now(), _since_boot())


def stop() -> None:
    """Watch no more."""
    global _seen, _compared
    with _lock:
        _seen, _compared = None, None
    clock.set_behind(timedelta(0))


def _compare(passed: float) -> None:
    """Compare this machine's clock with the database's, now and then."""
    global _compared  # noqa: PLW0603 - one clock a process
    with _lock:
        if _compared is not None and passed - _compared < _COMPARE_SECONDS:
            return
        _compared = passed
    behind = machine_clocks.compare()
    if behind:
        log.warning(
            "this machine's clock and the database's differ", extra={"ms": int(behind.total_seconds() * 1000)}
        )


def clocks_agree() -> bool:
    """Whether the clock went on as time did since the last look. If not, sending is paused and the alarm is in the
    log and at /heartbeat. True where nobody watches."""
    global _seen  # noqa: PLW0603 - one clock a process
    with _lock:
        if _seen is None:
            return True
        then, before = _seen
        now, passed = clock.real_now(), _since_boot()
        _seen = (now, passed)
    _compare(passed)
    went = timedelta(seconds=passed - before)
    off = (now - then) - went
    if abs(off) <= MOST:
        return True
    resumed = heartbeat.resumed_at()
    if resumed is not None and -MOST <= now - resumed <= went:
        # Another process saw it, and somebody has looked since this one, which had nothing to do, looked last.
        return True
    log.error(
        "the clock jumped: sending is paused until manage.py resume_sending",
        extra={"ms": int(off.total_seconds() * 1000)},
    )
    pausing.pause(heartbeat.CLOCK_JUMPED)
    return False
