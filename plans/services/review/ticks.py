"""What happens to items by the clock. Every function is idempotent, also in two processes at once."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from plans.domain.review.deadlines import ESCALATE_AFTER
from plans.domain.review.item_states import EVERYONE, HELD, OPEN, Act, ItemState, Priority, after
from plans.models import ReviewItem
from plans.services import clock, rows
from plans.services.actors import SYSTEM
from plans.services.review import holding
from plans.services.review.alerts import alert

# States that end by themselves on a day.
_SLEEPING: Final = (ItemState.SNOOZED.value, ItemState.WAITING.value)


def escalate_due(now: datetime) -> int:
    """Alert the next tier for every item not claimed in time, and wake snoozed and waiting ones; returns how many.

    `now` is clinic time. At the last tier everyone is alerted every half hour until somebody claims. Raises RowsFailed
    after all rows if any failed.
    """
    due = ReviewItem.objects.filter(escalate_at__lte=now)
    over = ReviewItem.objects.filter(state__in=_SLEEPING, snoozed_until__lte=now)
    escalated, failed = rows.each(due, "escalate_at", lambda pk: _escalate(pk, now))
    woken, failed_to_wake = rows.each(over, "snoozed_until", lambda pk: _wake(pk, now))
    if failed or failed_to_wake:
        raise rows.RowsFailed(failed + failed_to_wake)
    return sum(map(bool, escalated + woken))


def _escalate(pk: UUID, now: datetime) -> bool:
    item = (
        ReviewItem.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("clinic")
        .filter(pk=pk, escalate_at__lte=now)
        .first()
    )
    if item is None:
        return False
    if item.acknowledged_at is not None or ItemState(item.state) not in OPEN:
        item.escalate_at = None
        item.save(update_fields=["escalate_at"])
        return False
    item.state = after(ItemState(item.state), Act.ESCALATE, Priority(item.severity)).value
    # Reassigned to somebody who has not claimed it: it is unassigned again.
    holding.drop(item)
    alert(item, tier=min(EVERYONE, item.tier + 1), now=now)
    item.escalate_at = now + ESCALATE_AFTER
    holding.write(item, by=SYSTEM, kind="escalated", now=now, facts={"tier": item.tier, "by_hand": False})
    return True


def _wake(pk: UUID, now: datetime) -> bool:
    item = (
        ReviewItem.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, state__in=_SLEEPING, snoozed_until__lte=now)
        .first()
    )
    if item is None:
        return False
    item.state = after(ItemState(item.state), Act.WAKE, Priority(item.severity)).value
    item.snoozed_until = None
    holding.write(item, by=SYSTEM, kind="woke", now=now)
    return True


def expire_leases(real: datetime) -> int:
    """Release every item with an expired lease; returns how many. `real` is real time."""
    held = ReviewItem.objects.filter(lease_until__lte=real)
    return rows.count_each(held, "lease_until", lambda pk: _lapse(pk, real))


def _lapse(pk: UUID, real: datetime) -> bool:
    item = (
        ReviewItem.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("holder")
        .filter(pk=pk, lease_until__lte=real)
        .first()
    )
    if item is None or ItemState(item.state) not in HELD:
        return False
    who = item.holder.name if item.holder else ""
    item.state = after(ItemState(item.state), Act.LAPSE, Priority(item.severity)).value
    now = clock.now()
    holding.let_go(item, now)
    holding.write(item, by=SYSTEM, kind="lapsed", now=now, facts={"who": who})
    return True
