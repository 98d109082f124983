"""Asking for a copy, handing it over, fetching it, and ending it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.errors import NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.domain.notices import COPY_READY, RECORD_COPY
from plans.domain.review.outcomes import Callee
from plans.domain.rights.copies import UNDER_WAY, CopyNote, CopyState
from plans.domain.which import which
from plans.models import Patient, Plan, RecordCopy, RecordCopyPiece, ReviewEvent, TakenDose
from plans.services import audit, clock, letters, links, outbox, sealing
from plans.services.access import get_patient_for, get_record_copy_for
from plans.services.actors import Actor, May, patient_actor
from plans.services.care import live_plan
from plans.services.from_row import from_row
from plans.services.links import LinkView
from plans.services.record_copies.writing import PURPOSE, place
from plans.services.review.review_items import open_item

_SHOWN: Final = 20
_BY_OTHERS: Final = ("carer", "ward", "pharmacy", "gp", "other")
"""Who may have said what a note holds, besides the patient (TakenDose.told_by)."""
_NAME: Final = "record-copy.zip"


@dataclass(frozen=True, slots=True)
class CopyView:
    """A copy as staff see it. `percent`: how much of it is made."""

    id: UUID
    state: str
    asked_at: datetime
    asked_by: str
    size: int
    sha256: str
    ready_at: datetime | None
    expires_at: datetime | None
    handed_at: datetime | None
    percent: int

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(CopyState, self.state)


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note that may hold what somebody else said in confidence."""

    kind: CopyNote
    id: UUID
    at: datetime
    text: str

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.kind.value}:{self.id}"


@dataclass(frozen=True, slots=True)
class CopyFile:
    """A finished copy: a name that says nothing of the patient, its size, and its bytes, piece by piece."""

    name: str
    size: int
    pieces: Iterator[bytes]


@transaction.atomic
def ask(*, by: Actor, patient_id: UUID, withheld: Sequence[str] = ()) -> UUID:
    """Have a copy made; returns its key. While one is being made, that one: asking twice is asking once.

    `withheld`: keys of `notes` that are left out because somebody else said them in confidence. A newer copy ends the
    one before. Raises NotFound and NotAllowed.
    """
    patient = get_patient_for(by, patient_id, May.PLAN, lock=True)
    standing = RecordCopy.objects.filter(patient=patient, state__in=UNDER_WAY).first()
    if standing is not None:
        return standing.pk
    known = {one.key: [one.kind.value, str(one.id)] for one in _notes(patient)}
    now = clock.now()
    _end(Q(patient=patient, state=CopyState.READY))
    row = RecordCopy.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        asked_at=now,
        asked_by_id=by.member_id,
        withheld=[known[key] for key in withheld if key in known],
    )
    outbox.put(
        notice=RECORD_COPY,
        key=f"record_copy:{row.pk}",
        clinic_id=patient.clinic_id,
        now=now,
        patient=patient,
        facts={"copy": str(row.pk)},
    )
    _record(patient, by, "patient.copy_asked", row.pk)
    return row.pk


def copies(actor: Actor, patient_id: UUID) -> tuple[CopyView, ...]:
    """The newest copies of a patient. Raises NotFound and NotAllowed."""
    patient = get_patient_for(actor, patient_id, May.PLAN)
    rows = RecordCopy.objects.filter(patient=patient).select_related("asked_by")
    return tuple(_view(row) for row in rows.order_by("-asked_at", "-id")[:_SHOWN])


def _view(row: RecordCopy) -> CopyView:
    percent = 100 * row.step_now // row.steps_all if row.steps_all else 0
    return from_row(CopyView, row, asked_by=row.asked_by.name, percent=percent)


def notes(actor: Actor, patient_id: UUID) -> tuple[NoteView, ...]:
    """The notes that may hold what somebody else said, newest first. Raises NotFound and NotAllowed."""
    found = _notes(get_patient_for(actor, patient_id, May.PLAN))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _notes(patient: Patient) -> Iterator[NoteView]:
    told = TakenDose.objects.filter(patient=patient, told_by__in=_BY_OTHERS).exclude(note="")
    for taken in told:
        yield NoteView(CopyNote.TAKEN, taken.pk, taken.recorded_at, taken.note)
    called = ReviewEvent.objects.filter(item__patient=patient, kind="called").exclude(note="")
    for event in called.exclude(facts__callee=Callee.PATIENT.value):
        yield NoteView(CopyNote.EVENT, event.pk, event.at, event.note)


def open_copy(*, by: Actor, copy_id: UUID) -> CopyFile:
    """A finished copy for a member of staff to hand over. Raises NotFound, NotAllowed and Refused: not_ready,
    copy_gone."""
    row = get_record_copy_for(by, copy_id)
    with transaction.atomic():
        _record(row.patient, by, "patient.copy_fetched", row.pk)
    return _opened(row)


@transaction.atomic
def hand_over(*, by: Actor, copy_id: UUID) -> None:
    """Put a finished copy on the patient's page, behind the second fact, and tell them by a message that does not say
    what it is. Raises NotFound, NotAllowed and Refused: not_ready, copy_gone, unconfirmed, no_page."""
    row = get_record_copy_for(by, copy_id, lock=True)
    _check_ready(row)
    if why := letters.why_not_by_message(row.patient):
        raise Refused(reason=why)
    if row.handed_at is not None:
        return
    now = clock.now()
    row.handed_at, row.handed_by_id = now, by.member_id
    row.save(update_fields=["handed_at", "handed_by"])
    outbox.put(
        notice=COPY_READY,
        key=f"{COPY_READY}:{row.pk}",
        clinic_id=row.clinic_id,
        now=now,
        patient=row.patient,
        plan=live_plan(row.patient),
    )
    _record(row.patient, by, "patient.copy_handed", row.pk)


@dataclass(frozen=True, slots=True)
class CopyForPatient:
    """What a patient's page says of copies: whether the clinic was asked, and the one that can be fetched."""

    asked: bool
    id: UUID | None
    size: int
    expires_at: datetime | None


def of_link(link: LinkView, *, device: str) -> CopyForPatient:
    """The copy that the patient behind a link can fetch. Raises what `links.check` raises."""
    links.check(link, LinkAct.COPY, device=device)
    patient = Patient.objects.get(pk=link.patient_id)
    row = _handed(link.patient_id)
    waits = patient.items.filter(source_key=_asked_key(patient)).exclude(resolved_at__isnull=False).exists()
    zone = clock.zone_of(patient.zone)
    ends = row.expires_at.astimezone(zone) if row is not None and row.expires_at is not None else None
    return CopyForPatient(waits, row.pk if row else None, row.size if row else 0, ends)


@transaction.atomic
def ask_clinic(link: LinkView, *, device: str) -> None:
    """The patient asks the clinic for a copy: an item says so. Asking again, while it is open, changes nothing.

    Raises what `links.check` raises.
    """
    links.check(link, LinkAct.COPY, device=device)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
    if patient.items.filter(source_key=_asked_key(patient), resolved_at=None).exists():
        return
    open_item(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=Plan.objects.filter(pk=link.plan_id).first() if link.plan_id else None,
        source="rights",
        source_key=_asked_key(patient),
        priority="routine",
        facts={"code": "copy_asked"},
        now=clock.now(),
    )
    _record(patient, patient_actor(patient.pk, patient.clinic_id), "patient.copy_wanted", patient.pk)


def fetch(link: LinkView, *, device: str) -> CopyFile:
    """The copy on a patient's page. Raises NotFound without one, Refused(copy_gone), and what `links.check` raises."""
    links.check(link, LinkAct.COPY, device=device)
    row = _handed(link.patient_id)
    if row is None:
        raise NotFound(what="copy")
    with transaction.atomic():
        _record(row.patient, patient_actor(link.patient_id, row.clinic_id), "patient.copy_fetched", row.pk)
    return _opened(row)


def _handed(patient_id: UUID) -> RecordCopy | None:
    rows = RecordCopy.objects.filter(patient_id=patient_id, state=CopyState.READY, handed_at__isnull=False)
    return rows.filter(expires_at__gt=clock.real_now()).select_related("patient").first()


def _asked_key(patient: Patient) -> str:
    return f"copy_asked:{patient.pk}"


def _check_ready(row: RecordCopy) -> None:
    if row.state in UNDER_WAY or row.state == CopyState.FAILED:
        raise Refused(reason="not_ready")
    if row.state == CopyState.ENDED or row.expires_at is None or row.expires_at <= clock.real_now():
        raise Refused(reason="copy_gone")


def _opened(row: RecordCopy) -> CopyFile:
    _check_ready(row)
    return CopyFile(_NAME, row.size, _pieces(row.pk, row.pieces))


def _pieces(copy_id: UUID, count: int) -> Iterator[bytes]:
    for number in range(1, count + 1):
        piece = RecordCopyPiece.objects.filter(copy_id=copy_id, number=number).first()
        if piece is None:
            raise NotFound(what="piece")
        content = sealing.unseal(bytes(piece.sealed), purpose=PURPOSE, context=place(copy_id, number))
        if content is None:
            raise NotFound(what="piece")
        yield content


def forget() -> int:
    """Delete copies whose time is over; returns how many."""
    return _end(Q(state=CopyState.READY, expires_at__lte=clock.real_now()))


def end_of(patient: Patient) -> int:
    """Delete every copy of a patient, also one that is being made; for services, in their transaction."""
    return _end(Q(patient=patient, state__in=(*UNDER_WAY, CopyState.READY, CopyState.FAILED)))


def _end(which_ones: Q) -> int:
    with transaction.atomic():
        rows = RecordCopy.objects.select_for_update(no_key=True).filter(which_ones)
        keys = list(rows.values_list("pk", flat=True))
        RecordCopyPiece.objects.filter(copy_id__in=keys).delete()
        return RecordCopy.objects.filter(pk__in=keys).update(
            state=CopyState.ENDED, pieces=0, size=0, sha256="", expires_at=None
        )


def _record(patient: Patient, by: Actor, act: str, key: UUID) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="record_copy",
        subject_id=key,
        clinic_id=patient.clinic_id,
        patient_id=patient.pk,
    )
