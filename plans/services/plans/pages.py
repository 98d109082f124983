"""Extending the calendar of a dose that stays: the next pages are drawn before the last one ends, and the patient is
told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from plans.domain.notices import PAGES_READY
from plans.domain.people import CareState, EmailState, MailState
from plans.domain.taper.maintenance import NEXT_PAGES_DAYS, next_pages_on
from plans.domain.taper.plan_states import PlanState
from plans.models import Patient, Plan
from plans.services import audit, clock, documents, outbox, rows
from plans.services.actors import SYSTEM
from plans.services.plans import versions
from plans.services.review.review_items import open_item

# A stay in hospital pauses the pages: the ward decides what is taken.
_DRAWN_IN: Final = (PlanState.ACTIVE, PlanState.HELD, PlanState.MAINTENANCE)


def tick(now: datetime) -> int:
    """Draw the next pages of every plan whose last page is near; returns how many plans.

    Idempotent, also in two places at once. Raises RowsFailed after all rows if any failed.
    """
    latest = (now + timedelta(hours=14)).date() + timedelta(days=NEXT_PAGES_DAYS)
    due = Plan.objects.filter(
        Q(pages_until=None) | Q(pages_until__lte=latest),
        state__in=_DRAWN_IN,
        goal_on__isnull=False,
        patient__care_state=CareState.IN_CARE,
    )
    return rows.count_each(due, "state_at", lambda key: _draw_next(key, now))


def _draw_next(plan_id: UUID, now: datetime) -> bool:
    patient = Patient.objects.select_for_update(no_key=True).get(plans=plan_id)
    plan = (
        Plan.objects.select_for_update(of=("self",), no_key=True)
        .select_related("patient", "clinic", "active_version")
        .get(pk=plan_id)
    )
    version = plan.active_version
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    if version is None or plan.state not in _DRAWN_IN or plan.goal_on is None:
        return False
    if plan.pages_until is not None and today < next_pages_on(plan.pages_until):
        return False
    versions.draw_pages(plan, versions.read(version).schedule, today)
    plan.save(update_fields=["pages_from", "pages_until"])
    documents.replace(plan, version, now)
    until = plan.pages_until.isoformat() if plan.pages_until else ""
    key = f"pages:{plan.pk}:{version.pk}:{until}"
    if _by_email(patient):
        outbox.put(
            notice=PAGES_READY,
            key=key,
            clinic_id=plan.clinic_id,
            now=now,
            patient=patient,
            plan=plan,
            version=version,
        )
    else:
        open_item(
            clinic_id=plan.clinic_id,
            patient=patient,
            plan=plan,
            source="plan",
            source_key=key,
            priority="routine",
            facts={"code": "pages_to_hand_over", "on": until},
            now=now,
        )
    audit.record(
        by=SYSTEM,
        act="plan.pages_drawn",
        subject_kind="plan",
        subject_id=plan.pk,
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        version=version.number,
        facts={"on": until},
        at=now,
    )
    return True


def _by_email(patient: Patient) -> bool:
    """Whether the patient is told by message; else the clinic hands the pages over."""
    return (
        patient.email_state == EmailState.CONFIRMED
        and patient.mail_state != MailState.OPTED_OUT
        and patient.contact_how != "phone"
    )
