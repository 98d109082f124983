"""An uploaded file of a patient: kept for a day, shown with what it would make, and opened again once it was read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.domain.errors import NotFound, Refused
from plans.domain.patient_file import archive
from plans.domain.patient_file import record as records
from plans.domain.patient_file.archive import Archive
from plans.domain.patient_file.problems import BadPatientFile
from plans.domain.patient_file.record import FileRecord, HistoryLine
from plans.domain.patient_file.signature import SignatureState, check
from plans.domain.patient_file.states import PatientFileState
from plans.domain.regimen import DayDose
from plans.domain.which import which
from plans.models import Clinic, Patient, PatientFile
from plans.services import clock, formulary
from plans.services.access import get_clinic_for, get_patient_file_for
from plans.services.actors import Actor, May
from plans.services.patient_cards import sort_key
from plans.wording.plans import version_story
from plans.wording.taper import reason_words

KEPT_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FileView:
    """A patient's file as pages show it.

    `signature` and `partner`: who can have made it. `drugs`, `versions`, `live`: of the plan that would go on, if any.
    `not_stocked`: how many products of it this clinic does not stock. `namesakes`: record numbers of patients here with
    the name and date of birth. `patient_id`: whom it became.
    """

    id: UUID
    state: str
    signature: str
    partner: str
    clinic: str
    phone: str
    made_at: datetime
    made_by: str
    name: str
    born: date
    record_no: str
    zone: str
    drugs: tuple[str, ...]
    live: bool
    plans: int
    versions: int
    answered: int
    documents: tuple[str, ...]
    open_items: tuple[str, ...]
    history: tuple[HistoryLine, ...]
    not_stocked: int
    namesakes: tuple[str, ...]
    number_taken: bool
    patient_id: UUID | None

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(PatientFileState, self.state)

    @property
    def signature_is(self) -> Mapping[str, bool]:
        """What its signature says, for templates."""
        return which(SignatureState, self.signature)


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file in the list of those that were not read yet."""

    id: UUID
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file's row unpacked: what it holds, and what its signature says."""

    archive: Archive
    record: FileRecord
    signature: SignatureState
    partner: str


def opened(raw: bytes) -> OpenedFile:
    """A file unpacked and read. Raises BadPatientFile, also for one whose signature is broken: it was changed."""
    found = archive.unpack(raw)
    state, name = check(found.text, mark=found.mark, signature=found.signature, keys=settings.PARTNER_KEYS)
    if state is SignatureState.BROKEN:
        raise BadPatientFile(why="changed")
    record = records.read(found.record)
    _check_said(record)
    return OpenedFile(found, record, state, name)


def _check_said(record: FileRecord) -> None:
    """Raise BadPatientFile for a version whose story cannot be told: no page of the plan could be shown."""
    for plan in record.plans:
        for version in plan.versions:
            first = version.read.schedule.step_at(version.from_day)
            try:
                version_story(
                    version.kind,
                    version.read.extra.get("story", {}),
                    first.day if first is not None else DayDose(),
                )
                for reason in version.read.reasons:
                    reason_words(reason)
            except Exception as fault:
                raise BadPatientFile(why="not_whole", where="plans.versions.canonical") from fault


@transaction.atomic
def upload(*, by: Actor, raw: bytes) -> UUID:
    """Keep a file for a day, if it can be read; the same file again is the same row. Nothing is made.

    Raises NotAllowed, BadPatientFile, and Refused("read_already") with `patient` for somebody who came with a file.
    """
    clinic = get_clinic_for(by, May.PLAN, lock=True)
    found = opened(raw)
    check_new(clinic, found.record)
    digest = hashlib.sha256(found.archive.text).hexdigest()
    standing = PatientFile.objects.filter(clinic=clinic, digest=digest, state=PatientFileState.BEING_CHECKED)
    row = standing.first() or PatientFile(
        clinic=clinic, digest=digest, origin=found.record.origin, created_by_id=by.member_id
    )
    row.content, row.created_at, row.expires_at = raw, clock.now(), clock.real_now() + KEPT_FOR
    row.save()
    return row.pk


def check_new(clinic: Clinic, record: FileRecord) -> None:
    """Raise Refused("read_already") for a person who came to this clinic with a file before, or who is here anyway."""
    read = PatientFile.objects.filter(
        clinic=clinic, origin=record.origin, state=PatientFileState.READ
    ).first()
    here = Patient.objects.filter(clinic=clinic, pk=record.origin).first()
    patient_id = read.patient_id if read is not None else here.pk if here is not None else None
    if patient_id is not None:
        raise Refused(reason="read_already", patient=str(patient_id))


def patient_file(actor: Actor, file_id: UUID) -> FileView:
    """A file of the actor's clinic, with what reading it would make. Raises NotFound, also after its day is over."""
    row = get_patient_file_for(actor, file_id)
    found = opened(bytes(row.content))
    record, live = found.record, found.record.live
    last = live or next(iter(reversed(record.plans)), None)
    clinic = row.clinic
    waits = row.state == PatientFileState.BEING_CHECKED.value
    return FileView(
        id=row.pk,
        state=row.state,
        signature=found.signature.value,
        partner=found.partner,
        clinic=record.clinic,
        phone=record.phone,
        made_at=record.made_at,
        made_by=record.made_by,
        name=record.data.name,
        born=record.data.born,
        record_no=record.data.record_no,
        zone=record.data.zone,
        drugs=last.active.read.schedule.drugs if last is not None else (),
        live=live is not None,
        plans=len(record.plans),
        versions=sum(len(plan.versions) for plan in record.plans),
        answered=record.answered,
        documents=record.titles,
        open_items=record.open_items,
        history=record.history,
        not_stocked=_not_stocked(record, clinic),
        namesakes=namesakes(clinic, record) if waits else (),
        number_taken=waits and same_number(clinic, record.data.record_no) is not None,
        patient_id=row.patient_id,
    )


def _not_stocked(record: FileRecord, clinic: Clinic) -> int:
    if record.live is None:
        return 0
    taken = record.live.active.read.schedule.products_taken
    return len(formulary.of_clinic(clinic).not_stocked(taken, clinic.country))


def namesakes(clinic: Clinic, record: FileRecord) -> tuple[str, ...]:
    """The record numbers of the clinic's patients with the name and date of birth of a file's."""
    same = Patient.objects.filter(clinic=clinic, sort_key=sort_key(record.data.name), born=record.data.born)
    return tuple(same.order_by("id").values_list("record_no", flat=True)[:5])


def same_number(clinic: Clinic, record_no: str) -> Patient | None:
    """The clinic's patient with this record number."""
    return Patient.objects.filter(clinic=clinic, record_no__iexact=record_no).first()


def patient_files(actor: Actor) -> tuple[WaitingFile, ...]:
    """The files of the actor's clinic that were not read yet, newest first."""
    clinic = get_clinic_for(actor, May.PLAN)
    rows = PatientFile.objects.filter(
        clinic=clinic, state=PatientFileState.BEING_CHECKED, expires_at__gt=clock.real_now()
    )
    rows = rows.defer("content").select_related("created_by").order_by("-created_at")[:20]
    return tuple(WaitingFile(row.pk, row.created_at, row.created_by.name) for row in rows)


def document(actor: Actor, file_id: UUID, number: int) -> bytes:
    """A document of a file by its number, from 1. Raises NotFound."""
    found = opened(bytes(get_patient_file_for(actor, file_id).content)).archive.documents
    if not 1 <= number <= len(found):
        raise NotFound(what="document")
    return found[number - 1]


@transaction.atomic
def discard(*, by: Actor, file_id: UUID) -> None:
    """Delete a file that was not read. Raises NotFound, NotAllowed, Refused("read_already")."""
    row = get_patient_file_for(by, file_id, May.PLAN, lock=True)
    if row.state == PatientFileState.READ.value:
        raise Refused(reason="read_already", patient=str(row.patient_id))
    row.delete()


def forget() -> int:
    """Delete the files that nobody has read within their day; returns how many."""
    gone, _by_model = PatientFile.objects.filter(expires_at__lte=clock.real_now()).delete()
    return gone
