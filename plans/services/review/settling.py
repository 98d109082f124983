"""Ending items whose matter was settled elsewhere: by an act on the plan, not on the item's page."""

from __future__ import annotations

from datetime import datetime

from plans.domain.review.item_states import Act, ItemState, Severity, after
from plans.domain.review.outcomes import Outcome
from plans.models import Plan, ReviewItem
from plans.services.actors import Actor
from plans.services.review import holding


def settle(
    plan: Plan,
    by: Actor,
    now: datetime,
    outcome: Outcome,
    *,
    keys: str,
    but: ReviewItem | None = None,
) -> int:
    """End the open items of a plan whose source key begins with `keys`, whoever has them; returns how many.

    `but` is the item through which somebody acts just now: its holder ends it. In the caller's transaction.
    """
    rows = ReviewItem.objects.select_for_update(of=("self",)).filter(plan=plan, source_key__startswith=keys)
    rows = rows.exclude(state=ItemState.RESOLVED.value)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    found = list(rows)
    for item in found:
        level = Severity(item.severity)
        item.state = after(after(ItemState(item.state), Act.CLAIM, level), Act.RESOLVE, level).value
        item.first_action_at = item.first_action_at or now
        holding.drop(item)
        item.escalate_at = item.snoozed_until = None
        item.outcome = outcome.value
        item.resolved_at, item.resolved_by_id = now, by.user_id
        holding.write(item, by=by, kind="resolved", now=now, facts={"outcome": outcome.value})
    return len(found)
