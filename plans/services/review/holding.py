"""Holding items: what every act checks first and writes at the end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from plans.domain.errors import Refused, Stale
from plans.domain.json import JsonObject
from plans.domain.review import escalation
from plans.domain.review.deadlines import Opening, read_opening
from plans.domain.review.item_states import LEASE, Act, ItemState, Priority, after
from plans.domain.review.outcomes import ReviewOutcome
from plans.models import Clinic, ReviewEvent, ReviewItem, User
from plans.services import audit, clock
from plans.services.access import get_item_for
from plans.services.actors import Actor, May


def locked(by: Actor, item_id: UUID, may: May, seen_lock: int | None) -> ReviewItem:
    """Lock the item for this transaction, if it is still what the form showed.

    Raises NotFound, NotAllowed, or Stale with who did what meanwhile, when and why.
    """
    item = get_item_for(by, item_id, may, lock=True)
    check_seen(item, seen_lock)
    return item


def check_seen(item: ReviewItem, seen_lock: int | None) -> None:
    """Raise Stale if the item was changed since the form was made."""
    if seen_lock is None or item.lock == seen_lock:
        return
    raise stale(item)


def stale(item: ReviewItem) -> Stale:
    """The refusal that says who did what to an item last, when and why; alerts are not somebody's act."""
    last = item.events.exclude(kind="alerted").select_related("by").order_by("-at", "-pk").first()
    if last is None:
        return Stale(what="item", kind="", who="", at="", why="", did={}, item=str(item.pk))
    return Stale(
        what="item",
        kind=last.kind,
        who=last.by.name if last.by else "",
        at=last.at.isoformat(),
        why=last.note,
        did={name: str(value) for name, value in last.facts.items() if isinstance(value, str | int)},
        item=str(item.pk),
    )


def held_by_other(item: ReviewItem, by: Actor) -> bool:
    """Whether somebody else has it under a lease that still runs."""
    return (
        item.holder_id is not None
        and item.holder_id != by.user_id
        and item.lease_until is not None
        and item.lease_until > clock.real_now()
    )


def holds(item: ReviewItem, by: Actor) -> bool:
    """Whether the actor holds it. An expired lease counts until somebody else or the clock takes the item away."""
    return item.holder_id is not None and item.holder_id == by.user_id


def check_holds(item: ReviewItem, by: Actor) -> None:
    """Raise Refused("not_yours"), with the fact `who` if somebody else has it."""
    if not holds(item, by):
        raise Refused(reason="not_yours", who=item.holder.name if item.holder else "")


def hold(item: ReviewItem, user: User | None, user_id: UUID | None = None) -> None:
    """Give the item to somebody under a fresh lease, on real time."""
    item.holder_id = user.pk if user else user_id
    item.lease_until = clock.real_now() + LEASE[Priority(item.severity)]


def renew(item: ReviewItem) -> None:
    """Renew the lease of a holder who did something: nobody else is alerted about what they have claimed."""
    if item.holder_id is not None:
        item.lease_until = clock.real_now() + LEASE[Priority(item.severity)]
        if item.acknowledged_at is not None:
            item.escalate_at = None


def drop(item: ReviewItem) -> None:
    """Leave the item without a holder."""
    item.holder = None
    item.lease_until = None


def let_go(item: ReviewItem, now: datetime) -> None:
    """Leave the item without a holder, and let the clocks that alert people run again."""
    drop(item)
    item.acknowledged_at = item.acknowledged_by = None
    if Priority(item.severity) is Priority.URGENT:
        acted = item.first_action_at is not None
        item.escalate_at = now + (escalation.LET_GO_AFTER_ACT if acted else escalation.LET_GO)
    else:
        item.escalate_at = None if item.first_action_at is not None else first_alert_at(item, now)


def opening_of(clinic: Clinic) -> Opening:
    """The clinic's hours and holidays, for its clocks."""
    return read_opening(clinic.zone, clinic.hours, tuple(clinic.holidays))


def first_alert_at(item: ReviewItem, now: datetime) -> datetime | None:
    """When the one alert about an item that is not urgent is due; None if there is none, or it was given already."""
    if Priority(item.severity) is not Priority.HIGH or item.rung:
        return None
    return escalation.high_at(now, opening_of(item.clinic))


def write(
    item: ReviewItem,
    *,
    by: Actor,
    kind: str,
    now: datetime,
    note: str = "",
    facts: JsonObject | None = None,
    same_lock: bool = False,
) -> None:
    """Save the item under the next lock number, with its item event and audit event.

    `same_lock`: what happened spoils no form that somebody is filling.
    """
    item.lock += not same_lock
    item.save()
    ReviewEvent.objects.create(item=item, at=now, by_id=by.user_id, kind=kind, note=note, facts=facts or {})
    audit.record(
        by=by,
        act=f"item.{kind}",
        subject_kind="item",
        subject_id=item.pk,
        clinic_id=item.clinic_id,
        patient_id=item.patient_id,
        plan_id=item.plan_id,
        version=(facts or {}).get("version"),
        facts=facts or {},
        at=now,
    )


def end_by_act(
    clinic_id: UUID,
    source_key: str,
    *,
    by: Actor,
    note: str,
    now: datetime,
    outcome: ReviewOutcome = ReviewOutcome.PLAN_CHANGED,
) -> bool:
    """Resolve the open item that an act on the plan has just settled; False if there is none.

    An item held by somebody else is left to them, and an actor who may not review resolves none.
    """
    rows = ReviewItem.objects.select_for_update(no_key=True).filter(
        clinic_id=clinic_id, source_key=source_key
    )
    item = rows.exclude(state=ItemState.RESOLVED.value).first()
    if item is None or held_by_other(item, by) or not by.may(May.REVIEW):
        return False
    level = Priority(item.severity)
    item.state = after(after(ItemState(item.state), Act.CLAIM, level), Act.RESOLVE, level).value
    item.first_action_at = item.first_action_at or now
    drop(item)
    item.escalate_at = item.snoozed_until = None
    item.outcome, item.note = outcome.value, note
    item.resolved_at, item.resolved_by_id = now, by.user_id
    write(item, by=by, kind="resolved", now=now, note=note, facts={"outcome": item.outcome})
    return True
