"""The bell: a committed row starts work at once. The slot is filled at start, since services know no Celery."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Final

from django.db import connection, transaction

log = logging.getLogger(__name__)

# A ring that took longer than this is as bad as one that failed: somebody is waiting for a page.
SLOW_SECONDS: Final = 0.5
REST_SECONDS: Final = 30.0


class Bell:
    """Calls the wake slot, and leaves it alone for half a minute after it failed or was slow.

    Nothing is lost by not ringing: the tick finds the row.
    """

    def __init__(self, slot: Callable[[str], None] | None = None) -> None:
        self.slot = slot
        self._resting_until = 0.0

    def ring(self, queue: str) -> bool:
        """Ring for a queue; whether it rang. Never raises: the row is already committed."""
        began = time.monotonic()
        if self.slot is None or began < self._resting_until:
            return False
        try:
            self.slot(queue)
        except Exception:
            log.warning("bell not rung; the tick will find the row", exc_info=True, extra={"queue": queue})
            self._resting_until = time.monotonic() + REST_SECONDS
            return False
        ended = time.monotonic()
        if ended - began > SLOW_SECONDS:
            log.warning(
                "bell rung slowly; resting", extra={"queue": queue, "ms": round((ended - began) * 1000)}
            )
            self._resting_until = ended + REST_SECONDS
        return True


_bell: Final = Bell()


def set_wake(slot: Callable[[str], None] | None) -> None:
    """Fill the wake slot: called with the queue's name after a commit that put work there."""
    _bell.slot = slot


def ring(queue: str) -> None:
    """Ring now, outside any transaction: there is more to do than one run had time for."""
    _bell.ring(queue)


@functools.cache
def _ringer(queue: str) -> Callable[[], None]:
    # One object a queue, so that a second put in the same transaction can recognise it.
    def wake() -> None:
        _bell.ring(queue)

    return wake


def wake_on_commit(queue: str) -> None:
    """Ring for `queue` once this transaction commits, at most once a transaction."""
    ringer = _ringer(queue)
    if any(entry[1] is ringer for entry in connection.run_on_commit):
        return
    transaction.on_commit(ringer, robust=True)
