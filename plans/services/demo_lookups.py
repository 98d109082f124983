"""Look-ups that only a demo needs, such as the links in patients' messages, so that its past can be played through.

Every function refuses outside demo mode: in production only its message contains a link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.conf import settings

from plans.domain.checkins.states import OccasionState
from plans.domain.review.item_states import ItemState
from plans.models import LIVE_STATES, Clinic, Link, Occasion, Patient, Plan, ReviewItem
from plans.services import links
from plans.services.from_row import from_row
from plans.services.links import LinkPurpose, LinkView
from plans.services.plans.history import schedule_of

P = ParamSpec("P")
T = TypeVar("T")


def _demo_only(function: Callable[P, T]) -> Callable[P, T]:
    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        if not settings.TAPERPLAN_DEMO:
            raise RuntimeError("only a demo may look up the links of patients")
        return function(*args, **kwargs)

    return guarded


@dataclass(frozen=True, slots=True)
class OpenCheckIn:
    """An unanswered check-in: when the patient was invited, and the link in the message."""

    patient_id: UUID
    occasion_id: UUID
    invited_at: datetime
    local_date: date
    link: LinkView | None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An unresolved item."""

    id: UUID
    clinic_id: UUID
    patient_id: UUID | None
    severity: str
    opened_at: datetime
    lock: int


@dataclass(frozen=True, slots=True)
class PlanNow:
    """The live plan of a patient."""

    id: UUID
    lock: int


@_demo_only
def has_clinics() -> bool:
    """Whether the demo is seeded already."""
    return Clinic.objects.exists()


@_demo_only
def link_of(patient_id: UUID, purpose: LinkPurpose) -> LinkView | None:
    """The patient's newest valid link of a purpose."""
    rows = Link.objects.filter(patient_id=patient_id, purpose=purpose.value, revoked_at=None)
    row = rows.order_by("-created_at").first()
    return links.look(links.token_of(row), purpose) if row else None


@_demo_only
def mail_link(patient_id: UUID) -> LinkView:
    """The link to the patient's mail choices, as in the footer of every message."""
    row = links.lasting(purpose=LinkPurpose.MAIL, patient=Patient.objects.get(pk=patient_id))
    return links.look(links.token_of(row), LinkPurpose.MAIL)


@_demo_only
def open_checkins(now: datetime) -> tuple[OpenCheckIn, ...]:
    """Every check-in that could be answered now, oldest first."""
    rows = Occasion.objects.filter(state=OccasionState.INVITED, closes_at__gt=now).order_by("due_at", "id")
    found = {
        link.occasion_id: link
        for link in Link.objects.filter(occasion__in=rows, purpose=LinkPurpose.CHECKIN.value, revoked_at=None)
    }
    return tuple(
        OpenCheckIn(
            patient_id=row.patient_id,
            occasion_id=row.pk,
            invited_at=row.invited_at or row.due_at,
            local_date=row.local_date,
            link=links.look(links.token_of(found[row.pk]), LinkPurpose.CHECKIN) if row.pk in found else None,
        )
        for row in rows
    )


@_demo_only
def open_items() -> tuple[OpenItem, ...]:
    """Every open item of any clinic, oldest first."""
    rows = ReviewItem.objects.exclude(state=ItemState.RESOLVED).order_by("opened_at", "id")
    return tuple(from_row(OpenItem, row) for row in rows)


@_demo_only
def plan_now(patient_id: UUID) -> PlanNow | None:
    """The patient's live plan."""
    row = Plan.objects.filter(patient_id=patient_id, state__in=LIVE_STATES).first()
    return from_row(PlanNow, row) if row else None


@_demo_only
def days_since_cut(patient_id: UUID, today: date) -> int:
    """Days since the dose last changed; a long time if it has not."""

    plan = (
        Plan.objects.select_related("active_version")
        .filter(patient_id=patient_id, state__in=LIVE_STATES)
        .first()
    )
    if plan is None or plan.active_version is None:
        return 999
    change = schedule_of(plan.active_version).last_change(today)
    return (today - change.start).days if change else 999


@_demo_only
def doses_on(patient_id: UUID, day: date) -> tuple[tuple[str, str], ...]:
    """The doses the live plan has on a day, as (time of day, drug)."""
    plan = (
        Plan.objects.select_related("active_version")
        .filter(patient_id=patient_id, state__in=LIVE_STATES)
        .first()
    )
    if plan is None or plan.active_version is None:
        return ()
    step = schedule_of(plan.active_version).step_on(day)
    return tuple((dose.time.value, dose.drug) for dose in step.doses) if step else ()
