"""What a message says, and whether it may still go: decided when it is sent, not when it was asked for.

A message may have waited for hours behind a silent mail server. `prepare` reads what a claimed batch needs and what
decides nothing. `begin` takes a few of its claims, as many as there are connections, and in one short transaction
locks their patients, reads what is true around them, asks whether each may go (`preconditions`), composes those that
may and says that they are being sent:

    claims = outbox.claim_batch("messages")
    batch = messages.prepare(claims)
    for claim_id, composed in messages.begin(claims[:8], batch).items():
        match composed:
            case MessageFacts(): ...   # it is "sending": render it, hand it over, settle it
            case Skip(reason): ...     # answered, opted out, replaced …
            case Postpone(until): ...  # night, or another reminder went out a moment ago

Whether a message may go is written once, in Python, and asked once, under the lock of its patient: there is no draft
that could be overtaken.
"""

from __future__ import annotations

from plans.services.messages.composing import (
    UNCONFIRMED,
    Composed,
    Failed,
    begin,
    compose,
    message_id,
    prepare,
    resume,
)

__all__ = ["UNCONFIRMED", "Composed", "Failed", "begin", "compose", "message_id", "prepare", "resume"]
