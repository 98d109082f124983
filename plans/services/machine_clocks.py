"""Compares this machine's clock with the database's, which `clock.real_now()` follows.

A process compares at its first database connection after `begin()`, and then at most every half minute when it
connects. Workers, whose connections last, compare in every run.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created

from plans.models import Heartbeat
from plans.services import clock

log = logging.getLogger(__name__)

_NAME: Final = "clock:"
_EVERY_SECONDS: Final = 30.0
_lock = threading.Lock()
_compared: float | None = None
# A smaller difference means nothing: measuring takes time, and clocks are never equal.
_NEAR: Final = timedelta(seconds=1)
_FAR: Final = timedelta(seconds=10)


def since_boot() -> float:
    """Seconds since boot, including suspend; nobody can set this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def begin() -> None:
    """Start comparing, whenever this process connects to the database and half a minute has passed."""
    connection_created.connect(_on_connection, dispatch_uid=__name__)


def end() -> None:
    """Stop comparing and trust this machine's clock."""
    global _compared  # noqa: PLW0603 - one machine a process
    connection_created.disconnect(dispatch_uid=__name__)
    with _lock:
        _compared = None
    clock.set_behind(timedelta(0))


def _on_connection(**_: object) -> None:
    try:
        compare_now_and_then()
    except DatabaseError as error:
        log.warning("the database's time could not be asked", extra={"kind": type(error).__name__})


def compare_now_and_then(*, always_written: bool = False) -> None:
    """Compare if half a minute has passed. A difference is recorded for /heartbeat; `always_written`: also that there
    is none."""
    global _compared  # noqa: PLW0603 - one machine a process
    passed = since_boot()
    with _lock:
        if _compared is not None and passed - _compared < _EVERY_SECONDS:
            return
        _compared = passed
    behind, at = measure()
    clock.set_behind(behind)
    milliseconds = int(behind.total_seconds() * 1000)
    if behind:
        log.warning("this machine's clock and the database's differ", extra={"ms": milliseconds})
    if behind or always_written:
        name = f"{_NAME}{socket.gethostname()[:30]}"
        Heartbeat.objects.update_or_create(
            name=name, defaults={"at": at, "facts": {"behind_ms": milliseconds}}
        )


def measure() -> tuple[timedelta, datetime]:
    """How far this machine's clock is behind the database's (zero if less than the time the query takes), and the
    database's time."""
    began = clock.machine_now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
    took = clock.machine_now() - began
    behind = there - (began + took / 2)
    return (behind if abs(behind) > max(took, _NEAR) else timedelta(0)), there


def differ(since: datetime) -> bool:
    """Whether a machine active since then deviates from the database's time."""
    late = Heartbeat.objects.filter(name__startswith=_NAME, at__gt=since).values_list("facts", flat=True)
    return any(abs(facts["behind_ms"]) > _FAR.total_seconds() * 1000 for facts in late)
