"""Whoever leaves a clinic: what is still theirs, and handing it over to colleagues, all of it or a part.

What nobody takes over: patients keep the membership from ending, shifts become gaps, items and calls are released.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.review.item_states import HELD
from plans.domain.roles import ROLE_MAY
from plans.models import CallClaim, Membership, Patient, ReviewItem, Shift
from plans.services import calls, clock, owners, paging, shifts
from plans.services.access import get_clinic_for, get_member_for
from plans.services.actors import Actor, May
from plans.services.paging import Page
from plans.services.review import acts

PAGE: Final = 25


class LeftKind(StrEnum):
    """What can be handed over."""

    PATIENTS = "owned"
    ITEMS = "held"
    SHIFTS = "on_rota"
    CALLS = "calling"


TAKES: Final = {
    LeftKind.PATIENTS: May.PLAN,
    LeftKind.ITEMS: May.REVIEW,
    LeftKind.SHIFTS: May.REVIEW,
    LeftKind.CALLS: May.ENTER_CHECKIN,
}
"""The act that whoever takes it over must have."""


@dataclass(frozen=True, slots=True)
class LeftPatient:
    """A patient whom the member owns."""

    id: UUID
    name: str
    record_no: str


@dataclass(frozen=True, slots=True)
class LeftItem:
    """A review item that the member holds."""

    id: UUID
    priority: str
    patient: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class LeftShift:
    """A shift that is not over; `end` is None for one that stands at all times. A calendar's is changed there."""

    id: UUID
    place: str
    start: datetime
    end: datetime | None
    from_feed: bool


@dataclass(frozen=True, slots=True)
class LeftCall:
    """A patient whom the member is calling."""

    id: UUID
    patient: str


@dataclass(frozen=True, slots=True)
class Left:
    """What is still a member's in the clinic; of patients a page, and how many there are."""

    patients: Page[LeftPatient]
    owned: int
    items: tuple[LeftItem, ...]
    shifts: tuple[LeftShift, ...]
    calls: tuple[LeftCall, ...]

    @property
    def counts(self) -> dict[LeftKind, int]:
        """How many of each kind."""
        return {
            LeftKind.PATIENTS: self.owned,
            LeftKind.ITEMS: len(self.items),
            LeftKind.SHIFTS: len(self.shifts),
            LeftKind.CALLS: len(self.calls),
        }

    @property
    def nothing(self) -> bool:
        """Whether nothing is left."""
        return not any(self.counts.values())


def left_of(actor: Actor, user_id: UUID, *, key: str | None = None, size: int = PAGE) -> Left:
    """What is still a member's. Raises NotFound."""
    clinic = get_clinic_for(actor, May.MANAGE)
    get_member_for(actor, user_id, May.MANAGE)
    owned = Patient.objects.filter(clinic=clinic, owner_id=user_id)
    held = ReviewItem.objects.filter(clinic=clinic, holder_id=user_id, state__in=HELD).select_related(
        "patient"
    )
    duty = Shift.objects.filter(
        Q(end_at=None) | Q(end_at__gt=clock.now()), clinic=clinic, user_id=user_id, cancelled_at=None
    )
    claimed = CallClaim.objects.filter(clinic=clinic, user_id=user_id, lease_until__gt=clock.real_now())
    return Left(
        patients=paging.page_of(
            owned,
            ("sort_key", "id"),
            lambda rows: [LeftPatient(row.pk, row.name, row.record_no) for row in rows],
            every=owned,
            key=key,
            size=size,
        ),
        owned=owned.count(),
        items=tuple(
            LeftItem(row.pk, row.severity, row.patient.name if row.patient else "", row.opened_at)
            for row in held.order_by("priority", "opened_at", "id")
        ),
        shifts=tuple(
            LeftShift(row.pk, row.place, row.start_at, row.end_at, row.feed_id is not None)
            for row in duty.order_by("start_at", "id")
        ),
        calls=tuple(
            LeftCall(row.pk, row.patient.name)
            for row in claimed.select_related("patient").order_by("patient__sort_key", "id")
        ),
    )


def colleagues(actor: Actor, kind: LeftKind, *, but: UUID) -> tuple[tuple[UUID, str], ...]:
    """Who can take something of a kind over, as (key, name), by name."""
    able = [role.value for role, may in ROLE_MAY.items() if TAKES[kind] in may]
    rows = Membership.objects.filter(
        clinic=get_clinic_for(actor, May.MANAGE), is_active=True, user__is_active=True, role__in=able
    ).exclude(user_id=but)
    return tuple(rows.order_by("user__name", "user_id").values_list("user_id", "user__name"))


_WAYS: Final[dict[LeftKind, Callable[..., int]]] = {
    LeftKind.PATIENTS: owners.hand_over,
    LeftKind.ITEMS: acts.hand_over,
    LeftKind.SHIFTS: shifts.hand_over,
    LeftKind.CALLS: calls.hand_over,
}


@transaction.atomic
def hand_over(
    *, by: Actor, kind: LeftKind, from_id: UUID, to_id: UUID, only: Collection[UUID] | None = None
) -> int:
    """Hand over everything of a kind that is a member's, or `only` some of it; returns how many.

    Raises NotFound, Refused("not_a_candidate") for somebody who cannot take it over, and for shifts "already" (facts
    `who`, `at`) and "leaves_before" (fact `on`).
    """
    get_member_for(by, from_id, May.MANAGE)
    return _WAYS[kind](by=by, from_id=from_id, to_id=to_id, only=only)
