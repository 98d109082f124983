"""The current state of a patient's care, for pages of staff and patients; `plans.services.care` changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from plans.domain.outbox import WorkState
from plans.domain.people import ENDS_OF_CARE, CareState
from plans.domain.regimen import DayDose
from plans.domain.review.item_states import ItemState
from plans.domain.taper.request import Intake
from plans.domain.which import which
from plans.models import CareChange, Patient, Plan, ReviewItem, Work
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.links import LinkView
from plans.services.plans import taken, versions


@dataclass(frozen=True, slots=True)
class Care:
    """A patient's state of care. `since`, `note` and `by` are empty for somebody who was always in care.

    `plan_id` is the plan that it paused or ended, `ask_ward_on` when to ask the ward (again), `last_known` the day's
    dose last known before a hospital stay.
    """

    state: CareState
    since: date | None = None
    note: str = ""
    by: str = ""
    prescriber: str = ""
    prescriber_phone: str = ""
    plan_id: UUID | None = None
    ask_ward_on: date | None = None
    last_known: DayDose | None = None

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(CareState, self.state)

    @property
    def ended(self) -> bool:
        """Whether this clinic no longer looks after the patient."""
        return self.state in ENDS_OF_CARE


def care_of(patient: Patient) -> Care:
    """The state of care of a patient's row."""
    state = CareState(patient.care_state)
    change = None if state is CareState.IN_CARE else latest_change(patient)
    return Care(state) if change is None else _care(change, _known([change]))


def _known(changes: Iterable[CareChange]) -> Mapping[UUID, tuple[Intake, ...]]:
    """The doses recorded before stays in hospital, by the key of the paused plan."""
    rests = (change.plan for change in changes if change.state == CareState.ADMITTED.value)
    return taken.known_before_stays(plan for plan in rests if plan is not None)


def _care(change: CareChange, known: Mapping[UUID, tuple[Intake, ...]]) -> Care:
    plan = change.plan
    return Care(
        state=CareState(change.state),
        since=change.on,
        note=change.note,
        by=change.made_by.name,
        prescriber=change.prescriber,
        prescriber_phone=change.prescriber_phone,
        plan_id=change.plan_id,
        ask_ward_on=plan.ask_ward_on if plan is not None else None,
        last_known=_last_known(plan, change.on, known) if change.state == CareState.ADMITTED.value else None,
    )


def _last_known(plan: Plan | None, on: date, known: Mapping[UUID, tuple[Intake, ...]]) -> DayDose | None:
    if plan is None or plan.active_version is None:
        return None
    if plan.pk in known:
        return DayDose.total(known[plan.pk])
    schedule = versions.read(plan.active_version).schedule
    step = schedule.step_at(max(on, schedule.start))
    return step.day if step is not None else None


def care_behind(link: LinkView) -> Care:
    """The state of care of the patient behind a link."""
    return care_of(Patient.objects.get(pk=link.patient_id))


def status_of(patients: Iterable[Patient]) -> dict[UUID, Care]:
    """The state of care of each of these patients who is not in care, by the patient's key."""
    out = {one.pk: one for one in patients if one.care_state != CareState.IN_CARE.value}
    rows = CareChange.objects.filter(patient__in=out, corrected_at=None).select_related(
        "plan__active_version", "made_by"
    )
    stands = {
        row.patient_id: row
        for row in rows.order_by("made_at", "id")
        if row.state == out[row.patient_id].care_state
    }
    known = _known(stands.values())
    return {
        key: _care(stands[key], known) if key in stands else Care(CareState(row.care_state))
        for key, row in out.items()
    }


def care_on_record(actor: Actor, patient_id: UUID) -> Care:
    """A patient's state of care, for staff. Raises NotFound."""
    return care_of(get_patient_for(actor, patient_id, May.LOOK))


def latest_change(patient: Patient) -> CareChange | None:
    """The change that led to the current state: the last one not corrected."""
    rows = CareChange.objects.filter(patient=patient, corrected_at=None, state=patient.care_state)
    return (
        rows.select_related("plan__active_version", "made_by", "version_was")
        .order_by("-made_at", "-id")
        .first()
    )


@dataclass(frozen=True, slots=True)
class ToClose:
    """What still has to be closed by hand after a death."""

    items: int
    messages: int
    pharmacy: str
    next_of_kin: str


def to_close(actor: Actor, patient_id: UUID) -> ToClose | None:
    """What still has to be closed by hand for a patient who died; None for anybody else. Raises NotFound."""
    patient = get_patient_for(actor, patient_id, May.LOOK)
    if patient.care_state != CareState.DIED.value:
        return None
    open_items = ReviewItem.objects.filter(patient=patient).exclude(state=ItemState.RESOLVED)
    kin = patient.person_to_call or {}
    said = (kin.get("name", ""), kin.get("relation", ""), kin.get("phone", ""))
    return ToClose(
        items=open_items.exclude(source_key=f"died:{patient.pk}").count(),
        messages=Work.objects.filter(patient=patient, state=WorkState.UNKNOWN).exclude(reason="left").count(),
        pharmacy=patient.pharmacy,
        next_of_kin=", ".join(part for part in said if part),
    )
