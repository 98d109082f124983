"""Making the patient whom a file describes: record, plans with every version as issued, answers, marks, doses taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from plans.domain.checkins.states import OccasionState
from plans.domain.errors import Refused
from plans.domain.patient_file.record import FilePlan, FileRecord
from plans.domain.patient_file.signature import SignatureState, fingerprint, same_fingerprint
from plans.domain.patient_file.states import PatientFileState
from plans.domain.people import check_whole
from plans.domain.taper import dose_records
from plans.domain.taper.plan_states import PlanState
from plans.models import (
    ON_PAPER_STATES,
    CheckIn,
    CheckInRevision,
    Clinic,
    DoseMark,
    Occasion,
    Patient,
    Plan,
    PlanVersion,
    TakenDose,
)
from plans.services import audit, clock, documents, owners, people, rota
from plans.services.access import get_clinic_for, get_patient_file_for
from plans.services.actors import Actor, May
from plans.services.checkins import occasions
from plans.services.moving.following import say_what_differs
from plans.services.patient_files.reading import check_new, namesakes, opened, same_number
from plans.services.patient_mail import ask_to_confirm
from plans.services.plans import versions


@dataclass(frozen=True, slots=True)
class Entering:
    """What whoever reads a file says.

    `fingerprint`: as the clinic that made it read it out, needed for a signature that nobody here can check. `looked`:
    a patient here of the same name and date of birth is somebody else.
    """

    record_no: str
    zone: str
    fingerprint: str = ""
    looked: bool = False


@transaction.atomic
def enter(*, by: Actor, file_id: UUID, asked: Entering) -> UUID:
    """Make the patient of a file, who is the actor's from now on; returns their key. One transaction, or nothing.

    The plan goes on as it was issued, in the name of whoever reads it; who issued each version stays in its text.
    Consent was given elsewhere and is not taken over, and the address counts as unconfirmed. Raises NotFound,
    NotAllowed, BadPatientFile; Refused: read_already (`patient`), fingerprint_wrong, record_no_taken (`name`),
    same_person, no_on_call, and what `check_whole` raises.
    """
    clinic = get_clinic_for(by, May.PLAN, lock=True)
    owners.hold_place(by, by.member_id)
    row = get_patient_file_for(by, file_id, May.PLAN, lock=True)
    if row.state == PatientFileState.READ.value:
        raise Refused(reason="read_already", patient=str(row.patient_id))
    found = opened(bytes(row.content))
    record = found.record
    check_new(clinic, record)
    if found.signature is SignatureState.UNKNOWN and not same_fingerprint(
        asked.fingerprint, found.archive.text
    ):
        raise Refused(reason="fingerprint_wrong", where="fingerprint")
    _check_person(clinic, record, asked)
    now = clock.now()
    patient = _patient(by, clinic, record, asked, now)
    live = None
    for one in record.plans:
        plan = _plan(patient, one, by, now)
        live = plan if one.live else live
    if live is not None:
        occasions.schedule_occasions(live, now=now)
        if live.active_version is not None and live.state in ON_PAPER_STATES:
            documents.ask(live.active_version, now=now)
    if patient.email:
        ask_to_confirm(patient, now)
    row.state, row.patient, row.expires_at = PatientFileState.READ.value, patient, None
    row.save(update_fields=["state", "patient", "expires_at"])
    audit.record(
        by=by,
        act="patient.read_from_file",
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        facts={
            "clinic": record.clinic,
            "file": fingerprint(found.archive.text),
            "signature": found.signature.value,
        },
        at=now,
    )
    say_what_differs(patient, live, came_from=record.clinic, key=str(row.pk), now=now)
    return patient.pk


def _check_person(clinic: Clinic, record: FileRecord, asked: Entering) -> None:
    check_whole(replace(record.data, record_no=asked.record_no, zone=asked.zone), clock.today(clinic.zone))
    taken = same_number(clinic, asked.record_no)
    if taken is not None:
        raise Refused(reason="record_no_taken", where="record_no", name=taken.name)
    if namesakes(clinic, record) and not asked.looked:
        raise Refused(reason="same_person", where="looked")
    if record.live is not None and not rota.is_staffed(clinic, clock.now()):
        raise Refused(reason="no_on_call")


def _patient(by: Actor, clinic: Clinic, record: FileRecord, asked: Entering, now: datetime) -> Patient:
    data = replace(record.data, record_no=asked.record_no, zone=asked.zone)
    patient = people.new_row(by, clinic, data, now)
    patient.owner_id = by.member_id
    try:
        with transaction.atomic():
            patient.save(force_insert=True)
    except IntegrityError as clash:
        # Somebody gave another patient this number since the check.
        raise Refused(reason="record_no_taken", where="record_no", name="") from clash
    return patient


def _plan(patient: Patient, one: FilePlan, by: Actor, now: datetime) -> Plan:
    plan = Plan.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        # As when it is issued: a version needs its plan, and a plan its version.
        state=PlanState.DRAFT.value,
        state_at=one.state_at,
        created_at=one.created_at,
        created_by_id=by.member_id,
    )
    written: list[PlanVersion] = [
        versions.store(
            version.canonical,
            version.read.schedule,
            plan=plan,
            number=version.number,
            kind=version.kind,
            note=version.note,
            from_day=version.from_day,
            made_on=version.made_on,
            issued_at=version.issued_at,
            issued_by_id=by.member_id,
            replaced_at=version.replaced_at,
        )
        for version in one.versions
    ]
    active = one.active.read.schedule
    versions.point_at(plan, written[-1], active)
    if one.live:
        versions.draw_pages(plan, active, clock.today(patient.zone))
    plan.state, plan.held_until = one.state.value, one.held_until
    plan.ended_because, plan.ended_on = one.ended_because, one.ended_on
    plan.review_on = one.review_on or plan.review_on
    plan.lock += 1
    plan.save()
    _responses(plan, one, _occasions(plan, one))
    _doses(plan, one, by)
    return plan


def _occasions(plan: Plan, one: FilePlan) -> list[Occasion]:
    missed = OccasionState.MISSED
    return Occasion.objects.bulk_create(
        Occasion(
            clinic_id=plan.clinic_id,
            patient_id=plan.patient_id,
            plan=plan,
            purpose=asked.purpose,
            form=asked.form,
            local_date=asked.local_date,
            local_time=asked.local_time,
            zone=asked.zone,
            due_at=asked.due_at,
            closes_at=asked.closes_at,
            state=asked.state.value,
            invited_at=asked.due_at,
            settled_at=asked.closes_at if asked.state is missed else asked.due_at,
            created_at=asked.due_at,
        )
        for asked in one.occasions
    )


def _responses(plan: Plan, one: FilePlan, asked: list[Occasion]) -> None:
    rows = CheckIn.objects.bulk_create(
        CheckIn(
            clinic_id=plan.clinic_id,
            patient_id=plan.patient_id,
            plan=plan,
            occasion=asked[said.occasion] if said.occasion is not None else None,
            form=said.form,
            form_version=said.asked,
            state=said.state.value,
            answers=said.answers,
            scores=said.scores,
            revision=1,
            late=said.late,
            started_at=said.started_at,
            saved_at=said.saved_at,
            submitted_at=said.submitted_at,
            local_date=said.local_date,
        )
        for said in one.responses
    )
    CheckInRevision.objects.bulk_create(
        CheckInRevision(checkin=row, number=1, answers=row.answers, saved_at=row.saved_at) for row in rows
    )


def _doses(plan: Plan, one: FilePlan, by: Actor) -> None:
    DoseMark.objects.bulk_create(
        DoseMark(
            clinic_id=plan.clinic_id,
            patient_id=plan.patient_id,
            plan=plan,
            on=mark.on,
            time=mark.time,
            drug=mark.drug,
            how=mark.how,
            marked_at=mark.marked_at,
        )
        for mark in one.marks
    )
    TakenDose.objects.bulk_create(
        TakenDose(
            clinic_id=plan.clinic_id,
            patient_id=plan.patient_id,
            plan=plan,
            regimen=dose_records.to_rows(row.regimen),
            from_day=row.from_day,
            told_by=row.told_by,
            note=row.note,
            recorded_at=row.recorded_at,
            recorded_by_id=by.member_id,
            last_day=row.last_day,
            ended_how=row.ended_how,
            ended_at=row.ended_at,
            ended_by_id=by.member_id if row.ended_how else None,
            end_note=row.end_note,
        )
        for row in one.taken
    )
