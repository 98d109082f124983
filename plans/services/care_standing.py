"""Where the care of a patient stands, for pages of staff and patients; what becomes of it is `plans.services.care`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from plans.domain.people import ENDS_OF_CARE, CareState
from plans.models import CareChange, Patient, ReviewItem, Work
from plans.services.access import reach_patient
from plans.services.actors import Actor, May


@dataclass(frozen=True, slots=True)
class Care:
    """Where a patient's care stands. `since`, `note` and `by` are empty for somebody who was in care all along.

    `plan_id` is the plan that rests or was ended by it, `ask_ward_on` when the ward is asked (again).
    """

    state: CareState
    since: date | None = None
    note: str = ""
    by: str = ""
    prescriber: str = ""
    prescriber_phone: str = ""
    plan_id: UUID | None = None
    ask_ward_on: date | None = None

    @property
    def ended(self) -> bool:
        """Whether this clinic looks after the patient no more."""
        return self.state in ENDS_OF_CARE


def care_of(patient: Patient) -> Care:
    """Where the care of a patient's row stands."""
    state = CareState(patient.care_state)
    change = None if state is CareState.IN_CARE else latest_change(patient)
    if change is None:
        return Care(state)
    plan = change.plan
    return Care(
        state=state,
        since=change.on,
        note=change.note,
        by=change.made_by.name,
        prescriber=change.prescriber,
        prescriber_phone=change.prescriber_phone,
        plan_id=change.plan_id,
        ask_ward_on=plan.ask_ward_on if plan is not None else None,
    )


def care_on_record(actor: Actor, patient_id: UUID) -> Care:
    """Where a patient's care stands, for staff. Raises NotFound."""
    return care_of(reach_patient(actor, patient_id, May.LOOK))


def latest_change(patient: Patient) -> CareChange | None:
    """The change that made the present state: the last one nobody took back."""
    rows = CareChange.objects.filter(patient=patient, corrected_at=None, state=patient.care_state)
    return rows.select_related("plan", "made_by", "version_was").order_by("-made_at", "-id").first()


@dataclass(frozen=True, slots=True)
class ToClose:
    """What has to be closed by hand after a death, as it stands now."""

    items: int
    messages: int
    pharmacy: str
    next_of_kin: str


def to_close(actor: Actor, patient_id: UUID) -> ToClose | None:
    """What is still to close by hand of a patient who died; None for anybody else. Raises NotFound."""
    patient = reach_patient(actor, patient_id, May.LOOK)
    if patient.care_state != CareState.DIED.value:
        return None
    open_items = ReviewItem.objects.filter(patient=patient).exclude(state="resolved")
    kin = patient.person_to_call or {}
    said = (kin.get("name", ""), kin.get("relation", ""), kin.get("phone", ""))
    return ToClose(
        items=open_items.exclude(source_key=f"died:{patient.pk}").count(),
        messages=Work.objects.filter(patient=patient, state="unknown").exclude(reason="left").count(),
        pharmacy=patient.pharmacy,
        next_of_kin=", ".join(part for part in said if part),
    )
