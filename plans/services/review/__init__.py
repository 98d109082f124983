"""The review queue: raising items, holding and ending them, and what the clock does to them."""

from __future__ import annotations

from plans.services.review.acts import (
    add_note,
    claim,
    escalate_now,
    log_call,
    pass_to,
    release,
    resolve,
    snooze,
    take_next,
)
from plans.services.review.queries import QueueCounts, QueueRow, counts, queue
from plans.services.review.review_items import open_item
from plans.services.review.ticks import escalate_due, expire_leases

__all__ = [
    "QueueCounts",
    "QueueRow",
    "add_note",
    "claim",
    "counts",
    "escalate_due",
    "escalate_now",
    "expire_leases",
    "log_call",
    "open_item",
    "pass_to",
    "queue",
    "release",
    "resolve",
    "snooze",
    "take_next",
]
