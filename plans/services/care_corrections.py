"""Correcting a change of care that was recorded by mistake."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused, Stale
from plans.domain.people import CareState
from plans.domain.review.outcomes import ReviewOutcome
from plans.domain.taper.plan_states import PlanState
from plans.models import CareChange, Patient, Plan
from plans.services import care, clock, links
from plans.services.access import get_patient_for, get_plan_for
from plans.services.actors import Actor, May
from plans.services.care_status import latest_change
from plans.services.plans import lives, plan_effects
from plans.services.review import holding, settling


@transaction.atomic
def correct(*, by: Actor, patient_id: UUID, seen_version: int, note: str) -> None:
    """Take back the current change of care, which was recorded by mistake. `note` says why.

    The previous state and the plan's previous schedule are restored, check-ins are rescheduled and messages that were
    left out because of it go out after all; sent messages stay sent. Items opened by the mistake are resolved unless
    somebody else holds them: nobody should read of a death, or a stay, that never happened. Raises Stale; NotAllowed (a
    plan is put back by whoever may plan); Refused: note_missing, nothing_to_correct, or live_plan (the patient has a
    newer plan by now).
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
    links.back_in_care(patient, change.made_at)
    if change.was == CareState.IN_CARE.value:
        care.messages_again(patient, now)
    care.record_act(
        patient, by, "patient.care_corrected", {"was": was, "now": change.was, "note": words}, now
    )


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
    if change.was == CareState.IN_CARE.value:
        plan_effects.tell_after_all(plan, patient, since=change.made_at, why=change.state, now=now)


def _by_this(change: CareChange, plan: Plan) -> bool:
    """Whether this change paused or ended the plan: one ended for another reason meanwhile stays ended."""
    if change.state == CareState.ADMITTED.value:
        return plan.state == PlanState.PAUSED.value
    return plan.state == PlanState.STOPPED.value and plan.ended_because == change.state
