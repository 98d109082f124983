"""Resolving items that were settled by an act on the plan instead of on the item's page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from plans.domain.review.item_states import Act, ItemState, Priority, after
from plans.domain.review.outcomes import ReviewOutcome
from plans.models import Plan, ReviewItem
from plans.services.actors import Actor
from plans.services.review import holding
from plans.services.review.review_items import open_item


def settle(
    plan: Plan,
    by: Actor,
    now: datetime,
    outcome: ReviewOutcome,
    *,
    keys: str,
    note: str = "",
    but: ReviewItem | None = None,
) -> int:
    """Resolve the open items of a plan whose source key begins with `keys`, whoever holds them; returns how many.

    `but` is the item from whose page somebody is acting: its holder resolves it. In the caller's transaction.
    """
    rows = ReviewItem.objects.select_for_update(of=("self",), no_key=True).filter(
        plan=plan, source_key__startswith=keys
    )
    rows = rows.exclude(state=ItemState.RESOLVED.value)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    found = list(rows)
    for item in found:
        level = Priority(item.severity)
        item.state = after(after(ItemState(item.state), Act.CLAIM, level), Act.RESOLVE, level).value
        item.first_action_at = item.first_action_at or now
        holding.drop(item)
        item.escalate_at = item.snoozed_until = None
        item.outcome, item.note = outcome.value, note or item.note
        item.resolved_at, item.resolved_by_id = now, by.user_id
        holding.write(item, by=by, kind="resolved", now=now, note=note, facts={"outcome": outcome.value})
    return len(found)


def signature_key(plan_id: UUID) -> str:
    """The source key of the item that asks for a second signature on a plan."""
    return f"signature:{plan_id}"


def waits_for_signature(item: ReviewItem) -> bool:
    """Whether the item asks for a second signature: signing or declining ends it."""
    return item.plan_id is not None and item.source_key == signature_key(item.plan_id)


def _of_a_plan(plan: Plan) -> tuple[str, ...]:
    """Source key prefixes of items that make no sense without the plan: its review, its supply, its ward."""
    return f"plan_review:{plan.pk}:", f"supply:{plan.pk}:", f"ward:{plan.pk}"


def end_with(plan: Plan, by: Actor, now: datetime, *, note: str) -> None:
    """Resolve the open items that make no sense once the plan has ended, with the reason for its end.

    Items about the patient's safety stay open: answers, missed check-ins, doses not taken, what to tell the pharmacy.
    In the caller's transaction.
    """
    for keys in _of_a_plan(plan):
        settle(plan, by, now, ReviewOutcome.PLAN_ENDED, keys=keys, note=note)


def open_again(plan: Plan, *, since: datetime, now: datetime) -> None:
    """Reopen the items that were resolved with the end of a plan since `since`, because it did not end after all; ones
    opened again meanwhile are left alone. In the caller's transaction."""
    rows = ReviewItem.objects.filter(
        plan=plan, outcome=ReviewOutcome.PLAN_ENDED.value, resolved_at__gte=since
    )
    for item in rows.select_related("patient").order_by("opened_at", "id"):
        open_item(
            clinic_id=item.clinic_id,
            patient=item.patient,
            plan=plan,
            source=item.source,
            source_key=item.source_key,
            priority=item.severity,
            facts=item.facts,
            now=now,
        )
