"""Visits a patient is expected at: planned and taken back by staff, told on the patient's page and on the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused
from plans.models import Patient, PlannedVisit
from plans.services import audit, clock, documents
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May

# A taper's visits for a year at one a fortnight: more on one list is a slip.
MOST: Final = 26
LATEST_DAYS: Final = 1100


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One planned visit; `at` is the clinic's time of day, None where only the day is agreed."""

    id: UUID
    on: date
    at: time | None
    with_whom: str


@dataclass(frozen=True, slots=True)
class Visits:
    """What the page of a patient's visits shows; `today` is the patient's date."""

    patient_id: UUID
    name: str
    record_no: str
    country: str
    today: date
    upcoming: tuple[VisitLine, ...]


def upcoming_visits(patient: Patient, *, since: date | None = None) -> tuple[VisitLine, ...]:
    """The planned visits of a patient from `since` (the patient's today) on, in their order; for services."""
    first = since or clock.today(patient.zone)
    rows = PlannedVisit.objects.filter(patient=patient, cancelled_at=None, on__gte=first)
    return tuple(VisitLine(row.pk, row.on, row.at, row.with_whom) for row in rows.order_by("on", "at", "id"))


def of_patient(actor: Actor, patient_id: UUID) -> Visits:
    """The planned visits of a patient of the actor's clinic. Raises NotFound."""
    patient = get_patient_for(actor, patient_id)
    return Visits(
        patient_id=patient.pk,
        name=patient.name,
        record_no=patient.record_no,
        country=patient.clinic.country,
        today=clock.today(patient.zone),
        upcoming=upcoming_visits(patient),
    )


@transaction.atomic
def plan_visit(*, by: Actor, patient_id: UUID, on: date, at: time | None, with_whom: str) -> UUID:
    """Plan a visit; the calendars in force are drawn anew with it. Returns its key.

    Raises NotFound, NotAllowed, and Refused: in_the_past, too_far, already_planned (same day and hour), too_many.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    today, now = clock.today(patient.zone), clock.now()
    if on < today:
        raise Refused(reason="in_the_past", where="on")
    if on > today + timedelta(days=LATEST_DAYS):
        raise Refused(reason="too_far", where="on")
    standing = upcoming_visits(patient)
    if any((one.on, one.at) == (on, at) for one in standing):
        raise Refused(reason="already_planned", where="on")
    if len(standing) >= MOST:
        raise Refused(reason="too_many", most=MOST)
    row = PlannedVisit.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        on=on,
        at=at,
        with_whom=with_whom,
        planned_at=now,
        planned_by_id=by.member_id,
    )
    _follow(by, "visit.planned", row, patient, now)
    return row.pk


@transaction.atomic
def cancel_visit(*, by: Actor, patient_id: UUID, visit_id: UUID) -> bool:
    """Take a planned visit back; the calendars in force are drawn anew without it. False if it was taken back before.

    Raises NotFound and NotAllowed.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    row = PlannedVisit.objects.filter(pk=visit_id, patient=patient).first()
    if row is None:
        raise NotFound(what="visit")
    now = clock.now()
    if not PlannedVisit.objects.filter(pk=row.pk, cancelled_at=None).update(cancelled_at=now):
        return False
    _follow(by, "visit.cancelled", row, patient, now)
    return True


def _follow(by: Actor, act: str, row: PlannedVisit, patient: Patient, now: datetime) -> None:
    """The line in the trail, and the calendars in force drawn anew."""
    audit.record(
        by=by,
        act=act,
        subject_kind="visit",
        subject_id=row.pk,
        patient_id=patient.pk,
        facts={"on": row.on.isoformat(), "at": row.at.isoformat("minutes") if row.at else ""},
        at=now,
    )
    documents.redraw(patient, now)
