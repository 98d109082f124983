"""The review queue: opening items, holding and ending them, and what the clock does to them.

    item = open_item(clinic_id=…, source="checkin", source_key="checkin:…", priority="urgent", …)  # with the answers
    claim(by=doctor, item_id=item.pk)                         # only this acknowledges it; a lease begins
    log_call(by=doctor, item_id=item.pk, seen_lock=…, callee="patient", outcome="reached")
    resolve(by=doctor, item_id=item.pk, seen_lock=…, outcome="reached_safe", note="Spoke with her.")

An item is opened in the transaction of what needs attention (`review_items`). Every act takes the lock number that its
form was made with, so that nobody overwrites what somebody else did meanwhile (`acts`, `holding`). How an item may end
depends on what it is about (`ends`); several routine ones of a kind can end at once (`together`). If nobody claims in
time, the next tier is alerted (`ticks`, `alerts`).
"""

from __future__ import annotations

from plans.services.review.acts import (
    add_note,
    called_about,
    claim,
    claim_next,
    escalate_now,
    log_call,
    reassign,
    release,
    resolve,
    snooze,
    take_over,
    wait,
)
from plans.services.review.queries import QueueCounts, QueueRow, counts, queue
from plans.services.review.review_items import open_item
from plans.services.review.ticks import escalate_due, expire_leases
from plans.services.review.together import end_together, undo

__all__ = [
    "QueueCounts",
    "QueueRow",
    "add_note",
    "called_about",
    "claim",
    "claim_next",
    "counts",
    "end_together",
    "escalate_due",
    "escalate_now",
    "expire_leases",
    "log_call",
    "open_item",
    "queue",
    "reassign",
    "release",
    "resolve",
    "snooze",
    "take_over",
    "undo",
    "wait",
]
