"""Interrupted plans for tests, through services: hospital, home again, moved away, another dose."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from plans.domain.amounts import Dose
from plans.domain.taper.request import Intake
from plans.domain.taper.schedule import TimeOfDay
from plans.models import Patient, Plan
from plans.services import care, care_corrections, clock, going_on
from plans.services.actors import Actor
from plans.services.plans import taken
from tests.makers_plans import plan_row


def doses(*said: str) -> tuple[Intake, ...]:
    """Doses as ("morning clonazepam 0.5", …)."""
    found = []
    for one in said:
        time, drug, mg = one.split()
        found.append(Intake(TimeOfDay(time), drug, Dose.parse(mg)))
    return tuple(found)


def set_care(by: Actor, patient: Patient, state: str, **more: Any) -> None:
    """Say that a patient is in a state of care now, whatever version the record has."""
    row = Patient.objects.get(pk=patient.pk)
    if state == "admitted":
        more.setdefault("ask_on", clock.today(row.zone) + timedelta(days=2))
    care.set_care_state(
        by=by,
        patient_id=row.pk,
        seen_version=row.version,
        state=state,
        note=more.pop("note", "Told by telephone."),
        **more,
    )


def take_back(by: Actor, patient: Patient, note: str = "Another patient was meant.") -> None:
    """Take back the current change of care, as a correction."""
    row = Patient.objects.get(pk=patient.pk)
    care_corrections.correct(by=by, patient_id=row.pk, seen_version=row.version, note=note)


def record(by: Actor, plan: Plan, *said: str, from_day: date | None = None, **more: Any) -> UUID:
    """Record what is actually taken, from today on unless told otherwise."""
    row = plan_row(plan.pk)
    return taken.record(
        by=by,
        plan_id=row.pk,
        seen_lock=row.lock,
        from_day=from_day or clock.today(row.patient.zone),
        regimen=doses(*said),
        told_by=more.pop("told_by", "patient"),
        **more,
    )


def go_on(by: Actor, plan: Plan, note: str = "Agreed on the telephone.", **more: Any) -> UUID:
    """Go on from what is actually taken, from today on."""
    row = plan_row(plan.pk)
    return going_on.go_on(
        by=by, plan_id=row.pk, seen_lock=row.lock, begins=more.pop("begins", "today"), note=note, **more
    )


def return_home(
    by: Actor,
    plan: Plan,
    *said: str,
    since: date | None = None,
    as_agreed: bool | None = None,
    **more: Any,
) -> UUID:
    """Record that a patient is back from hospital; on the dose before the stay unless told otherwise."""
    row = plan_row(plan.pk)
    today = clock.today(row.patient.zone)
    regimen = doses(*said) if said else taken.planned_on(by, row.pk, today)
    back = going_on.Return(regimen, since or today, more.pop("told_by", "ward"), **more)
    return going_on.go_on(
        by=by,
        plan_id=row.pk,
        seen_lock=row.lock,
        begins="today",
        note="Home again.",
        back=back,
        as_agreed=as_agreed,
    )
