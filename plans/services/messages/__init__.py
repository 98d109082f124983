"""What a message says, and whether it may still be sent: decided when it is sent, not when it was queued.

A message may have waited for hours for a mail server. `prepare` reads for a claimed batch what its messages need but
what does not decide whether they may be sent. `begin` takes as many of its claims as there are connections. In one
short transaction it locks their patients, reads their context, checks each (`preconditions`), composes those that may
be sent and marks them as "sending":

    claims = outbox.claim_batch("messages")
    batch = messages.prepare(claims)
    for claim_id, composed in messages.begin(claims[:8], batch).items():
        match composed:
            case MessageFacts(): ...   # it is marked as "sending": render it, hand it over, settle it
            case Skip(reason): ...     # answered, opted out, replaced …
            case Postpone(until): ...  # night, or another reminder went out a moment ago

The preconditions are written once, in Python, and checked once, under the patient's lock: no draft can become outdated.
"""

from __future__ import annotations

from plans.services.messages.composing import (
    UNCONFIRMED,
    Composed,
    Failed,
    begin,
    compose,
    envelope_from,
    message_id,
    prepare,
    resume,
)

__all__ = [
    "UNCONFIRMED",
    "Composed",
    "Failed",
    "begin",
    "compose",
    "envelope_from",
    "message_id",
    "prepare",
    "resume",
]
