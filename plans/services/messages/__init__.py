"""What a letter says, decided when it is sent and not when it was asked for.

A letter may have waited for hours behind a silent mail server. Whether it is still right is looked up in the same
short transaction that says "sending"; for a batch it is looked up once for all, and that nothing has changed since is
part of the statement that says so.
"""

from __future__ import annotations

from plans.services.messages.batch import Draft, drafts, hand_on
from plans.services.messages.composing import UNCONFIRMED, Composed, begin, compose, message_id, resume

__all__ = [
    "UNCONFIRMED",
    "Composed",
    "Draft",
    "begin",
    "compose",
    "drafts",
    "hand_on",
    "message_id",
    "resume",
]
