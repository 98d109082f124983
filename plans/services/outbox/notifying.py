"""Notifying workers, so that a committed row starts work at once. Services do not import Celery: the notifier is set at
start-up."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Final

from django.db import connection, transaction

log = logging.getLogger(__name__)

# A slower notification counts as failed: somebody is waiting for a page.
SLOW_SECONDS: Final = 0.5
REST_SECONDS: Final = 30.0


class Notifier:
    """Calls the given function, and after a failure or a slow call not again for half a minute.

    Nothing is lost if no worker is notified: the tick finds the row.
    """

    def __init__(self, slot: Callable[[str], None] | None = None) -> None:
        self.slot = slot
        self._resting_until = 0.0

    def notify(self, queue: str) -> bool:
        """Notify the workers of a queue; returns whether that was done. Never raises: the row is already committed."""
        began = time.monotonic()
        if self.slot is None or began < self._resting_until:
            return False
        try:
            self.slot(queue)
        except Exception:
            log.warning(
                "workers not notified; the tick will find the row", exc_info=True, extra={"queue": queue}
            )
            self._resting_until = time.monotonic() + REST_SECONDS
            return False
        ended = time.monotonic()
        if ended - began > SLOW_SECONDS:
            log.warning(
                "workers notified slowly; resting",
                extra={"queue": queue, "ms": round((ended - began) * 1000)},
            )
            self._resting_until = ended + REST_SECONDS
        return True


_notifier: Final = Notifier()


def set_notifier(slot: Callable[[str], None] | None) -> None:
    """Set the function that is called with a queue's name after a commit that put entries there."""
    _notifier.slot = slot


def notify_workers(queue: str) -> None:
    """Notify now, outside any transaction, because one run had not enough time."""
    _notifier.notify(queue)


@functools.cache
def _notification(queue: str) -> Callable[[], None]:
    # One object per queue, so that a second `put` in the same transaction recognises it.
    def notify() -> None:
        _notifier.notify(queue)

    return notify


def notify_on_commit(queue: str) -> None:
    """Notify the workers of `queue` when this transaction commits, at most once per transaction."""
    notification = _notification(queue)
    if any(entry[1] is notification for entry in connection.run_on_commit):
        return
    transaction.on_commit(notification, robust=True)
