"""Merging two records of one person, and undoing it for thirty days.

    seen = picture(actor, keep_id, other_id)                        # what would be; nothing changes
    merge(by=lead, keep_id=…, other_id=…, shown=seen.digest, reason="Registered twice")
    undo(by=lead, merge_id=…)

Plans, answers, items, letters, messages, links and devices of the other record become the one's that stays: their rows
move, their keys and tokens do not, so links go on working. The other record stays as an empty one out of care that says
where it went. The trail is never changed: the record that stays reads both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from plans.domain.checkins.states import OccasionState
from plans.domain.errors import NotFound, Refused
from plans.domain.moving import MoveState
from plans.domain.people import CareState
from plans.domain.taper.plan_states import PlanState
from plans.models import (
    LIVE_STATES,
    CallClaim,
    DoseMark,
    Flag,
    Occasion,
    Patient,
    PatientCode,
    PatientDevice,
    PatientMerge,
    PatientMove,
    Plan,
    PlannedVisit,
    RecordCopy,
)
from plans.services import audit, clock, documents, record_copies
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.checkins import occasions
from plans.services.moving.following import FOLLOWING
from plans.services.plans import states
from plans.services.review.review_items import open_item

UNDO: Final = timedelta(days=30)
_STAYING: Final = (CallClaim, RecordCopy)
"""Rows of a moment, or made anew: they do not move."""
_BESIDE: Final[tuple[type[Model], ...]] = (PatientCode, PatientDevice, PatientMove)
"""Rows of a patient without a clinic of their own."""
_COUNTED: Final = (
    "Plan",
    "CheckIn",
    "ReviewItem",
    "Letter",
    "Work",
    "PlannedVisit",
    "Call",
    "Link",
    "PatientDevice",
)
"""What the picture counts by itself; the others are one number."""
_OPEN: Final = (OccasionState.ANSWERED.value, OccasionState.INVITED.value)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records: who it is, and the state of its plan."""

    id: UUID
    name: str
    record_no: str
    born: str
    email: str
    phone: str
    care: str
    live_plan: UUID | None
    drafts: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """What merging would do. `both_plans`: one of the two running plans has to end, and a choice is asked for.
    `against`: reasons for which it is refused. `differs`: fields of the record that differ; the one that stays wins."""

    keep: Side
    other: Side
    both_plans: bool
    against: tuple[str, ...]
    differs: tuple[str, ...]
    stays_behind: int
    digest: str


@dataclass(frozen=True, slots=True)
class MergeView:
    """A merge as the record's page says it."""

    id: UUID
    patient_id: UUID
    merged_id: UUID
    name: str
    record_no: str
    at: datetime
    by: str
    reason: str
    can_be_undone: bool


_COMPARED: Final = (
    "name", "born", "email", "phone", "language", "zone", "crisis_plan", "pharmacy", "indication", "conditions",
    "substances", "medicines", "notes", "consent_version", "person_to_call",
)  # fmt: skip


def picture(actor: Actor, keep_id: UUID, other_id: UUID) -> Picture:
    """What merging the other record into the one that stays would do. Raises NotFound, NotAllowed, and
    Refused(same_record)."""
    return _picture(get_patient_for(actor, keep_id, May.MANAGE), get_patient_for(actor, other_id, May.MANAGE))


def _picture(keep: Patient, other: Patient) -> Picture:
    if keep.pk == other.pk:
        raise Refused(reason="same_record", where="other")
    sides = (_side(keep), _side(other))
    both = all(side.live_plan is not None for side in sides)
    against = tuple(_against(keep, other, sides))
    differs = tuple(name for name in _COMPARED if getattr(keep, name) != getattr(other, name))
    behind = sum(rows.count() for rows in _clashing(keep, other).values())
    facts = (keep.pk, keep.version, other.pk, other.version, sides, both, against, behind)
    return Picture(
        *sides, both, against, differs, behind, hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
    )


def _side(row: Patient) -> Side:
    plans = Plan.objects.filter(patient=row)
    counts = {model.__name__: _of(model, row).count() for model in (*FOLLOWING, *_BESIDE)}
    return Side(
        row.pk,
        row.name,
        row.record_no,
        row.born.isoformat(),
        row.email,
        row.phone,
        row.care_state,
        plans.filter(state__in=LIVE_STATES).values_list("pk", flat=True).first(),
        plans.filter(state=PlanState.DRAFT.value).count(),
        {
            **{name: counts[name] for name in _COUNTED},
            "others": sum(count for name, count in counts.items() if name not in _COUNTED),
        },
    )


# Any: rows of any model.
def _of(model: type[Model], patient: Patient) -> QuerySet[Any]:
    # Any: as above.
    rows: QuerySet[Any] = model._default_manager.filter(patient_id=patient.pk)
    return rows


def _against(keep: Patient, other: Patient, sides: tuple[Side, Side]) -> list[str]:
    found = []
    if all(side.drafts for side in sides):
        found.append("both_drafts")
    if PatientMerge.objects.filter(merged__in=(keep, other), undone_at=None).exists():
        found.append("merged_already")
    if CareState.ADMITTED.value in (keep.care_state, other.care_state):
        found.append("in_hospital")
    if PatientMove.objects.filter(patient__in=(keep, other), state=MoveState.OFFERED).exists():
        found.append("offered")
    twice = Occasion.objects.filter(patient=keep, state__in=_OPEN, purpose=OuterRef("purpose"))
    asked = Occasion.objects.filter(patient=other, state__in=_OPEN)
    if asked.filter(Exists(twice.filter(local_date=OuterRef("local_date")))).exists():
        found.append("both_answered")
    return found


# Any: rows of any model.
def _clashing(keep: Patient, other: Patient) -> dict[type[Model], QuerySet[Any]]:
    """Rows of the other record that say what the one that stays says already: they stay where they are."""
    marks = DoseMark.objects.filter(
        patient=keep, on=OuterRef("on"), time=OuterRef("time"), drug=OuterRef("drug")
    )
    visits = PlannedVisit.objects.filter(patient=keep, cancelled_at=None, on=OuterRef("on"))
    visits = visits.filter(Q(at=OuterRef("at")) | Q(at=None))
    planned = Occasion.objects.filter(
        patient=keep, purpose=OuterRef("purpose"), local_date=OuterRef("local_date")
    )
    planned = planned.exclude(state=OccasionState.CANCELLED.value)
    codes = PatientCode.objects.filter(patient=keep)
    return {
        DoseMark: DoseMark.objects.filter(Exists(marks), patient=other),
        PlannedVisit: PlannedVisit.objects.filter(Exists(visits), patient=other, cancelled_at=None),
        # Nobody answered them: an answered pair is refused.
        Occasion: Occasion.objects.filter(Exists(planned), patient=other).exclude(
            state=OccasionState.CANCELLED.value
        ),
        PatientCode: PatientCode.objects.filter(Exists(codes), patient=other),
    }


@transaction.atomic
def merge(
    *, by: Actor, keep_id: UUID, other_id: UUID, shown: str, reason: str, ends: UUID | None = None
) -> UUID:
    """Merge the other record into the one that stays; returns the key of the merge.

    `shown` is the digest of the picture. `ends`: of two running plans the one that ends, with the reason as its note.
    Raises NotFound, NotAllowed, and Refused: same_record, not_shown, reason_missing, both_plans, and what the picture
    is against.
    """
    # Always in the same order, whichever stays.
    rows = {
        key: get_patient_for(by, key, May.MANAGE, lock=True) for key in sorted({keep_id, other_id}, key=str)
    }
    keep, other = rows[keep_id], rows[other_id]
    seen = _picture(keep, other)
    if seen.against:
        raise Refused(reason=seen.against[0])
    if seen.digest != shown:
        raise Refused(reason="not_shown")
    if not reason.strip():
        raise Refused(reason="reason_missing", where="reason")
    now = clock.now()
    if seen.both_plans:
        if ends not in (seen.keep.live_plan, seen.other.live_plan) or ends is None:
            raise Refused(reason="both_plans", where="ends")
        lock = Plan.objects.values_list("lock", flat=True).get(pk=ends)
        states.stop(by=by, plan_id=ends, seen_lock=lock, note=reason)
    record_copies.end_of(other)
    moved = _move(keep, other)
    row = PatientMerge.objects.create(
        clinic_id=keep.clinic_id,
        patient=keep,
        merged=other,
        reason=reason.strip()[:300],
        moved={model.__name__: [str(key) for key in keys] for model, keys in moved.items() if keys},
        care_was=other.care_state,
        at=now,
        by_id=by.member_id,
    )
    _set_care(other, CareState.STOPPED_CARE.value)
    _as_its_own(keep, now)
    for patient in (keep, other):
        _record(by, "patient.merged", patient, row)
    return row.pk


def _as_its_own(patient: Patient, now: datetime) -> None:
    """Check-ins to come by the record's own days and zone, documents with its own name."""
    for plan in Plan.objects.filter(patient=patient, state__in=LIVE_STATES):
        occasions.schedule_occasions(plan, now=now)
    documents.redraw(patient, now, all_kinds=True)


# Any: keys of any model.
def _move(keep: Patient, other: Patient) -> dict[type[Model], list[Any]]:
    behind = {model: set(rows.values_list("pk", flat=True)) for model, rows in _clashing(keep, other).items()}
    # Any: as above.
    moved: dict[type[Model], list[Any]] = {}
    for model in (*FOLLOWING, *_BESIDE):
        if model in _STAYING:
            continue
        keys = [
            key
            for key in _of(model, other).order_by("pk").values_list("pk", flat=True)
            if key not in behind.get(model, ())
        ]
        model._default_manager.filter(pk__in=keys).update(patient_id=keep.pk)
        moved[model] = keys
    return moved


def _set_care(patient: Patient, state: str) -> None:
    Patient.objects.filter(pk=patient.pk).update(care_state=state, version=F("version") + 1)
    patient.refresh_from_db()


def _record(by: Actor, act: str, patient: Patient, row: PatientMerge) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        facts={"merge": str(row.pk), "kept": str(row.patient_id), "from": str(row.merged_id)},
    )


@transaction.atomic
def undo(*, by: Actor, merge_id: UUID) -> None:
    """Give the rows back, with what came to plans that moved since. A plan that was ended stays ended.

    Raises NotFound, NotAllowed, and Refused: undone_already, undo_too_late, and both_plans or both_drafts if the record
    got a plan since.
    """
    found = PatientMerge.objects.filter(pk=merge_id, clinic_id=by.home).first()
    if found is None:
        raise NotFound(what="merge")
    rows = {
        key: get_patient_for(by, key, May.MANAGE, lock=True)
        for key in sorted((found.patient_id, found.merged_id), key=str)
    }
    row = PatientMerge.objects.select_for_update(no_key=True).get(pk=merge_id)
    if row.undone_at is not None:
        raise Refused(reason="undone_already")
    now = clock.now()
    if row.at < now - UNDO:
        raise Refused(reason="undo_too_late")
    keep, other = rows[row.patient_id], rows[row.merged_id]
    _give_back(row, keep, other)
    row.undone_at, row.undone_by_id = now, by.member_id
    row.save(update_fields=["undone_at", "undone_by"])
    _set_care(other, row.care_was)
    _as_its_own(other, now)
    for patient in (keep, other):
        _record(by, "patient.unmerged", patient, row)
    open_item(
        clinic_id=keep.clinic_id,
        patient=other,
        plan=None,
        source="rights",
        source_key=f"unmerged:{row.pk}",
        priority="routine",
        facts={"code": "unmerged"},
        now=now,
    )


def _give_back(row: PatientMerge, keep: Patient, other: Patient) -> None:
    plans = [UUID(key) for key in row.moved.get("Plan", ())]
    for model in (*FOLLOWING, *_BESIDE):
        if model in _STAYING:
            continue
        mine = Q(pk__in=row.moved.get(model.__name__, ()))
        if any(one.name == "plan" for one in model._meta.concrete_fields):
            mine |= Q(plan__in=plans)
        if model is Flag:
            mine |= Q(checkin__plan__in=plans)
        model._default_manager.filter(mine, patient_id=keep.pk).update(patient_id=other.pk)


def of_patient(actor: Actor, patient_id: UUID) -> tuple[MergeView, ...]:
    """The merges of a record that stand, and the one by which it was merged itself. Raises NotFound.

    They stay with the clinic that made them when the patient moves: the other record is still there.
    """
    patient = get_patient_for(actor, patient_id)
    rows = PatientMerge.objects.filter(
        Q(patient=patient) | Q(merged=patient), clinic_id=patient.clinic_id, undone_at=None
    )
    since = clock.now() - UNDO
    return tuple(
        MergeView(
            row.pk,
            row.patient_id,
            row.merged_id,
            (row.merged if row.patient_id == patient.pk else row.patient).name,
            (row.merged if row.patient_id == patient.pk else row.patient).record_no,
            row.at,
            row.by.name,
            row.reason,
            row.at >= since,
        )
        for row in rows.select_related("patient", "merged", "by").order_by("-at")
    )
