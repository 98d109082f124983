"""What became of a message, whichever channel carried it: by the phase that the conversation reached.

SENT      the other side took responsibility
REJECTED  it refused for good
RETRY     certainly not handed over; worth trying later
UNKNOWN   the last byte went out and no answer arrived
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What became of a message."""

    # The server took responsibility. Not "delivered": it may still bounce.
    SENT = "sent"
    # A permanent refusal.
    REJECTED = "rejected"
    # Certainly not handed over; worth trying later.
    RETRY = "retry"
    # The last byte went out and no answer arrived.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SendResult:
    """The fate of one message, a stable reason, and the server's code if it gave one."""

    fate: Fate
    reason: str = ""
    code: int | None = None


class Unreachable(Exception):
    """No conversation could begin, so nothing was sent. `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
