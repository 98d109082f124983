"""Reminds the clinic to ask the ward: an item on the chosen day, and again until the patient's return is recorded."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from plans.domain.review.item_states import ItemState
from plans.domain.taper.plan_states import PlanState
from plans.models import Patient, Plan, ReviewItem
from plans.services import clock, rows
from plans.services.review.review_items import open_item

AGAIN_AFTER: Final = timedelta(days=3)
"""How long after an item was resolved without a new day the next one is opened: our own choice."""


def tick(now: datetime) -> int:
    """Open an item for every hospital stay whose day has come; returns how many. Idempotent.

    Raises RowsFailed after all rows if any failed.
    """
    # The earliest zone is 14 hours ahead of UTC: nobody's date is later than this.
    latest = (now + timedelta(hours=14)).date()
    due = Plan.objects.filter(state=PlanState.PAUSED, ask_ward_on__lte=latest)
    return rows.count_each(due, "ask_ward_on", lambda key: _ask(key, now))


@transaction.atomic
def _ask(plan_id: UUID, now: datetime) -> bool:
    patient = Patient.objects.select_for_update(no_key=True).filter(plans=plan_id).first()
    plan = Plan.objects.filter(pk=plan_id, state=PlanState.PAUSED).first()
    if plan is None or patient is None or plan.ask_ward_on is None:
        return False
    key = f"ward:{plan.pk}"
    zone = clock.zone_of(patient.zone)
    asked = ReviewItem.objects.filter(patient=patient, source_key=key)
    if now.astimezone(zone).date() < _due(plan.ask_ward_on, asked, zone):
        return False
    if asked.exclude(state=ItemState.RESOLVED).exists():
        return False
    open_item(
        clinic_id=plan.clinic_id,
        patient=patient,
        plan=plan,
        source="care",
        source_key=key,
        priority="high",
        facts={"code": "ask_ward", "since": plan.paused_on.isoformat() if plan.paused_on else ""},
        now=now,
    )
    return True


def _due(asked_on: date, items: QuerySet[ReviewItem], zone: ZoneInfo) -> date:
    """The day to ask: the chosen one, or some days after an item that was resolved since without a new one."""
    ended = items.filter(state=ItemState.RESOLVED).order_by("-resolved_at")
    last = ended.values_list("resolved_at", flat=True).first()
    if last is None:
        return asked_on
    ended_on = last.astimezone(zone).date()
    return asked_on if asked_on > ended_on else ended_on + AGAIN_AFTER
