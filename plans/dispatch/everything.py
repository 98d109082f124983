"""All queues in one process: for `run_outbox --once`, for the demo clock, for tests."""

from __future__ import annotations

import time
from typing import Final

from plans.dispatch import documents, messages
from plans.dispatch.counts import Counts
from plans.domain.notices import Queue

_MOST_TURNS: Final = 50


def run_once(*, seconds: float = 15.0) -> dict[Queue, Counts]:
    """One round over all queues, alerts first."""
    return {
        Queue.ALERTS: messages.run(Queue.ALERTS, seconds=seconds),
        Queue.MESSAGES: messages.run(Queue.MESSAGES, seconds=seconds),
        Queue.DOCUMENTS: documents.run(seconds=seconds),
    }


def drain(*, seconds: float = 60.0) -> int:
    """Work until nothing is due any more or the time is up; returns how many rows were sent or drawn.

    Entries waiting for another try (a mail server that is away) stay behind.
    """
    ends, sent = time.monotonic() + seconds, 0
    for _turn in range(_MOST_TURNS):
        left = ends - time.monotonic()
        if left <= 0:
            break
        counts = run_once(seconds=left)
        sent += sum(one.sent for one in counts.values())
        if not any(one.any for one in counts.values()):
            break
    return sent
