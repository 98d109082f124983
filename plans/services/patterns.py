"""Another patient's plan as a pattern: finding it, what was asked for it, and keeping a draft that was filled from it.

Only how the plan is built is of use for somebody else. What of it goes into the form is decided by
`plans.web.clinician.plan.pattern`; that it was used stands in the trail of both patients, naming neither to the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.request import TaperRequest
from plans.models import Plan
from plans.services.access import get_clinic_for, get_plan_for
from plans.services.actors import Actor, May
from plans.services.audit import Event, record_all
from plans.services.caseload import reading
from plans.services.plans import drafts, versions
from plans.services.plans.drafts import Draft, Form

MOST: Final = 10


@dataclass(frozen=True, slots=True)
class PatternRow:
    """A plan that can be a pattern: whose it is, what was asked for it, its state and the day it was made."""

    plan_id: UUID
    name: str
    record_no: str
    request: TaperRequest
    state: PlanState
    made_on: date


def find(actor: Actor, *, q: str, but: UUID) -> tuple[PatternRow, ...]:
    """The latest issued plan of each of at most MOST patients, found by name or record number as in the caseload.

    `but`: the patient whose plan is being made. Nothing for an empty search. Raises NotAllowed.
    """
    clinic = get_clinic_for(actor, May.PLAN)
    if not q.strip():
        return ()
    keys = [row.patient_id for row in reading.caseload(actor, q=q, sort="name", size=MOST).rows]
    plans = (
        Plan.objects.filter(clinic=clinic, patient__in=keys)
        .exclude(patient=but)
        .select_related("patient", "active_version")
        .order_by("patient__sort_key", "patient_id", "-active_version__issued_at", "-id")
    )
    latest: dict[UUID, PatternRow] = {}
    for plan in plans:
        if (version := plan.active_version) is not None and plan.patient_id not in latest:
            latest[plan.patient_id] = PatternRow(
                plan_id=plan.pk,
                name=plan.patient.name,
                record_no=plan.patient.record_no,
                request=versions.read(version).request,
                state=PlanState(plan.state),
                made_on=version.made_on,
            )
    return tuple(latest.values())


def pattern(actor: Actor, plan_id: UUID | None, *, patient_id: UUID) -> TaperRequest:
    """What was asked for a plan of another patient of the clinic.

    Raises NotAllowed, and Refused("pattern_gone") for a plan that is not there, was never issued, or is the patient's.
    """
    version = _source(actor, plan_id, patient_id).active_version
    if version is None:
        raise Refused(reason="pattern_gone", where="pattern")
    return versions.read(version).request


@transaction.atomic
def save(*, by: Actor, patient_id: UUID, form: Form, seen_lock: int | None, plan_id: UUID | None) -> Draft:
    """Save a draft that was filled from a plan, and tell the trails of both patients. Raises as `drafts.save` and
    `pattern`."""
    source = _source(by, plan_id, patient_id)
    draft = drafts.save(by=by, patient_id=patient_id, form=form, seen_lock=seen_lock)
    told = (
        ("plan.begun_from_pattern", draft.plan_id, patient_id),
        ("plan.used_as_pattern", source.pk, source.patient_id),
    )
    record_all(
        Event(by=by, act=act, subject_kind="plan", subject_id=plan, patient_id=patient, plan_id=plan)
        for act, plan, patient in told
    )
    return draft


def _source(actor: Actor, plan_id: UUID | None, patient_id: UUID) -> Plan:
    gone = Refused(reason="pattern_gone", where="pattern")
    if plan_id is None:
        raise gone
    try:
        plan = get_plan_for(actor, plan_id, May.PLAN)
    except NotFound as missing:
        raise gone from missing
    if plan.patient_id == patient_id:
        raise gone
    return plan
