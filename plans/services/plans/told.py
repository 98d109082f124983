"""What every act on a plan leaves behind: its line in the trail, and the letter to the patient about a new version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plans.domain.taper.plan_states import ACTS, PlanAct
from plans.models import Patient, Plan, PlanVersion, ReviewItem
from plans.services import audit, outbox
from plans.services.actors import Actor


def record(
    plan: Plan, act: PlanAct, by: Actor, *, version: int | None = None, facts: Mapping[str, Any] | None = None
) -> None:
    """The line in the trail, in the transaction of the act."""
    audit.record(
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


def tell(
    plan: Plan,
    patient: Patient,
    version: PlanVersion,
    act: PlanAct,
    now: datetime,
    item: ReviewItem | None = None,
) -> None:
    """The letter about a new version, where the act has one and the patient an address; once a version."""
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
