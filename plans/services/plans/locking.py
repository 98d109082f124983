"""Locking for acts on a plan: the patient's row is always locked before the plan's."""

from __future__ import annotations

from uuid import UUID

from plans.domain.errors import NotAllowed, NotFound
from plans.models import Patient, Plan
from plans.services.access import get_patient_for, get_plan_for
from plans.services.actors import Actor, May


def patient_and_plan(by: Actor, plan_id: UUID) -> tuple[Patient, Plan]:
    """Lock both rows in that order, for somebody who may plan. Raises NotFound or NotAllowed."""
    if by.clinic_id is None:
        raise NotFound(what="Plan")
    found = (
        Plan.objects.filter(pk=plan_id, clinic_id=by.clinic_id).values_list("patient_id", flat=True).first()
    )
    if found is None:
        raise NotFound(what="Plan")
    patient = get_patient_for(by, found, May.PLAN, lock=True)
    return patient, get_plan_for(by, plan_id, May.PLAN, lock=True)


def user_key(by: Actor) -> UUID:
    """The key of the member of staff who acts. Raises NotAllowed for anybody else."""
    if by.user_id is None:
        raise NotAllowed(may=May.PLAN.value)
    return by.user_id
