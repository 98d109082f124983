"""The states of an outbox entry: a message, an alert or a document to be made.

pending ─claim─► claimed ─► sending ─► sent
   ▲               │ lease over           ├─► rejected (refused for good)
   │               │                      ├─► unknown (cut off between the last byte and the commit)
   └───────────────┴─ try again later ────┘
pending or claimed ──► skipped (precondition gone), cancelled (withdrawn), poison (crashed too often)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class WorkState(StrEnum):
    """The state of an outbox entry."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    POISON = "poison"


# Certainly not sent: can be cancelled.
UNSENT: Final = (WorkState.PENDING, WorkState.CLAIMED)
# A worker holds it under a lease.
LEASED: Final = (WorkState.CLAIMED, WorkState.SENDING)
UNFINISHED: Final = (WorkState.PENDING, WorkState.CLAIMED, WorkState.SENDING)
