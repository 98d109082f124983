"""Taking back a change of care that was recorded by mistake: who, why, and everything as it was before."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused, Stale
from plans.domain.people import CareState
from plans.domain.review.outcomes import ReviewOutcome
from plans.domain.taper.plan_states import PlanState
from plans.models import CareChange, Patient, Plan
from plans.services import care, clock
from plans.services.access import get_patient_for, get_plan_for
from plans.services.actors import Actor, May
from plans.services.care_standing import latest_change
from plans.services.plans import lives
from plans.services.review import holding, settling


@transaction.atomic
def correct(*, by: Actor, patient_id: UUID, seen_version: int, note: str) -> None:
    """Take back the change of care that stands: it was recorded by mistake. `note` says why.

    The state before comes back, and the plan with the schedule as it was; check-ins are laid out again, messages that
    went out stay out. Items that the mistake raised end with it where nobody else holds them: nobody is to read of a
    death, or of a stay, that never was. Raises Stale; NotAllowed (a plan is put back by whoever may plan); Refused:
    note_missing, nothing_to_correct, or live_plan (the patient has a newer plan by now).
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    if patient.version != seen_version:
        raise Stale(what="patient", version=patient.version)
    if not note.strip():
        raise Refused(reason="note_missing", where="correction")
    change = latest_change(patient)
    if change is None or patient.care_state == CareState.IN_CARE.value or by.user_id is None:
        raise Refused(reason="nothing_to_correct")
    now, words = clock.now(), note.strip()
    change.corrected_at, change.corrected_by_id, change.correction = now, by.user_id, words
    change.save(update_fields=["corrected_at", "corrected_by", "correction"])
    was, patient.care_state = patient.care_state, change.was
    patient.version += 1
    patient.save(update_fields=["care_state", "version"])
    if change.plan_id is not None:
        _put_plan_back(change, patient, by, words, now)
    for key in care.item_keys(patient, change):
        holding.end_by_act(
            patient.clinic_id, key, by=by, note=words, now=now, outcome=ReviewOutcome.DATA_ERROR
        )
    if change.was == CareState.IN_CARE.value:
        care.messages_again(patient, now)
    care.trail(patient, by, "patient.care_corrected", {"was": was, "now": change.was, "note": words}, now)


def _put_plan_back(change: CareChange, patient: Patient, by: Actor, note: str, now: datetime) -> None:
    if change.plan_id is None:
        return
    standing = care.live_plan(patient)
    if standing is not None and standing.pk != change.plan_id:
        raise Refused(reason="live_plan")
    plan = get_plan_for(by, change.plan_id, May.PLAN, lock=True)
    plan.patient = patient
    if not _by_this(change, plan):
        return
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    lives.put_back(
        plan,
        patient,
        by=by,
        before=PlanState(change.plan_was),
        version=change.version_was,
        today=today,
        note=note,
        now=now,
    )
    settling.open_again(plan, since=change.made_at, now=now)


def _by_this(change: CareChange, plan: Plan) -> bool:
    """Whether the plan rests or ended by this change: one that was ended for another reason meanwhile stays ended."""
    if change.state == CareState.ADMITTED.value:
        return plan.state == PlanState.PAUSED.value
    return plan.state == PlanState.STOPPED.value and plan.ended_because == change.state
