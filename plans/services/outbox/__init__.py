"""The outbox: the database is the queue, and Redis only wakes workers.

`put`, `put_back`, `cancel_pending` and `skip_pending` are for the services that cause entries; `claim_batch` and what
follows are for `plans.dispatch`.
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
    settle_sent,
)
from plans.services.outbox.notifying import notify_on_commit, notify_workers, set_notifier
from plans.services.outbox.putting import cancel_pending, first_unsent, put, put_back, skip_pending

__all__ = [
    "Claim",
    "Settlement",
    "cancel_pending",
    "claim_batch",
    "extend",
    "first_unsent",
    "mark_sending",
    "notify_on_commit",
    "notify_workers",
    "put",
    "put_back",
    "release",
    "set_notifier",
    "settle",
    "settle_sent",
    "skip_pending",
]
