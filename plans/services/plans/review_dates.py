"""Review dates of doses that stay: the date, the item opened on it, and the item that asks for a missing date."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.errors import Refused, Stale
from plans.domain.people import CareState
from plans.domain.review.outcomes import ReviewOutcome
from plans.domain.taper.maintenance import LATEST_REVIEW_DAYS
from plans.domain.taper.plan_states import PlanState
from plans.models import Patient, Plan, ReviewItem
from plans.services import audit, clock, documents, rows
from plans.services.actors import Actor
from plans.services.plans.locking import patient_and_plan
from plans.services.review import settling
from plans.services.review.review_items import open_item


def _keys(plan: Plan) -> str:
    return f"plan_review:{plan.pk}:"


def review_day(raw: str | date | None, today: date) -> date | None:
    """Read a review date; None without one. Raises Refused: bad_choice, review_past, review_too_far."""
    if not raw:
        return None
    try:
        day = raw if isinstance(raw, date) else date.fromisoformat(raw)
    except ValueError:
        raise Refused(reason="bad_choice", where="review_on") from None
    if day <= today:
        raise Refused(reason="review_past", where="review_on")
    if (day - today).days > LATEST_REVIEW_DAYS:
        raise Refused(reason="review_too_far", where="review_on")
    return day


@transaction.atomic
def set_review_date(*, by: Actor, plan_id: UUID, seen_lock: int, on: str | date | None) -> date:
    """Set the review date of a dose that stays, resolve its items and redraw its pages.

    Raises NotFound, NotAllowed, Stale, and Refused: review_missing, review_past, review_too_far, bad_choice, or
    no_review for a plan that ends at zero or is not under way.
    """
    now = clock.now()
    patient, plan = patient_and_plan(by, plan_id)
    if plan.lock != seen_lock:
        raise Stale(what="plan", who="")
    if not can_have(plan):
        raise Refused(reason="no_review", where="review_on")
    day = review_day(on, clock.today(patient.zone))
    if day is None:
        raise Refused(reason="review_missing", where="review_on")
    before, plan.review_on = plan.review_on, day
    plan.lock += 1
    plan.save(update_fields=["review_on", "lock"])
    settle(plan, by, now, ReviewOutcome.REVIEW_SET)
    documents.redraw(patient, now)
    audit.record(
        by=by,
        act="plan.review_set",
        subject_kind="plan",
        subject_id=plan.pk,
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        facts={"on": day.isoformat(), "before": before.isoformat() if before else ""},
        at=now,
    )
    return day


def can_have(plan: Plan) -> bool:
    """Whether a plan can have a review date: it is live and stays on a dose."""
    return plan.goal_on is not None and PlanState(plan.state) in (
        PlanState.ACTIVE,
        PlanState.HELD,
        PlanState.MAINTENANCE,
    )


def settle(
    plan: Plan,
    by: Actor,
    now: datetime,
    outcome: ReviewOutcome = ReviewOutcome.PLAN_CHANGED,
    *,
    but: ReviewItem | None = None,
) -> None:
    """Resolve the plan's open items about its review, in the caller's transaction."""
    settling.settle(plan, by, now, outcome, keys=_keys(plan), but=but)


def tick(now: datetime) -> int:
    """Open an item for every plan whose review date has come, and for every dose that stays without a date.

    Idempotent. Returns how many items are new; raises RowsFailed after all rows if any failed.
    """
    latest = (now + timedelta(hours=14)).date()
    wanted = Plan.objects.filter(patient__care_state=CareState.IN_CARE, goal_on__isnull=False).filter(
        Q(state__in=(PlanState.ACTIVE, PlanState.HELD, PlanState.MAINTENANCE), review_on__lte=latest)
        | Q(state=PlanState.MAINTENANCE, review_on=None)
    )
    return rows.count_each(wanted, "state_at", lambda key: _bring_back(key, now))


def _bring_back(plan_id: UUID, now: datetime) -> bool:
    patient = Patient.objects.select_for_update(no_key=True).get(plans=plan_id)
    plan = Plan.objects.get(pk=plan_id)
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    if not can_have(plan) or (plan.review_on is not None and plan.review_on > today):
        return False
    day = plan.review_on.isoformat() if plan.review_on else ""
    # A missing date is asked for once each time a dose begins to stay.
    key = f"{_keys(plan)}{day or plan.state_at.isoformat()}"
    if ReviewItem.objects.filter(patient=patient, source_key=key).exists():
        return False
    open_item(
        clinic_id=plan.clinic_id,
        patient=patient,
        plan=plan,
        source="plan",
        source_key=key,
        priority="routine",
        facts={"code": "review_due" if day else "review_date_missing", "on": day},
        now=now,
    )
    return True
