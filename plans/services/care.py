"""Changes of care: admitted, moved elsewhere, stopped care, died, back in care.

Every change goes through here. Each is one transaction: the patient's row, the plan, unsent messages, check-ins, review
items and the audit event.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotAllowed, Refused, Stale
from plans.domain.notices import ABOUT_THE_ADDRESS
from plans.domain.people import ENDS_OF_CARE, OUT_OF_CARE, CareState, MailState
from plans.domain.taper.plan_states import PlanState
from plans.models import LIVE_STATES, CareChange, Patient, Plan
from plans.services import audit, clock, links, outbox
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.checkins import ladder
from plans.services.plans import lives
from plans.services.review import holding
from plans.services.review.review_items import open_item

# Our own limits: anything older went unnoticed for months and belongs in a note.
STAY_MOST_BACK: Final = timedelta(days=60)
END_MOST_BACK: Final = timedelta(days=366)
ASK_AGAIN_MOST: Final = timedelta(days=60)

# Allowed transitions. Only a correction leaves an end of care; a returning patient may get a new plan.
NEXT: Final[dict[CareState, tuple[CareState, ...]]] = {
    CareState.IN_CARE: (
        CareState.ADMITTED,
        CareState.TRANSFERRED,
        CareState.STOPPED_CARE,
        CareState.DIED,
    ),
    CareState.ADMITTED: (
        CareState.IN_CARE,
        CareState.TRANSFERRED,
        CareState.STOPPED_CARE,
        CareState.DIED,
    ),
    CareState.TRANSFERRED: (CareState.IN_CARE, CareState.DIED),
    CareState.STOPPED_CARE: (CareState.IN_CARE, CareState.DIED),
    CareState.DIED: (),
}


@transaction.atomic
def set_care_state(
    *,
    by: Actor,
    patient_id: UUID,
    seen_version: int,
    state: str,
    note: str = "",
    on: date | None = None,
    ask_on: date | None = None,
    prescriber: str = "",
    prescriber_phone: str = "",
) -> None:
    """Record that a patient was admitted, moved elsewhere, stopped care or died, or is in care again, from a day on.

    `on` is today by default; `ask_on`, the day on which to ask the ward, is required for a patient with a plan who goes
    to hospital. The plan is paused or ended, and unsent messages are skipped with the state as the reason. A return to
    a paused plan goes through `plans.services.going_on` instead, which asks for the dose. Raises Stale; Refused with
    `where`: bad_choice, note_missing, day_ahead, day_too_far_back (`earliest`), ask_missing, ask_past, ask_too_far,
    return_needs_dose.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    if patient.version != seen_version:
        raise Stale(what="patient", version=patient.version)
    was, new = CareState(patient.care_state), _read(state)
    if new not in NEXT[was]:
        raise Refused(reason="bad_choice", where="care_state")
    if not note.strip():
        raise Refused(reason="note_missing", where="care_note")
    now = clock.now()
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    day = on or today
    _check_day(day, today, STAY_MOST_BACK if new is CareState.ADMITTED else END_MOST_BACK)
    plan = live_plan(patient)
    if new is CareState.IN_CARE and plan is not None and plan.state == PlanState.PAUSED.value:
        raise Refused(reason="return_needs_dose", where="care_state")
    change = write_change(
        patient,
        plan,
        new,
        by=by,
        on=day,
        note=note.strip(),
        now=now,
        prescriber=prescriber,
        phone=prescriber_phone,
    )
    if new is not CareState.IN_CARE:
        outbox.skip_pending(patient=patient, why=new.value, now=now)
    if plan is not None and new is CareState.ADMITTED:
        asked = _asked_on(ask_on, today)
        lives.pause(plan, patient, by=by, on=day, ask_on=asked, note=change.note, now=now)
        _tell_pharmacy(plan, patient, day, now)
    elif new in ENDS_OF_CARE:
        _end(patient, plan, change, by)
    if new is CareState.DIED:
        _close_by_hand(patient, plan, day, now)
    if new is CareState.IN_CARE:
        messages_again(patient, now)


def _end(patient: Patient, plan: Plan | None, change: CareChange, by: Actor) -> None:
    """End the plan, and the patient's links and devices."""
    if plan is not None:
        state = CareState(change.state)
        lives.end(plan, by=by, state=state, on=change.on, note=change.note, now=change.made_at)
    links.end_of_care(patient, change.made_at)


def _read(raw: str) -> CareState:
    if raw not in {one.value for one in CareState}:
        raise Refused(reason="bad_choice", where="care_state")
    return CareState(raw)


def _check_day(day: date, today: date, most_back: timedelta) -> None:
    if day > today:
        raise Refused(reason="day_ahead", where="on")
    if day < today - most_back:
        raise Refused(reason="day_too_far_back", where="on", earliest=(today - most_back).isoformat())


def _asked_on(day: date | None, today: date) -> date:
    if day is None:
        raise Refused(reason="ask_missing", where="ask_on")
    if day <= today:
        raise Refused(reason="ask_past", where="ask_on")
    if day > today + ASK_AGAIN_MOST:
        raise Refused(reason="ask_too_far", where="ask_on", days=ASK_AGAIN_MOST.days)
    return day


def live_plan(patient: Patient) -> Plan | None:
    """The patient's live plan, locked; the patient's row must be locked already."""
    rows = Plan.objects.select_for_update(of=("self",), no_key=True).select_related(
        "active_version", "clinic"
    )
    plan = rows.filter(patient=patient, state__in=LIVE_STATES).first()
    if plan is not None:
        # Share one instance: scheduling below must see the new state of care.
        plan.patient = patient
    return plan


def write_change(
    patient: Patient,
    plan: Plan | None,
    state: CareState,
    *,
    by: Actor,
    on: date,
    note: str,
    now: datetime,
    prescriber: str = "",
    phone: str = "",
) -> CareChange:
    """Store a change of care with what a correction would put back, in the caller's transaction."""
    if by.user_id is None:
        raise NotAllowed(may=May.EDIT_PATIENT.value)
    was, patient.care_state = patient.care_state, state.value
    patient.version += 1
    patient.save(update_fields=["care_state", "version"])
    moved = state is CareState.TRANSFERRED
    change = CareChange.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        was=was,
        state=state.value,
        on=on,
        note=note,
        prescriber=prescriber if moved else "",
        prescriber_phone=phone if moved else "",
        plan=plan,
        plan_was=plan.state if plan is not None else "",
        version_was=plan.active_version if plan is not None else None,
        made_at=now,
        made_by_id=by.user_id,
    )
    record_act(
        patient,
        by,
        "patient.care_state",
        {"was": was, "now": state.value, "note": note, "from_day": on.isoformat()},
        now,
    )
    return change


def messages_again(patient: Patient, now: datetime) -> None:
    """Put messages of open check-ins back if the patient wants messages, and those about the address itself, which were
    left out while the patient was out of care; none is sent twice."""
    if patient.mail_state == MailState.ON.value:
        ladder.put_back(patient, now=now)
    outbox.put_back(patient=patient, notices=ABOUT_THE_ADDRESS, why=OUT_OF_CARE, now=now)


def come_back(plan: Plan, patient: Patient, *, by: Actor, on: date, note: str, now: datetime) -> None:
    """Record that a patient is back from hospital, in the transaction that resumes the plan; rows must be locked.

    Items to ask the ward or to tell the pharmacy of the stay are resolved unless somebody else holds them; a new one is
    opened to tell the pharmacy that the plan goes on.
    """
    write_change(patient, plan, CareState.IN_CARE, by=by, on=on, note=note, now=now)
    ended = [f"ward:{plan.pk}", f"tell_pharmacy:{plan.pk}:{plan.paused_on}"]
    plan.paused_on = plan.ask_ward_on = None
    for key in ended:
        holding.end_by_act(plan.clinic_id, key, by=by, note=note, now=now)
    _tell_pharmacy(plan, patient, on, now, code="tell_pharmacy_back")


@transaction.atomic
def ask_ward_again(*, by: Actor, patient_id: UUID, on: date | None) -> None:
    """Set the day on which to ask the ward next.

    Raises Refused: not_in_hospital, ask_missing, ask_past, ask_too_far.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    plan = live_plan(patient)
    if plan is None or plan.state != PlanState.PAUSED.value:
        raise Refused(reason="not_in_hospital")
    now = clock.now()
    plan.ask_ward_on = _asked_on(on, now.astimezone(clock.zone_of(patient.zone)).date())
    plan.save(update_fields=["ask_ward_on"])
    record_act(patient, by, "patient.ward_asked_again", {"from_day": plan.ask_ward_on.isoformat()}, now)


def _tell_pharmacy(
    plan: Plan, patient: Patient, on: date, now: datetime, *, code: str = "tell_pharmacy"
) -> None:
    open_item(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=plan,
        source="care",
        source_key=f"{code}:{plan.pk}:{on}",
        priority="high",
        facts={"code": code, "since": on.isoformat()},
        now=now,
    )


def _close_by_hand(patient: Patient, plan: Plan | None, on: date, now: datetime) -> None:
    open_item(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=plan,
        source="care",
        source_key=f"died:{patient.pk}",
        priority="high",
        facts={"code": "died", "since": on.isoformat()},
        now=now,
    )


def item_keys(patient: Patient, change: CareChange) -> tuple[str, ...]:
    """The source keys of the items that a change of care opens, now or later."""
    if change.state == CareState.DIED.value:
        return (f"died:{patient.pk}",)
    if change.state == CareState.ADMITTED.value and change.plan_id is not None:
        return (f"tell_pharmacy:{change.plan_id}:{change.on}", f"ward:{change.plan_id}")
    return ()


def record_act(patient: Patient, by: Actor, act: str, facts: dict[str, str], now: datetime) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        facts=dict(facts),
        at=now,
    )
