"""A member's own list, and opening a record outside it with a reason, which the lead reads.

A record is on somebody's own list if they own the patient or nobody does, added the patient within a day, are on duty,
or are calling the patient; if the patient has an open review item, is to be called now, or has a visit today. Opening
another asks why and then lasts a working day. A clinic switches this on; in a small one everybody knows every patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.review.calls import Stand
from plans.domain.review.item_states import ItemState
from plans.domain.text import fold
from plans.models import (
    CallClaim,
    CheckIn,
    Clinic,
    Document,
    Letter,
    Patient,
    Plan,
    Proposal,
    RecordOpening,
    ReviewItem,
)
from plans.services import audit, clock, paging, rota, visits
from plans.services.access import ASK_WHY, get_clinic_for, get_patient_for
from plans.services.actors import Actor, May
from plans.services.calls import reading
from plans.services.paging import Page

PAGE: Final = 25
REASON_MOST: Final = 500
LASTS: Final = timedelta(hours=12)
_ADDED: Final = timedelta(days=1)
NAMED_BY: Final[Mapping[str, type[Model]]] = {
    "patient_id": Patient,
    "plan_id": Plan,
    "item_id": ReviewItem,
    "checkin_id": CheckIn,
    "document_id": Document,
    "letter_id": Letter,
    "proposal_id": Proposal,
}
"""Keys in the addresses of pages about one patient, and whose rows they are."""


class WhyMissing(Exception):
    """The record is not on the actor's own list, and nobody has said why it is opened."""

    def __init__(self, patient_id: UUID) -> None:
        super().__init__()
        self.patient_id = patient_id


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """A record that was opened with a reason."""

    id: UUID
    at: datetime
    who: str
    patient_id: UUID
    patient: str
    record_no: str
    reason: str


@transaction.atomic
def set_asks_why(*, by: Actor, on: bool) -> bool:
    """Switch it on or off; False if it stood so already."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    if (clinic.settings.get(ASK_WHY) is True) == on:
        return False
    clinic.settings = {**clinic.settings, ASK_WHY: on}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by,
        act="clinic.asks_why_on" if on else "clinic.asks_why_off",
        subject_kind="clinic",
        subject_id=clinic.pk,
    )
    return True


# Any: the arguments of an address; those that are not keys are not read.
def check(actor: Actor, keys: Mapping[str, Any]) -> None:
    """Raise WhyMissing if an address with these keys opens a record that is not on the actor's own list.

    Rows of other clinics and missing ones pass: the page itself says that they are not there.
    """
    if not actor.asks_why or not actor.may(May.LOOK):
        return
    for name, key in keys.items():
        patient = _patient_of(NAMED_BY[name], key, actor) if name in NAMED_BY else None
        if patient is not None and not is_on_list(actor, patient):
            raise WhyMissing(patient.pk)


def _patient_of(model: type[Model], key: UUID, actor: Actor) -> Patient | None:
    if model is Patient:
        return Patient.objects.filter(pk=key, clinic_id=actor.home).first()
    row = model._default_manager.filter(pk=key, clinic_id=actor.home).first()
    if isinstance(row, Proposal):
        return row.plan.patient
    found: Patient | None = getattr(row, "patient", None) or getattr(
        getattr(row, "plan", None), "patient", None
    )
    return found


def is_on_list(actor: Actor, patient: Patient) -> bool:
    """Whether a patient of the actor's clinic is on their own list, or was opened with a reason not long ago."""
    now = clock.now()
    if patient.owner_id in (None, actor.user_id):
        return True
    if patient.created_by_id == actor.user_id and now - patient.created_at < _ADDED:
        return True
    return _opened(actor, patient, now) or _is_at_work(actor, patient, now)


def _opened(actor: Actor, patient: Patient, now: datetime) -> bool:
    return RecordOpening.objects.filter(
        patient=patient, clinic_id=actor.home, user_id=actor.member_id, at__gt=now - LASTS
    ).exists()


def _is_at_work(actor: Actor, patient: Patient, now: datetime) -> bool:
    """Whether the work of the clinic leads to this patient now, or the actor is on duty for all of them."""
    if ReviewItem.objects.filter(patient=patient).exclude(state=ItemState.RESOLVED.value).exists():
        return True
    if CallClaim.objects.filter(patient=patient, user_id=actor.member_id).exists():
        return True
    today = clock.today(patient.zone)
    if any(visit.on == today for visit in visits.upcoming_visits(patient)):
        return True
    on_duty = rota.on_duty(Clinic.objects.get(pk=actor.home), now)
    if actor.user_id in {user.pk for user in (*on_duty.first, *on_duty.second)}:
        return True
    need = reading.need_of(patient, now)
    return need is not None and need.stand is Stand.NOW


def name_of(actor: Actor, patient_id: UUID) -> str:
    """The name for the page that asks why: nothing else of the record. Raises NotFound."""
    return get_patient_for(actor, patient_id, May.LOOK).name


@transaction.atomic
def open_record(*, by: Actor, patient_id: UUID, reason: str) -> None:
    """Record why a patient's record is opened. Raises BadText, Refused("why_missing")."""
    patient = get_patient_for(by, patient_id, May.LOOK)
    why = text.clean_line(reason, where="reason", most=REASON_MOST, required=False)
    if not why:
        raise Refused(reason="why_missing", where="reason")
    now = clock.now()
    RecordOpening.objects.create(clinic_id=by.home, patient=patient, user_id=by.member_id, at=now, reason=why)
    audit.record(
        by=by,
        act="patient.opened_outside_list",
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        facts={"note": why},
        at=now,
    )


def openings(actor: Actor, *, q: str = "", key: str | None = None, size: int = PAGE) -> Page[OpeningRow]:
    """A page of the records opened with a reason, newest first, for a lead. `q` searches by patient and by who."""
    every = RecordOpening.objects.filter(clinic=get_clinic_for(actor, May.MANAGE)).select_related(
        "user", "patient"
    )
    wanted = every
    for word in fold(q).split()[:6]:
        wanted = wanted.filter(
            Q(patient__sort_key__contains=word)
            | Q(patient__record_no__icontains=word)
            | Q(user__name__icontains=word)
        )
    return paging.page_of(wanted, ("-at", "-id"), _rows, every=every, key=key, size=size)


def _rows(rows: list[RecordOpening]) -> list[OpeningRow]:
    return [
        OpeningRow(
            row.pk, row.at, row.user.name, row.patient_id, row.patient.name, row.patient.record_no, row.reason
        )
        for row in rows
    ]
