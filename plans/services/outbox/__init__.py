"""The outbox: the database is the queue, and everything else only rings a bell.

`put` and `cancel_pending` are for whoever causes work; `claim_batch` and what follows are for `plans.dispatch`.
"""

from __future__ import annotations

from plans.services.outbox.claiming import (
    Claim,
    Settlement,
    claim_batch,
    extend,
    mark_sending,
    release,
    settle,
)
from plans.services.outbox.putting import cancel_pending, put
from plans.services.outbox.waking import ring, set_wake, wake_on_commit

__all__ = [
    "Claim",
    "Settlement",
    "cancel_pending",
    "claim_batch",
    "extend",
    "mark_sending",
    "put",
    "release",
    "ring",
    "set_wake",
    "settle",
    "wake_on_commit",
]
