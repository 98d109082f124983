"""What happens to items by the clock. Every function is idempotent, also in two processes at once."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from plans.domain.review import escalation
from plans.domain.review.escalation import LadderRung
from plans.domain.review.item_states import EVERYONE, HELD, OPEN, Act, ItemState, Priority, after
from plans.models import Membership, ReviewItem
from plans.services import clock, rows
from plans.services.actors import SYSTEM
from plans.services.review import holding
from plans.services.review.alerts import alert

# States that end by themselves on a day.
_SLEEPING: Final = (ItemState.SNOOZED.value, ItemState.WAITING.value)
# So many items of a flood share a transaction, and so the wait for the disk.
_TOGETHER: Final = 25


def escalate_due(now: datetime) -> int:
    """Alert whoever is next for every item that needs somebody, and wake snoozed and waiting ones; returns how many.

    `now` is clinic time; who is next: `plans.domain.review.escalation`. Raises RowsFailed after all rows if any failed.
    """
    due = ReviewItem.objects.filter(escalate_at__lte=now)
    _bring_repeats_together(now)
    over = ReviewItem.objects.filter(state__in=_SLEEPING, snoozed_until__lte=now)
    escalated, failed = rows.each(due, "escalate_at", lambda pk: _escalate(pk, now), together=_TOGETHER)
    woken, failed_to_wake = rows.each(over, "snoozed_until", lambda pk: _wake(pk, now))
    if failed or failed_to_wake:
        raise rows.RowsFailed(failed + failed_to_wake)
    return sum(map(bool, escalated + woken))


def _bring_repeats_together(now: datetime) -> None:
    """Repeat urgent items with the one that is due, in its clinic and in those where its people work too: everybody
    gets one alert for all of them. A repeat is only brought forward."""
    urgent = ReviewItem.objects.filter(severity=Priority.URGENT.value)
    due = urgent.filter(escalate_at__lte=now, rung__gte=escalation.TO_EVERYBODY)
    people = Membership.objects.filter(clinic_id__in=due.values("clinic_id"), is_active=True)
    clinics = Membership.objects.filter(user_id__in=people.values("user_id"), is_active=True)
    repeated = urgent.filter(clinic_id__in=clinics.values("clinic_id"), rung__gte=escalation.FIRST_REPEAT)
    repeated.filter(escalate_at__gt=now).update(escalate_at=now)


def _escalate(pk: UUID, now: datetime) -> bool:
    item = (
        ReviewItem.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("clinic", "holder")
        .filter(pk=pk, escalate_at__lte=now)
        .first()
    )
    if item is None:
        return False
    tier, held = item.tier, ItemState(item.state) in HELD
    if not _needs_somebody(item):
        item.escalate_at = None
        item.save(update_fields=["escalate_at"])
        return False
    if Priority(item.severity) is Priority.URGENT:
        found = escalation.climb(item.rung, since=item.alerted_from or item.opened_at, now=now)
        item.rung, item.escalate_at = found.rung, found.next_at
        alert(item, rungs=found.rungs, now=now)
    else:
        _once(item, now)
    who = item.holder.name if held and item.holder is not None else ""
    if (item.tier > max(1, tier)) or (who and not _said(item)):
        if not held:
            item.state = after(ItemState(item.state), Act.ESCALATE, Priority(item.severity)).value
        facts = {"tier": item.tier, "by_hand": False, "who": who}
        holding.write(item, by=SYSTEM, kind="escalated", now=now, facts=facts, same_lock=True)
    else:
        item.save(update_fields=["rung", "escalate_at", "tier"])
    return True


def _needs_somebody(item: ReviewItem) -> bool:
    """Whether alerts about it go on: nobody has claimed it, or its holder has done nothing with it."""
    state = ItemState(item.state)
    if state not in OPEN:
        return False
    if state in HELD:
        return state is ItemState.CLAIMED or item.acknowledged_at is None
    return item.acknowledged_at is None


def _said(item: ReviewItem) -> bool:
    """Whether the history already says that its holder does nothing."""
    last = item.events.exclude(kind="alerted").order_by("-at", "-pk").first()
    return last is not None and last.kind == "escalated"


def _once(item: ReviewItem, now: datetime) -> None:
    """Alert about an item that is not urgent: the first on duty, once; one escalated by hand goes on to everybody."""
    by_hand = ItemState(item.state) is ItemState.ESCALATED
    tier = min(EVERYONE, item.tier + 1) if by_hand else 1
    who = next(reach for reach, number in escalation.TIER_NUMBERS.items() if number == tier)
    item.rung = max(1, item.rung)
    alert(item, rungs=(LadderRung(escalation.HAND_ON, who, 1),), now=now)
    item.escalate_at = now + escalation.HAND_ON if by_hand and item.tier < EVERYONE else None


def _wake(pk: UUID, now: datetime) -> bool:
    item = (
        ReviewItem.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
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
        ReviewItem.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("holder", "clinic")
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
