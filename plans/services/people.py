"""Patients: adding and changing records, and confirming addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.domain.json import Facts
from plans.domain.link_policy import LinkAct
from plans.domain.people import (
    CareState,
    EmailState,
    MailState,
    PatientData,
    check_whole,
)
from plans.models import LIVE_STATES, Clinic, Patient, Plan
from plans.services import audit, clock, documents, links, messages, outbox
from plans.services.access import get_clinic_for, get_patient_for
from plans.services.actors import Actor, May, patient_actor
from plans.services.checkins import ladder, occasions
from plans.services.links import LinkView
from plans.services.patient_cards import (
    PatientCard,
    age_on,
    card_of,
    data_of,
    facts_of,
    patient_card,
    sort_key,
)
from plans.services.patient_mail import ask_to_confirm

__all__ = [
    "Likeness",
    "PatientCard",
    "add_many",
    "age_on",
    "by_record_no",
    "card_of",
    "columns_of",
    "confirm_email",
    "create_patient",
    "data_of",
    "facts_of",
    "likenesses",
    "patient_card",
    "sort_key",
    "update_patient",
]

# Printed on documents: a change redraws the current ones.
_PRINTED: Final = frozenset({"name", "record_no", "born", "country", "language"})
# Fields whose new value the audit trail may quote; for the others it says only that they changed.
_QUOTED: Final = frozenset(
    {"zone", "country", "language", "contact_how", "checkin_weekday", "checkin_time", "record_no"}
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another patient who may be the same person or shares the mailbox. `code`: same_person or shared_mailbox."""

    code: str
    patient_id: UUID
    name: str
    record_no: str


def likenesses(actor: Actor, data: PatientData, *, but: UUID | None = None) -> tuple[Likeness, ...]:
    """Patients of the clinic with the same name and date of birth, or with the same address."""
    others = Patient.objects.filter(clinic=get_clinic_for(actor)).order_by("sort_key", "id")
    if but is not None:
        others = others.exclude(pk=but)
    found = [("same_person", row) for row in others.filter(sort_key=sort_key(data.name), born=data.born)[:5]]
    if data.email:
        found += [("shared_mailbox", row) for row in others.filter(email__iexact=data.email)[:5]]
    return tuple(Likeness(code, row.pk, row.name, row.record_no) for code, row in found)


def by_record_no(actor: Actor, record_no: str) -> UUID:
    """The patient of the actor's clinic with a record number. Raises NotFound."""
    rows = Patient.objects.filter(clinic=get_clinic_for(actor), record_no__iexact=record_no.strip())
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(what="patient")
    return found


def columns_of(data: PatientData) -> dict[str, object]:
    """A record as the fields of a patient's row hold it; for services."""
    values = {name: getattr(data, name) for name in PatientData.__dataclass_fields__}
    return {
        **values,
        "sort_key": sort_key(data.name),
        "contact_how": data.contact_how.value,
        "person_to_call": asdict(data.person_to_call) if data.person_to_call.name else {},
        "conditions": list(data.conditions),
        "substances": list(data.substances),
        "medicines": list(data.medicines),
        "to_ask": list(data.to_ask),
    }


def _check(clinic: Clinic, data: PatientData) -> None:
    check_whole(data, clock.today(clinic.zone))


def _record_no_taken(clinic: Clinic, data: PatientData, but: UUID | None = None) -> None:
    same = Patient.objects.filter(clinic=clinic, record_no__iexact=data.record_no)
    other = (same if but is None else same.exclude(pk=but)).first()
    if other is not None:
        raise Refused(reason="record_no_taken", where="record_no", name=other.name)


def create_patient(*, by: Actor, data: PatientData) -> UUID:
    """Add a patient; with an address, the message that asks to confirm it goes out.

    Raises what `check_whole` raises and Refused("record_no_taken").
    """
    clinic = get_clinic_for(by, May.EDIT_PATIENT)
    if by.user_id is None:
        raise NotAllowed(may=May.EDIT_PATIENT.value)
    _check(clinic, data)
    now = clock.now()
    try:
        with transaction.atomic():
            _record_no_taken(clinic, data)
            patient = new_row(by, clinic, data, now)
            patient.owner_id = by.user_id if by.may(May.PLAN) else None
            patient.save(force_insert=True)
            audit.record(
                by=by,
                act="patient.added",
                subject_kind="patient",
                subject_id=patient.pk,
                patient_id=patient.pk,
                at=now,
            )
            if data.email:
                ask_to_confirm(patient, now)
    except IntegrityError as clash:
        # Somebody else added the same record number at the same moment.
        raise Refused(reason="record_no_taken", where="record_no", name="") from clash
    return patient.pk


def new_row(by: Actor, clinic: Clinic, data: PatientData, now: datetime) -> Patient:
    """The row of a new patient, whose address nobody has confirmed; not written yet. For services."""
    return Patient(
        clinic=clinic,
        **columns_of(data),
        email_state=(EmailState.UNCONFIRMED if data.email else EmailState.NONE).value,
        consent_by_id=by.user_id if data.consent_version else None,
        created_at=now,
        created_by_id=by.member_id,
    )


def add_many(*, by: Actor, records: Sequence[tuple[PatientData, UUID | None]], facts: Facts) -> list[Patient]:
    """Add patients in the caller's transaction, in three statements however many; no message goes out.

    Each comes with the key of its owner, whose place the caller holds (`owners.hold`), or None: whoever brings a
    caseload over looks after none of it by that. An address is asked for when the first plan is issued. `facts` are
    added to each patient's event. Raises Refused("record_no_taken") if a number was given meanwhile, and what
    `check_whole` raises.
    """
    clinic = get_clinic_for(by, May.MANAGE)
    now = clock.now()
    rows = []
    for data, owner_id in records:
        _check(clinic, data)
        row = new_row(by, clinic, data, now)
        row.owner_id = owner_id
        rows.append(row)
    try:
        with transaction.atomic():
            patients = Patient.objects.bulk_create(rows)
    except IntegrityError as clash:
        raise Refused(reason="record_no_taken", where="record_no", name="") from clash
    audit.record_all(
        audit.Event(
            by=by,
            act="patient.added",
            subject_kind="patient",
            subject_id=patient.pk,
            patient_id=patient.pk,
            facts={**facts, "owner": str(patient.owner_id)} if patient.owner_id else facts,
            at=now,
        )
        for patient in patients
    )
    return patients


@transaction.atomic
def update_patient(*, by: Actor, patient_id: UUID, seen_version: int, data: PatientData) -> None:
    """Change a patient's record. A new address must be confirmed, and every older link ends.

    Raises Stale if somebody saved the record since the form was made, and what `create_patient` raises.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    if patient.version != seen_version:
        raise Stale(what="patient", version=patient.version)
    _check(patient.clinic, data)
    _record_no_taken(patient.clinic, data, but=patient.pk)
    now = clock.now()
    new = columns_of(data)
    changed = sorted(
        name for name, value in new.items() if getattr(patient, name) != value and name != "sort_key"
    )
    if not changed:
        return
    for name, value in new.items():
        setattr(patient, name, value)
    patient.version += 1
    if "consent_version" in changed or "consent_on" in changed:
        patient.consent_by_id = by.user_id if data.consent_version else None
    if "email" in changed:
        _new_address(patient, data.email, now)
    try:
        with transaction.atomic():
            patient.save()
    except IntegrityError as clash:
        # Somebody gave another patient this number since the check.
        raise Refused(reason="record_no_taken", where="record_no", name="") from clash
    if {"zone", "checkin_weekday", "checkin_time", "close_watch", "contact_how"} & set(changed):
        _reschedule(patient, now)
    if "email" in changed and data.email:
        ask_to_confirm(patient, now)
    if _PRINTED & set(changed):
        documents.redraw(patient, now, all_kinds=True)
    audit.record(
        by=by,
        act="patient.changed",
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        facts={"fields": changed, "new": {name: str(new[name]) for name in changed if name in _QUOTED}},
        at=now,
    )


def _new_address(patient: Patient, email: str, now: datetime) -> None:
    patient.email_state = (EmailState.UNCONFIRMED if email else EmailState.NONE).value
    patient.email_confirmed_at = None
    links.revoke_all(patient)
    outbox.cancel_pending(patient=patient, why="address_changed", notices=("confirm_address",), now=now)


def _reschedule(patient: Patient, now: datetime) -> None:
    """Reschedule future check-ins for changed data, and queue messages of open ones again if they may be sent again."""
    for plan in Plan.objects.filter(patient=patient, state__in=LIVE_STATES):
        occasions.schedule_occasions(plan, now=now)
    if patient.care_state == CareState.IN_CARE.value and patient.mail_state == MailState.ON.value:
        ladder.put_back(patient, now=now)


@transaction.atomic
def confirm_email(link: LinkView) -> bool:
    """Confirm the address behind a confirmation link, and release messages that waited for it.

    True the first time; opening it again changes nothing. Raises Refused("link_over") for an invalid link.
    """
    if not links.may(link, LinkAct.CONFIRM, device=""):
        raise Refused(reason="link_over")
    patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
    if patient.email_state != EmailState.UNCONFIRMED.value:
        return False
    now = clock.now()
    patient.email_state, patient.email_confirmed_at = EmailState.CONFIRMED.value, now
    patient.version += 1
    patient.save(update_fields=["email_state", "email_confirmed_at", "version"])
    messages.resume(patient, now)
    audit.record(
        by=patient_actor(patient.pk, patient.clinic_id),
        act="patient.address_confirmed",
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        at=now,
    )
    return True
