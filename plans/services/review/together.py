"""Ending several routine items of a kind at once, and undoing that for some minutes.

    batch = end_together(by=doctor, ticked=[(item.pk, item.lock), …], outcome="nothing_to_do")   # all of them or none
    undo(by=doctor, batch=batch)     # Undone(back=5, left=0): what was opened again meanwhile is left ended

Each item keeps its own record of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from plans.domain.errors import NotFound, Refused
from plans.domain.json import JsonObject
from plans.domain.review.item_states import Act, ItemState, Priority, after
from plans.domain.review.outcomes import TOGETHER, Attempts, Ending, Endings, ItemKind, check_end
from plans.models import ReviewEvent, ReviewItem
from plans.services import clock
from plans.services.access import check_may
from plans.services.actors import Actor, May
from plans.services.review import ends, holding, settling

MOST: Final = 50
_ENDED: Final = "resolved"
UNDO_WITHIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Batch:
    """Items that the reader ended together a moment ago. `until`: when it can no longer be undone."""

    id: UUID
    at: datetime
    until: datetime
    count: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Undone:
    """How many items are back, and how many were left because something happened to them meanwhile."""

    back: int
    left: int


def may_end_together(item: ReviewItem) -> bool:
    """Whether an item can be ticked: routine, unassigned, and not waiting for a signature."""
    return (
        Priority(item.severity) is Priority.ROUTINE
        and ItemState(item.state) is ItemState.NEW
        and not settling.waits_for_signature(item)
    )


def kinds(items: Sequence[ReviewItem]) -> dict[UUID, ItemKind]:
    """The kind of each of these items that can be ended together with others."""
    able = [item for item in items if may_end_together(item)]
    return {key: kind for key, (kind, may) in ends.of_items(able).items() if not may.call} if able else {}


@transaction.atomic
def end_together(*, by: Actor, ticked: Sequence[tuple[UUID, int]], outcome: str, note: str = "") -> UUID:
    """End the ticked items, each given with the lock number it was shown with: all of them or none. Returns the key
    under which this can be undone.

    Raises NotFound, Stale (with the key of the `item`) if one of them has changed, and Refused:
    nothing_ticked, too_many, not_together (fact `item`), several_kinds, outcome_missing, outcome_not_here.
    """
    check_may(by, May.REVIEW)
    seen = dict(ticked)
    if not seen:
        raise Refused(reason="nothing_ticked", where="ticked")
    if len(seen) > MOST:
        raise Refused(reason="too_many", where="ticked", most=MOST)
    items = _locked(by, list(seen))
    if len(items) != len(seen):
        raise NotFound(what="item")
    may = _checked(items, seen)
    if outcome and outcome not in TOGETHER:
        raise Refused(reason="outcome_not_here", where="outcome")
    batch, now = uuid4(), clock.now()
    for item in items:
        ended = check_end(may[item.pk], Ending(outcome, note), Attempts())
        was: JsonObject = {"escalate_at": _text(item.escalate_at), "acted_at": _text(item.first_action_at)}
        item.state = after(
            after(ItemState.NEW, Act.CLAIM, Priority.ROUTINE), Act.RESOLVE, Priority.ROUTINE
        ).value
        item.first_action_at = item.first_action_at or now
        item.escalate_at = None
        item.outcome, item.note = ended.value, note
        item.resolved_at, item.resolved_by_id = now, by.user_id
        facts: JsonObject = {"outcome": ended.value, "batch": str(batch), "of": len(items), "was": was}
        holding.write(item, by=by, kind=_ENDED, now=now, note=note, facts=facts)
    return batch


def _checked(items: Sequence[ReviewItem], seen: Mapping[UUID, int]) -> dict[UUID, Endings]:
    """How each of these items may end, if nothing speaks against ending them together."""
    able = ends.of_items(items)
    for item in items:
        if item.lock != seen[item.pk]:
            raise holding.stale(item)
        if not may_end_together(item) or able[item.pk][1].call:
            raise Refused(reason="not_together", item=str(item.pk))
    if len({kind for kind, _ in able.values()}) > 1:
        raise Refused(reason="several_kinds", where="ticked")
    return {key: may for key, (_, may) in able.items()}


def _locked(by: Actor, keys: Sequence[UUID]) -> Sequence[ReviewItem]:
    """These items of the actor's clinic, locked in one order, so that two people do not wait for each other."""
    rows = ReviewItem.objects.select_for_update(of=("self",), no_key=True).select_related("patient")
    return list(rows.filter(clinic_id=by.home, pk__in=keys).order_by("pk"))


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _moment(raw: object) -> datetime | None:
    return datetime.fromisoformat(str(raw)) if raw else None


def latest(actor: Actor) -> Batch | None:
    """What the actor ended together last, as long as it can be undone and some of it is still ended."""
    if not actor.may(May.REVIEW):
        return None
    since = clock.now() - UNDO_WITHIN
    events = _of(actor).filter(item__resolved_at__gte=since, at__gte=since)
    last = events.order_by("-at").first()
    if last is None:
        return None
    count = events.filter(facts__batch=last.facts["batch"]).count()
    return Batch(UUID(last.facts["batch"]), last.at, last.at + UNDO_WITHIN, count, str(last.facts["outcome"]))


def _of(actor: Actor) -> QuerySet[ReviewEvent]:
    """How the actor ended items together, as far as they are still ended so."""
    return ReviewEvent.objects.filter(
        kind=_ENDED,
        by_id=actor.user_id,
        facts__has_key="batch",
        item__clinic_id=actor.home,
        item__state=ItemState.RESOLVED.value,
        item__resolved_by_id=actor.user_id,
        # Not an earlier end that was undone: the one that stands.
        at=F("item__resolved_at"),
    )


@transaction.atomic
def undo(*, by: Actor, batch: UUID) -> Undone:
    """Bring back the items that the actor ended together, as they were. Raises Refused("nothing_to_undo",
    "undo_too_late").

    An item is left ended if the same thing was reported and opened anew meanwhile, or it is no longer of this clinic.
    """
    check_may(by, May.REVIEW)
    ended = {event.item_id: event for event in _of(by).filter(facts__batch=str(batch))}
    if not ended:
        raise Refused(reason="nothing_to_undo")
    now = clock.now()
    if any(now - event.at > UNDO_WITHIN for event in ended.values()):
        raise Refused(reason="undo_too_late", minutes=int(UNDO_WITHIN.total_seconds() // 60))
    back = 0
    for item in _locked(by, list(ended)):
        if ItemState(item.state) is ItemState.RESOLVED:
            back += _bring_back(item, ended[item.pk], by, now)
    return Undone(back=back, left=int(next(iter(ended.values())).facts["of"]) - back)


def _bring_back(item: ReviewItem, event: ReviewEvent, by: Actor, now: datetime) -> bool:
    was = event.facts["was"]
    item.state = after(ItemState.RESOLVED, Act.UNDO, Priority(item.severity)).value
    item.escalate_at, item.first_action_at = _moment(was["escalate_at"]), _moment(was["acted_at"])
    item.outcome = item.note = ""
    item.resolved_at = item.resolved_by = None
    try:
        with transaction.atomic():
            holding.write(item, by=by, kind="undone", now=now)
    except IntegrityError:
        # The same thing is open again: the database allows one item for it.
        return False
    return True
