"""Drafts: the plan form as typed, one per patient, stored so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused, Stale
from plans.domain.taper.plan_states import ACTS, PlanAct, PlanState, after
from plans.domain.taper.preparation import PreparationName
from plans.models import Patient, Plan
from plans.services import clock
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.audit import Event, record_all
from plans.services.plans import plan_effects, waiting
from plans.services.plans.locking import user_key

Form = Mapping[str, list[str]]
# A real form has under a hundred fields; even ten years of typed rows stay under this.
_MOST_CHARACTERS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft. `form` maps field names to the values typed; `lock` goes into the form that edits it."""

    plan_id: UUID
    lock: int
    form: Form
    saved_at: datetime
    saved_by: str


def _row(patient: Patient, *, lock: bool = False) -> Plan | None:
    rows = Plan.objects.filter(patient=patient, state=PlanState.DRAFT.value).select_related("draft_by")
    return (rows.select_for_update(of=("self",), no_key=True) if lock else rows).first()


def _draft(plan: Plan) -> Draft:
    return Draft(
        plan_id=plan.pk,
        lock=plan.lock,
        form=plan.draft,
        saved_at=plan.draft_at or plan.created_at,
        saved_by=plan.draft_by.name if plan.draft_by else "",
    )


def load(actor: Actor, *, patient_id: UUID) -> Draft | None:
    """The patient's draft; None without one. Raises NotFound."""
    plan = _row(get_patient_for(actor, patient_id, May.LOOK))
    return _draft(plan) if plan else None


@transaction.atomic
def save(*, by: Actor, patient_id: UUID, form: Form, seen_lock: int | None) -> Draft:
    """Save a form as typed, in the patient's one draft.

    `seen_lock` is the lock that the form was opened with, None if there was no draft then. Saving over one's own work
    is always allowed: the page autosaves before the previous reply has arrived. Over somebody else's newer draft it
    raises Stale with `who`. An autosave does not revive a draft that was issued or discarded meanwhile:
    Refused("draft_gone"); nor does it change one that waits for a second signature: Refused("waits_for_signature").
    Only the first save and a change of author are audited.
    """
    if sum(len(value) for values in form.values() for value in values) > _MOST_CHARACTERS:
        raise Refused(reason="text_too_long", where="draft")
    patient = get_patient_for(by, patient_id, May.PLAN, lock=True)
    now = clock.now()
    plan = _row(patient, lock=True)
    if plan is None and seen_lock is not None:
        raise Refused(reason="draft_gone", where="draft")
    if plan is None:
        plan = Plan(
            clinic_id=patient.clinic_id,
            patient=patient,
            state=PlanState.DRAFT.value,
            state_at=now,
            created_at=now,
            created_by_id=user_key(by),
        )
        changes_hands = True
    else:
        changes_hands = plan.draft_by_id != by.user_id
        if changes_hands and seen_lock != plan.lock:
            raise Stale(what="draft", who=plan.draft_by.name if plan.draft_by else "")
        after(PlanState(plan.state), PlanAct.SAVE_DRAFT)
        waiting.check_none_waits(plan)
        plan.lock += changes_hands
    plan.draft = {name: list(values) for name, values in form.items()}
    plan.draft_at, plan.draft_by_id = now, by.user_id
    plan.save()
    if changes_hands:
        plan_effects.audit(plan, PlanAct.SAVE_DRAFT, by)
    return Draft(plan.pk, plan.lock, plan.draft, now, by.name)


@transaction.atomic
def choose_option(
    *, by: Actor, patient_id: UUID, preparation: PreparationName, seen_lock: int | None
) -> Draft:
    """Choose with the patient what the draft's plan is made of; everything else that was typed stays.

    Raises what `save` raises, and Refused("draft_gone") if there is no draft any more.
    """
    standing = load(by, patient_id=patient_id)
    if standing is None:
        raise Refused(reason="draft_gone", where="draft")
    form = {**standing.form, "preparation": [preparation.value]}
    draft = save(by=by, patient_id=patient_id, form=form, seen_lock=seen_lock)
    record_all(
        [
            Event(
                by=by,
                act="plan.option_chosen",
                subject_kind="plan",
                subject_id=draft.plan_id,
                patient_id=patient_id,
                plan_id=draft.plan_id,
                facts={"preparation": preparation.value},
            )
        ]
    )
    return draft


def begin_many(*, by: Actor, forms: Sequence[tuple[Patient, Form]]) -> None:
    """Begin drafts for patients who were just made and have none, in the caller's transaction."""
    now = clock.now()
    rows = [
        Plan(
            clinic_id=patient.clinic_id,
            patient=patient,
            state=PlanState.DRAFT.value,
            state_at=now,
            draft={name: list(values) for name, values in form.items()},
            draft_at=now,
            draft_by_id=by.member_id,
            created_at=now,
            created_by_id=by.member_id,
        )
        for patient, form in forms
    ]
    record_all(
        Event(
            by=by,
            act=ACTS[PlanAct.SAVE_DRAFT].audit,
            subject_kind="plan",
            subject_id=plan.pk,
            patient_id=plan.patient_id,
            plan_id=plan.pk,
            at=now,
        )
        for plan in Plan.objects.bulk_create(rows)
    )


@transaction.atomic
def discard_draft(*, by: Actor, patient_id: UUID, seen_lock: int) -> None:
    """End the draft and empty its form.

    Raises Stale if somebody else edited it, Refused("draft_gone", "waits_for_signature").
    """
    patient = get_patient_for(by, patient_id, May.PLAN, lock=True)
    plan = _row(patient, lock=True)
    if plan is None:
        raise Refused(reason="draft_gone")
    if plan.lock != seen_lock:
        raise Stale(what="draft", who=plan.draft_by.name if plan.draft_by else "")
    waiting.check_none_waits(plan)
    plan.state = after(PlanState(plan.state), PlanAct.ABANDON).value
    plan.state_at = clock.now()
    plan.draft = {}
    plan.lock += 1
    plan.save(update_fields=["state", "state_at", "draft", "lock"])
    plan_effects.audit(plan, PlanAct.ABANDON, by)
