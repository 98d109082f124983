"""What follows a patient to another clinic: every row of theirs, open items, check-ins to come, messages, documents."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Model

from plans.domain.notices import ALERTS, CLINIC_CHANGED
from plans.domain.review.item_states import HELD, Act, ItemState, Priority, after
from plans.domain.taper.request import product_json
from plans.models import (
    Call,
    CallClaim,
    CareChange,
    CheckIn,
    Clinic,
    Consent,
    Dispensing,
    Document,
    DoseMark,
    Flag,
    Letter,
    Link,
    Occasion,
    Patient,
    PatientFile,
    PatientMove,
    Plan,
    PlannedVisit,
    Proposal,
    RawAnswer,
    RecordCopy,
    ReviewItem,
    TakenDose,
    Work,
)
from plans.services import care, clock, documents, formulary, outbox
from plans.services.actors import Actor
from plans.services.checkins import occasions
from plans.services.plans import versions, waiting
from plans.services.review import holding
from plans.services.review.alerts import begin
from plans.services.review.review_items import open_item

FOLLOWING: Final[tuple[type[Model], ...]] = (
    Call,
    CallClaim,
    CareChange,
    CheckIn,
    Consent,
    Dispensing,
    Document,
    DoseMark,
    Flag,
    Letter,
    Link,
    Occasion,
    PatientFile,
    Plan,
    PlannedVisit,
    RawAnswer,
    RecordCopy,
    ReviewItem,
    TakenDose,
    Work,
)
"""Rows with a patient and a clinic (tested to be all there are): they always have the patient's clinic.

Versions stay with the clinic that issued them, and the trail with the clinic where something was done: neither is ever
changed, and the patient's new clinic reads them by the patient.
"""

FOLLOWING_THE_PLAN: Final[tuple[type[Model], ...]] = (Proposal,)
"""Rows with a plan and a clinic, but no patient (tested to be all there are, but for versions)."""


def take_along(patient: Patient, move: PatientMove, *, by: Actor, now: datetime) -> None:
    """Move everything of a patient whose row is locked and has its new clinic already; in the caller's transaction."""
    clinic = patient.clinic
    for one in Plan.objects.select_for_update(no_key=True).filter(patient=patient):
        # What its author was shown was judged by the settings of the other clinic.
        waiting.lapse(one, by, now)
    for model in FOLLOWING:
        model._default_manager.filter(patient_id=patient.pk).update(clinic_id=clinic.pk)
    for model in FOLLOWING_THE_PLAN:
        model._default_manager.filter(plan__patient=patient).update(clinic_id=clinic.pk)
    plan = care.live_plan(patient)
    if plan is not None:
        occasions.schedule_occasions(plan, now=now)
        _tell_patient(patient, plan, move, now)
    documents.redraw(patient, now, all_kinds=True)
    _move_items(patient, clinic, by, now)
    say_what_differs(patient, plan, came_from=move.from_clinic.name, key=str(move.pk), now=now)


def say_what_differs(patient: Patient, plan: Plan | None, *, came_from: str, key: str, now: datetime) -> None:
    """Open the item that names what to go through with a patient who came from another clinic."""
    open_item(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=plan,
        source="care",
        source_key=f"moved_in:{key}",
        priority=Priority.ROUTINE.value,
        facts={
            "code": "moved_in",
            "clinic": came_from,
            "products": not_stocked(plan, patient.clinic, now) if plan is not None else [],
        },
        now=now,
    )


def _tell_patient(patient: Patient, plan: Plan, move: PatientMove, now: datetime) -> None:
    if not patient.email:
        return
    outbox.put(
        notice=CLINIC_CHANGED,
        key=f"move:{move.pk}:{CLINIC_CHANGED}",
        clinic_id=patient.clinic_id,
        now=now,
        patient=patient,
        plan=plan,
        facts={"clinic": str(patient.clinic_id)},
    )


def _move_items(patient: Patient, clinic: Clinic, by: Actor, now: datetime) -> None:
    """Leave open items without a holder, with the clocks and the people on call of the new clinic.

    What was due by when stays. An alert that nobody has sent yet to the old clinic is cancelled; an urgent item alerts
    whoever is on call now.
    """
    rows = ReviewItem.objects.select_for_update(of=("self",), no_key=True).filter(patient=patient)
    rows = rows.exclude(state=ItemState.RESOLVED).select_related("clinic")
    for item in rows.order_by("opened_at", "id"):
        level = Priority(item.severity)
        state = ItemState(item.state)
        if state in HELD | {ItemState.ESCALATED}:
            item.state = after(after(state, Act.CLAIM, level), Act.RELEASE, level).value
        if state not in (ItemState.SNOOZED, ItemState.WAITING):
            holding.let_go(item, now)
        item.tier = item.rung = 0
        outbox.cancel_pending(item=item, notices=ALERTS, why="moved", now=now)
        if level is Priority.URGENT:
            begin(item, now=now)
        elif state not in (ItemState.SNOOZED, ItemState.WAITING):
            item.escalate_at = holding.first_alert_at(item, now)
        holding.write(item, by=by, kind="moved", now=now, facts={"to": clinic.name})


def not_stocked(plan: Plan, clinic: Clinic, now: datetime) -> list[dict[str, object]]:
    """The products of the days from today on that the clinic does not stock, as a request writes them."""
    if plan.active_version is None:
        return []
    today = now.astimezone(clock.zone_of(plan.patient.zone)).date()
    coming = [step for step in versions.read(plan.active_version).schedule if step.end >= today]
    taken = {take.product for step in coming for dose in step.doses for take in dose.take}
    missing = formulary.of_clinic(clinic).not_stocked(sorted(taken), clinic.country)
    return [product_json(product) for product in missing]
