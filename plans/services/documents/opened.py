"""When the patient opened the calendar: one audit event per day, version and format, for the clinic to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from plans.models import AuditEvent, Plan
from plans.services import audit, clock
from plans.services.access import get_plan_for
from plans.services.actors import Actor, patient_actor

_OPENED: Final = "document.opened"
PAGE: Final = "page"
PDF: Final = "pdf"


@dataclass(frozen=True, slots=True)
class Opened:
    """When the patient last opened a plan's calendar, of which version, as "page" or "pdf"; `current`: it is the
    version in force."""

    on: date
    version: int
    form: str
    current: bool


def note_opened(plan: Plan, form: str) -> None:
    """Record that the patient opened the current calendar, once per day and format ("page" or "pdf")."""
    version = plan.active_version
    if version is None:
        return
    zone = ZoneInfo(plan.patient.zone)
    begun = datetime.combine(clock.today(plan.patient.zone), time(), tzinfo=zone)
    rows = AuditEvent.objects.filter(patient_id=plan.patient_id, act=_OPENED, plan_id=plan.pk)
    if rows.filter(version=version.number, at__gte=begun, facts__way=form).exists():
        return
    with transaction.atomic():
        audit.record(
            by=patient_actor(plan.patient_id, plan.clinic_id),
            act=_OPENED,
            subject_kind="plan",
            subject_id=plan.pk,
            patient_id=plan.patient_id,
            plan_id=plan.pk,
            version=version.number,
            facts={"way": form},
        )


def last_opened(actor: Actor, plan_id: UUID) -> Opened | None:
    """The last time it was opened; None if never. Raises NotFound."""
    plan = get_plan_for(actor, plan_id)
    rows = AuditEvent.objects.filter(patient_id=plan.patient_id, act=_OPENED, plan_id=plan.pk)
    row = rows.order_by("-id").first()
    if row is None or row.version is None:
        return None
    number = plan.active_version.number if plan.active_version is not None else 0
    return Opened(
        on=row.at.astimezone(ZoneInfo(plan.patient.zone)).date(),
        version=row.version,
        form=str(row.facts.get("way", PAGE)),
        current=row.version == number,
    )
