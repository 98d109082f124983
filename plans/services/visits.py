"""Planned visits: staff plan and cancel them, the patient's page and calendar show them."""

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
from plans.services.from_row import from_row

# A year of fortnightly visits: more on one list is a mistake.
MOST: Final = 26
LATEST_DAYS: Final = 1100


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One planned visit; `at` is the time of day in the clinic's zone, None if only the day is agreed."""

    id: UUID
    on: date
    at: time | None
    with_whom: str


@dataclass(frozen=True, slots=True)
class Visits:
    """A patient's visits for their page; `today` is the patient's date."""

    patient_id: UUID
    name: str
    record_no: str
    country: str
    today: date
    upcoming: tuple[VisitLine, ...]


def upcoming_visits(patient: Patient, *, since: date | None = None) -> tuple[VisitLine, ...]:
    """A patient's planned visits from `since` (by default the patient's today) on, in order; for services."""
    first = since or clock.today(patient.zone)
    rows = PlannedVisit.objects.filter(patient=patient, cancelled_at=None, on__gte=first)
    return tuple(from_row(VisitLine, row) for row in rows.order_by("on", "at", "id"))


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
    """Plan a visit and redraw the current calendars. Returns its key.

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
    """Cancel a planned visit and redraw the current calendars. False if it was cancelled before.

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
    """Write the audit event and redraw the current calendars."""
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
