"""Handing over: a note for whoever comes on duty, with the items open at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.review.item_states import ItemState
from plans.models import HandOver, ReviewItem
from plans.services import audit, clock, paging, rota
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.paging import Page

PAGE: Final = 10
NEW_FOR: Final = timedelta(hours=24)
"""How long a hand-over is shown to whoever is on duty."""
NOTE_MOST: Final = 4000


@dataclass(frozen=True, slots=True)
class ItemHandedOver:
    """An item as it was when it was handed over, and whether it is still open."""

    id: UUID
    priority: str
    state: str
    holder: str
    patient: str
    source: str
    facts: dict[str, object]
    still_open: bool


@dataclass(frozen=True, slots=True)
class HandOverRow:
    """A hand-over. `to` is empty for whoever comes on duty."""

    id: UUID
    at: datetime
    by: str
    to: str
    note: str
    items: tuple[ItemHandedOver, ...]


@transaction.atomic
def write(*, by: Actor, note: str, to_id: UUID | None = None) -> UUID:
    """Hand over to a person, or to whoever comes on duty, with every item that is open now.

    Raises BadText, Refused("not_a_clinician") and, without note and open items, Refused("nothing").
    """
    clinic, now = get_clinic_for(by, May.REVIEW), clock.now()
    said = text.clean_text(note, where="note", most=NOTE_MOST)
    people = {one.user_id: one.user.name for one in rota.who_may_be_on_duty(clinic)}
    if to_id is not None and (to_id not in people or to_id == by.user_id):
        raise Refused(reason="not_a_clinician", where="to")
    items = ReviewItem.objects.filter(clinic=clinic).exclude(state=ItemState.RESOLVED.value)
    items = items.select_related("holder").order_by("priority", "first_action_due", "id")
    standing = [
        {
            "item": str(one.pk),
            "priority": one.severity,
            "state": one.state,
            "holder": one.holder.name if one.holder else "",
        }
        for one in items
    ]
    if not said and not standing:
        raise Refused(reason="nothing", where="note")
    row = HandOver.objects.create(
        clinic=clinic, at=now, by_id=by.member_id, to_id=to_id, note=said, items=standing
    )
    audit.record(
        by=by,
        act="rota.handed_over",
        subject_kind="hand_over",
        subject_id=row.pk,
        facts={"to": people[to_id] if to_id else "", "number": len(standing)},
        at=now,
    )
    return row.pk


def written(actor: Actor, *, key: str | None = None, size: int = PAGE) -> Page[HandOverRow]:
    """A page of the hand-overs, newest first."""
    every = HandOver.objects.filter(clinic=get_clinic_for(actor))
    return paging.page_of(
        every.select_related("by", "to"), ("-at", "-id"), _rows, every=every, key=key, size=size
    )


def newest(actor: Actor) -> HandOverRow | None:
    """What was handed over in the last 24 hours by somebody else, to this person or to whoever comes on duty."""
    found = HandOver.objects.filter(clinic=get_clinic_for(actor), at__gt=clock.now() - NEW_FOR)
    found = found.exclude(by_id=actor.user_id).filter(to_id__in=[actor.user_id]) | found.exclude(
        by_id=actor.user_id
    ).filter(to=None)
    return next(iter(_rows(list(found.select_related("by", "to").order_by("-at", "-id")[:1]))), None)


def _rows(rows: list[HandOver]) -> list[HandOverRow]:
    keys = [one["item"] for row in rows for one in row.items]
    clinics = {row.clinic_id for row in rows}
    # An item that moved to another clinic with its patient is not shown here any more.
    found = ReviewItem.objects.filter(pk__in=keys, clinic_id__in=clinics).select_related("patient")
    items = {str(item.pk): item for item in found}
    return [
        HandOverRow(
            id=row.pk,
            at=row.at,
            by=row.by.name,
            to=row.to.name if row.to else "",
            note=row.note,
            items=tuple(_item(one, items[one["item"]]) for one in row.items if one["item"] in items),
        )
        for row in rows
    ]


def _item(then: dict[str, str], item: ReviewItem) -> ItemHandedOver:
    return ItemHandedOver(
        id=item.pk,
        priority=then["priority"],
        state=then["state"],
        holder=then["holder"],
        patient=item.patient.name if item.patient else "",
        source=item.source,
        facts=item.facts,
        still_open=item.state != ItemState.RESOLVED.value,
    )
