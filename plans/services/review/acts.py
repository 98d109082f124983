"""Acts on a review item. Each is one transaction, checks that nobody was faster, and writes an item event and an audit
event.

Every function takes `seen_lock`, the lock number that the form was made with; Stale says who did what meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from plans.domain.errors import Refused, Stale
from plans.domain.notices import ITEM_TAKEN_OVER
from plans.domain.review import escalation
from plans.domain.review.item_states import (
    EVERYONE,
    HELD,
    NOT_WHEN_URGENT,
    Act,
    ItemState,
    Priority,
    WaitsFor,
    after,
)
from plans.domain.review.outcomes import ENDS_A_CALL, Callee, CallOutcome, Ending, check_end
from plans.domain.review.reasons import Source
from plans.models import ReviewItem, User
from plans.services import call_rows, clock, outbox, rota
from plans.services.access import check_may, get_clinic_for
from plans.services.actors import Actor, May
from plans.services.review import ends, holding, settling
from plans.services.review.alerts import alert, reviewers
from plans.services.review.holding import opening_of

_CALLED_ABOUT: Final = (Source.CHECKIN.value, Source.MISSED.value, Source.SCORING.value)
SNOOZE_MOST: Final = timedelta(days=14)
_GOT: Final = ("claimed", "passed", "taken_over")
IDLE_FOR: Final = timedelta(minutes=5)
"""After this long without an act of its holder, anybody on duty may take over an urgent item."""


def _move(item: ReviewItem, act: Act) -> None:
    item.state = after(ItemState(item.state), act, Priority(item.severity)).value


def _first_action(item: ReviewItem, now: datetime) -> None:
    if item.first_action_at is None:
        item.first_action_at = now


@transaction.atomic
def claim(*, by: Actor, item_id: UUID, seen_lock: int | None = None) -> None:
    """Claim an item; only this acknowledges it. Claiming one's own again renews the lease and acknowledges what was
    added.

    An outdated lock number does not prevent a claim: additions are one more reason for it. Raises Stale (fact `who`) if
    somebody else has it.
    """
    item = holding.locked(by, item_id, May.REVIEW, None)
    if holding.held_by_other(item, by):
        who = item.holder.name if item.holder else ""
        at = item.acknowledged_at.isoformat() if item.acknowledged_at else ""
        raise Stale(what="held", kind="claimed", who=who, at=at)
    _move(item, Act.CLAIM)
    now = clock.now()
    again = holding.holds(item, by)
    holding.hold(item, None, by.user_id)
    item.snoozed_until = None
    # Claiming again, without doing anything, puts no alert off.
    if item.acknowledged_at is None or not again:
        item.acknowledged_at, item.acknowledged_by_id = now, by.user_id
        urgent = Priority(item.severity) is Priority.URGENT
        item.escalate_at = now + escalation.HELD_IDLE if urgent else None
    holding.write(item, by=by, kind="claimed", now=now, facts={"again": again, "seen": seen_lock or 0})


def claim_next(by: Actor) -> UUID | None:
    """Claim the most urgent unassigned item; None if there is none. Two people at once get two different items."""
    check_may(by, May.REVIEW)
    real = clock.real_now()
    with transaction.atomic():
        free = Q(state__in=(ItemState.NEW, ItemState.ESCALATED)) | Q(
            state__in=[s.value for s in HELD], lease_until__lt=real
        )
        item = (
            ReviewItem.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(free, clinic_id=by.home)
            .order_by("priority", "first_action_due", "id")
            .first()
        )
        if item is None:
            return None
        claim(by=by, item_id=item.pk)
        return item.pk


@transaction.atomic
def release(*, by: Actor, item_id: UUID, seen_lock: int) -> None:
    """Release an item; its clocks continue. Raises Refused("not_yours")."""
    item = holding.locked(by, item_id, May.REVIEW, seen_lock)
    holding.check_holds(item, by)
    _move(item, Act.RELEASE)
    now = clock.now()
    holding.let_go(item, now)
    holding.write(item, by=by, kind="released", now=now)


@transaction.atomic
def log_call(
    *,
    by: Actor,
    item_id: UUID,
    seen_lock: int,
    callee: str,
    outcome: str,
    note: str = "",
    again_at: datetime | None = None,
) -> None:
    """Record a call, whoever has the item; the first one stops the first-action clock.

    "Will call back" by the holder of an item that is not urgent sets it to waiting for the patient, until eight the
    next morning. A call to the patient counts in the list of calls, where `again_at` brings them back. Raises Refused
    ("callee_missing", "outcome_missing", "again_past", "again_too_far").
    """
    item = holding.locked(by, item_id, May.ENTER_CHECKIN, seen_lock)
    if callee not in {c.value for c in Callee}:
        raise Refused(reason="callee_missing", where="callee")
    if outcome not in {o.value for o in CallOutcome}:
        raise Refused(reason="outcome_missing", where="outcome")
    now = clock.now()
    if callee == Callee.PATIENT.value:
        call_rows.of_item(
            item,
            by=by,
            outcome=CallOutcome(outcome),
            again_at=again_at,
            opening=opening_of(item.clinic),
            note=note,
            now=now,
        )
    _called(item, by=by, callee=callee, outcome=outcome, note=note, now=now)


def called_about(*, by: Actor, patient_id: UUID, outcome: str, note: str, now: datetime) -> None:
    """Note a call to the patient, recorded in the list of calls, on their open items about answers and silence.

    In the caller's transaction, in which the patient is locked.
    """
    rows = ReviewItem.objects.select_for_update(of=("self",), no_key=True).filter(patient_id=patient_id)
    rows = rows.filter(clinic_id=by.home, source__in=_CALLED_ABOUT).exclude(state=ItemState.RESOLVED.value)
    for item in rows.order_by("opened_at", "id"):
        _called(item, by=by, callee=Callee.PATIENT.value, outcome=outcome, note=note, now=now)


def _called(item: ReviewItem, *, by: Actor, callee: str, outcome: str, note: str, now: datetime) -> None:
    mine = holding.holds(item, by)
    waits = (
        mine
        and outcome == CallOutcome.WILL_CALL_BACK.value
        and Priority(item.severity) is not Priority.URGENT
    )
    _move(item, Act.WAIT if waits else Act.ACT if mine else Act.WORK)
    _first_action(item, now)
    if waits:
        tomorrow = now.astimezone(ZoneInfo(item.clinic.zone)).date() + timedelta(days=1)
        _set_aside(item, _wakes_at(item, tomorrow, now))
        item.waits_for = WaitsFor.PATIENT.value
    elif mine:
        holding.renew(item)
    holding.write(
        item, by=by, kind="called", now=now, note=note, facts={"callee": callee, "outcome": outcome}
    )


@transaction.atomic
def add_note(*, by: Actor, item_id: UUID, seen_lock: int, note: str) -> None:
    """Add a note to an item, whoever has it. Raises Refused("note_missing")."""
    item = holding.locked(by, item_id, May.ENTER_CHECKIN, seen_lock)
    if not note:
        raise Refused(reason="note_missing", where="note")
    mine = holding.holds(item, by)
    _move(item, Act.ACT if mine else Act.WORK)
    if mine:
        holding.renew(item)
    holding.write(item, by=by, kind="noted", now=clock.now(), note=note)


@transaction.atomic
def escalate_now(*, by: Actor, item_id: UUID, seen_lock: int, note: str = "") -> None:
    """Alert the next tier at once and release the item. Reception staff may do this too.

    The ladder of an urgent item goes on from there; any other goes on to everybody.
    """
    item = holding.locked(by, item_id, May.ENTER_CHECKIN, seen_lock)
    _move(item, Act.ESCALATE)
    now = clock.now()
    holding.drop(item)
    item.acknowledged_at = item.acknowledged_by = None
    item.snoozed_until = None
    rung = escalation.rung_above(max(1, item.tier))
    step = escalation.URGENT[rung]
    if Priority(item.severity) is Priority.URGENT:
        found = escalation.climb(rung, since=now - step.after, now=now)
        item.alerted_from, item.rung, item.escalate_at = now - step.after, found.rung, found.next_at
    else:
        item.rung = max(1, item.rung)
        item.escalate_at = now + escalation.HAND_ON if escalation.TIER_NUMBERS[step.who] < EVERYONE else None
    alert(item, rungs=(step,), now=now)
    holding.write(
        item, by=by, kind="escalated", now=now, note=note, facts={"tier": item.tier, "by_hand": True}
    )


@transaction.atomic
def reassign(*, by: Actor, item_id: UUID, seen_lock: int, to_id: UUID | None, note: str = "") -> None:
    """Reassign an item to another clinician, who is alerted and must claim it.

    Raises Refused("not_a_clinician" or "not_yours").
    """
    item = holding.locked(by, item_id, May.REVIEW, seen_lock)
    if holding.held_by_other(item, by):
        raise Refused(reason="not_yours", who=item.holder.name if item.holder else "")
    to = next((user for user in reviewers(item.clinic) if user.pk == to_id), None)
    if to is None or to.pk == by.user_id:
        raise Refused(reason="not_a_clinician", where="to")
    _pass_on(item, to, by=by, note=note)


def _pass_on(item: ReviewItem, to: User, *, by: Actor, note: str = "") -> None:
    _move(item, Act.HAND_OVER)
    now = clock.now()
    holding.let_go(item, now)
    holding.hold(item, to)
    item.snoozed_until = None
    urgent = Priority(item.severity) is Priority.URGENT
    item.escalate_at = now + escalation.HELD_IDLE if urgent else None
    alert(item, rungs=(), now=now, also=[to])
    holding.write(item, by=by, kind="passed", now=now, note=note, facts={"to": to.name})


@transaction.atomic
def hand_over(*, by: Actor, from_id: UUID, to_id: UUID, only: Collection[UUID] | None = None) -> int:
    """Reassign what one member holds to another, or `only` some of it, for a lead; returns how many items. Whoever gets
    them is alerted and must claim them. Raises Refused("not_a_candidate")."""
    clinic = get_clinic_for(by, May.MANAGE)
    to = next((user for user in reviewers(clinic) if user.pk == to_id), None)
    if to is None or to_id == from_id:
        raise Refused(reason="not_a_candidate", where="to")
    rows = ReviewItem.objects.select_for_update(no_key=True, of=("self",)).filter(
        clinic=clinic, holder_id=from_id
    )
    rows = rows.filter(state__in=HELD)
    if only is not None:
        rows = rows.filter(pk__in=only)
    found = list(rows.order_by("id"))
    for item in found:
        _pass_on(item, to, by=by)
    return len(found)


def _wakes_at(item: ReviewItem, until: date | None, now: datetime) -> datetime:
    """Eight in the morning of a day, on the clinic's clock. Raises Refused("date_missing", "date_past",
    "date_too_far")."""
    if until is None:
        raise Refused(reason="date_missing", where="until")
    zone = ZoneInfo(item.clinic.zone)
    wakes = datetime.combine(until, time(8))
    # On the clinic's clock: date.min and date.max cannot be converted to another zone.
    here = now.astimezone(zone).replace(tzinfo=None)
    if wakes <= here:
        raise Refused(reason="date_past", where="until")
    if wakes > here + SNOOZE_MOST:
        raise Refused(reason="date_too_far", where="until", days=SNOOZE_MOST.days)
    return wakes.replace(tzinfo=zone).astimezone(UTC)


def _set_aside(item: ReviewItem, wakes_at: datetime) -> None:
    """Leave the item without a holder until then; nobody is alerted meanwhile."""
    holding.drop(item)
    item.escalate_at = None
    item.snoozed_until = wakes_at


def _later(by: Actor, item_id: UUID, seen_lock: int, act: Act, until: date | None, note: str) -> ReviewItem:
    """Check that the holder may leave the item till a day, and do so. The caller writes it."""
    item = holding.locked(by, item_id, May.REVIEW, seen_lock)
    holding.check_holds(item, by)
    if Priority(item.severity) is Priority.URGENT and act in NOT_WHEN_URGENT:
        raise Refused(reason="urgent", where="until")
    now = clock.now()
    wakes_at = _wakes_at(item, until, now)
    if not note:
        raise Refused(reason="why_missing", where="note")
    _move(item, act)
    _first_action(item, now)
    _set_aside(item, wakes_at)
    return item


@transaction.atomic
def snooze(*, by: Actor, item_id: UUID, seen_lock: int, until: date | None, note: str) -> None:
    """Snooze an item until eight in the morning of a day, at most a fortnight ahead, with a reason; not an urgent one.

    Raises Refused("urgent", "not_yours", "date_missing", "date_past", "date_too_far", "why_missing").
    """
    item = _later(by, item_id, seen_lock, Act.SNOOZE, until, note)
    facts = {"until": until.isoformat() if until else ""}
    holding.write(item, by=by, kind="snoozed", now=clock.now(), note=note, facts=facts)


@transaction.atomic
def wait(*, by: Actor, item_id: UUID, seen_lock: int, waits_for: str, until: date | None, note: str) -> None:
    """Let an item wait for somebody until eight in the morning of a day, saying for what; not an urgent one.

    `waits_for` is one of WaitsFor. Raises Refused("waits_for_missing") and what `snooze` raises.
    """
    item = _later(by, item_id, seen_lock, Act.WAIT, until, note)
    if waits_for not in {one.value for one in WaitsFor}:
        raise Refused(reason="waits_for_missing", where="waits_for")
    item.waits_for = waits_for
    facts = {"waits_for": waits_for, "until": until.isoformat() if until else ""}
    holding.write(item, by=by, kind="waiting", now=clock.now(), note=note, facts=facts)


def may_take_over(by: Actor, item: ReviewItem, now: datetime) -> bool:
    """Whether the actor may take the item from whoever holds it: a lead always; anybody on duty an urgent one whose
    holder has done nothing since claiming it, after IDLE_FOR."""
    if not by.may(May.REVIEW) or not holding.held_by_other(item, by):
        return False
    if by.may(May.MANAGE):
        return True
    on_duty = rota.on_duty(item.clinic, now)
    if by.user_id not in {user.pk for user in (*on_duty.first, *on_duty.second)}:
        return False
    got = item.events.filter(kind__in=_GOT).order_by("-at").first()
    return (
        Priority(item.severity) is Priority.URGENT
        and ItemState(item.state) is ItemState.CLAIMED
        and got is not None
        and now - got.at >= IDLE_FOR
    )


@transaction.atomic
def take_over(*, by: Actor, item_id: UUID, seen_lock: int, note: str) -> None:
    """Take an item from whoever holds it, with a reason, as `may_take_over` says; the former holder is told.

    Raises Stale if its holder acted meanwhile, Refused("not_held", "may_not_take_over", "why_missing").
    """
    item = holding.locked(by, item_id, May.REVIEW, seen_lock)
    former = item.holder
    if former is None or not holding.held_by_other(item, by):
        raise Refused(reason="not_held")
    now = clock.now()
    if not may_take_over(by, item, now):
        raise Refused(reason="may_not_take_over", who=former.name)
    if not note:
        raise Refused(reason="why_missing", where="note")
    _move(item, Act.TAKE_OVER)
    holding.hold(item, None, by.user_id)
    urgent = Priority(item.severity) is Priority.URGENT
    item.escalate_at = now + escalation.HELD_IDLE if urgent else None
    item.acknowledged_at, item.acknowledged_by_id = now, by.user_id
    outbox.put(
        notice=ITEM_TAKEN_OVER,
        key=f"{ITEM_TAKEN_OVER}:{item.pk}:{item.lock}",
        clinic_id=item.clinic_id,
        now=now,
        user=former,
        item=item,
    )
    holding.write(item, by=by, kind="taken_over", now=now, note=note, facts={"who": former.name})


def _record_call(item: ReviewItem, by: Actor, outcome: str) -> None:
    """Record a call to the patient, in the transaction of the end that it leads to."""
    if outcome not in ENDS_A_CALL:
        raise Refused(reason="bad_choice", where="called")
    now = clock.now()
    call_rows.of_item(
        item,
        by=by,
        outcome=CallOutcome(outcome),
        again_at=None,
        opening=opening_of(item.clinic),
        note="",
        now=now,
    )
    _called(item, by=by, callee=Callee.PATIENT.value, outcome=outcome, note="", now=now)


@transaction.atomic
def resolve(
    *,
    by: Actor,
    item_id: UUID,
    seen_lock: int,
    outcome: str,
    note: str = "",
    no_call: str = "",
    told: str = "",
    referred_to: str = "",
    called: str = "",
) -> None:
    """End an item as its kind allows. `no_call`, `told` and `referred_to` as in `plans.domain.review.outcomes.Ending`;
    `called`: how a call to the patient ended that is recorded with it.

    Raises Refused("not_yours", "sign_first", "bad_choice") and what `check_end` raises.
    """
    item = holding.locked(by, item_id, May.REVIEW, seen_lock)
    holding.check_holds(item, by)
    if settling.waits_for_signature(item):
        raise Refused(reason="sign_first", where="outcome")
    if called:
        _record_call(item, by, called)
    may, attempts = ends.of_item(item)
    typed = Ending(outcome, note, no_call, told, referred_to)
    ended = check_end(may, typed, attempts)
    _move(item, Act.RESOLVE)
    now = clock.now()
    _first_action(item, now)
    holding.drop(item)
    item.escalate_at = None
    item.outcome, item.note = ended.value, note
    item.resolved_at, item.resolved_by_id = now, by.user_id
    said = {"no_call": no_call, "told": told, "referred_to": referred_to}
    facts = {"outcome": ended.value, "calls": len(attempts.calls), **{k: v for k, v in said.items() if v}}
    holding.write(item, by=by, kind="resolved", now=now, note=note, facts=facts)
