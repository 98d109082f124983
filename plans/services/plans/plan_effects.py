"""Effects common to all acts on a plan: the audit event, and the message to the patient about a new version."""

from __future__ import annotations

from datetime import datetime

from plans.domain.json import Facts
from plans.domain.taper.plan_states import ACTS, PlanAct
from plans.models import Patient, Plan, PlanVersion, ReviewItem
from plans.services import outbox
from plans.services.actors import Actor
from plans.services.audit import record


def audit(
    plan: Plan, act: PlanAct, by: Actor, *, version: int | None = None, facts: Facts | None = None
) -> None:
    """Record the act in the audit trail, in its own transaction."""
    record(
        by=by,
        act=ACTS[act].audit,
        subject_kind="plan",
        subject_id=plan.pk,
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        version=version,
        facts=dict(facts or {}),
    )


def notify(
    plan: Plan,
    patient: Patient,
    version: PlanVersion,
    act: PlanAct,
    now: datetime,
    item: ReviewItem | None = None,
) -> None:
    """Put the message about a new version in the outbox, once, if the act has one and the patient an address."""
    notice = ACTS[act].message
    if notice is None or not patient.email:
        return
    outbox.put(
        notice=notice,
        key=f"version:{version.pk}:{notice}",
        clinic_id=plan.clinic_id,
        now=now,
        patient=patient,
        plan=plan,
        version=version,
        item=item,
    )
