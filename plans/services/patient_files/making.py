"""Making a patient's file: what another installation needs to go on, signed with the key that both have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.domain.checkins.states import DONE, OccasionState
from plans.domain.documents.states import DocumentState
from plans.domain.errors import Refused
from plans.domain.json import JsonObject
from plans.domain.patient_file import archive
from plans.domain.patient_file.signature import PartnerKey, fingerprint
from plans.domain.people import CareState
from plans.models import (
    AuditEvent,
    CheckIn,
    Document,
    DoseMark,
    Occasion,
    Patient,
    Plan,
    PlanVersion,
    TakenDose,
)
from plans.services import audit, clock, consents, people
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.documents import files
from plans.services.documents.variant import Variant
from plans.services.plans import versions
from plans.services.review.of_patient import open_items
from plans.services.review.queries import QueueRow
from plans.wording import documents as document_words
from plans.wording.audit import act_words, actor_words
from plans.wording.flags import flag_sentence
from plans.wording.review import source_words

_ACT: Final = "patient.file_made"
_DOCUMENT_BYTES: Final = 4_000_000
"""All documents together: the record needs the rest of the file."""
_HISTORY: Final = 20_000
"""The newest lines; nobody reads more."""


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file to hand over: its bytes, a name that says nothing of the patient, and its fingerprint."""

    content: bytes
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class FileMade:
    """A file that was made before: when, by whom, for which installation ("" for none named), its fingerprint."""

    at: datetime
    by: str
    partner: str
    fingerprint: str


def partners() -> tuple[str, ...]:
    """The installations with which a key is shared, by name."""
    return tuple(key.name for key in settings.PARTNER_KEYS)


def _key(name: str) -> PartnerKey | None:
    if not name:
        return None
    found = next((key for key in settings.PARTNER_KEYS if key.name == name), None)
    if found is None:
        raise Refused(reason="not_a_partner", where="partner")
    return found


@transaction.atomic
def make(*, by: Actor, patient_id: UUID, partner: str = "") -> MadeFile:
    """Make a patient's file for another installation, signed with the key shared with `partner` if one is named.

    Nothing of the patient changes here: care ends when somebody records it. Raises NotFound, NotAllowed, Refused:
    not_a_partner, in_hospital, documents_away, no_consent_part2; BadPatientFile(too_large).
    """
    patient = get_patient_for(by, patient_id, May.PLAN, lock=True)
    if patient.care_state == CareState.ADMITTED.value:
        raise Refused(reason="in_hospital")
    consents.check_disclosure(patient)
    key, now = _key(partner), clock.now()
    titles, documents = _documents(patient)
    record: JsonObject = {
        "origin": str(patient.pk),
        "clinic": {"name": patient.clinic.name, "phone": patient.clinic.phone},
        "made_at": now.isoformat(),
        "made_by": by.name,
        "patient": _plain(asdict(people.data_of(people.card_of(patient)))),
        "plans": [_plan(plan) for plan in _plans(patient)],
        "history": list(_history(patient)),
        "open_items": [_item(row) for row in open_items(by, patient.pk)],
        "documents": titles,
    }
    content = archive.pack(record, documents, key)
    mark = fingerprint(archive.unpack(content).text)
    audit.record(
        by=by,
        act=_ACT,
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        facts={"clinic": partner, "file": mark},
        at=now,
    )
    return MadeFile(content, f"{clock.today(patient.zone).isoformat()}-patient.zip", mark)


def files_made(actor: Actor, patient_id: UUID) -> tuple[FileMade, ...]:
    """The files that were made of a patient, newest first. Raises NotFound."""
    patient = get_patient_for(actor, patient_id)
    rows = AuditEvent.objects.filter(patient_id=patient.pk, clinic_id=actor.home, act=_ACT).order_by("-id")[
        :20
    ]
    return tuple(FileMade(row.at, row.actor_name, row.facts["clinic"], row.facts["file"]) for row in rows)


def _plans(patient: Patient) -> Iterator[Plan]:
    """The plans that were issued, oldest first."""
    rows = Plan.objects.filter(patient=patient).exclude(active_version=None).order_by("created_at", "id")
    yield from rows


def _documents(patient: Patient) -> tuple[list[str], list[bytes]]:
    """The documents of the live plan that are drawn, with their titles, as far as they fit."""
    rows = Document.objects.filter(patient=patient, state=DocumentState.READY).select_related(
        "version", "plan"
    )
    titles: list[str] = []
    found: list[bytes] = []
    for row in rows.order_by("kind", "variant", "-published_at"):
        if row.version_id != row.plan.active_version_id or len(found) >= archive.MOST_DOCUMENTS:
            continue
        try:
            content = files.read(row.file)
        except files.StoreAway as error:
            raise Refused(reason="documents_away") from error
        if content is None or files.digest(content) != row.sha256:
            continue
        if sum(map(len, found)) + len(content) <= _DOCUMENT_BYTES:
            look = Variant.read(row.variant)
            titles.append(f"{document_words.title(row.kind, look.day)} ({look.language})")
            found.append(content)
    return titles, found


def _plan(plan: Plan) -> JsonObject:
    occasions = list(
        Occasion.objects.filter(plan=plan, state__in=(OccasionState.ANSWERED, OccasionState.MISSED)).order_by(
            "due_at", "id"
        )
    )
    place = {row.pk: n for n, row in enumerate(occasions)}
    responses = CheckIn.objects.filter(plan=plan, state__in=DONE).order_by("started_at", "id")
    written = PlanVersion.objects.filter(plan=plan).order_by("number")
    fields = ("state", "state_at", "created_at", "held_until", "review_on", "ended_because", "ended_on")
    return {
        **_row(plan, fields),
        "versions": [_version(row) for row in written],
        "occasions": [_row(row, _OCCASION) for row in occasions],
        "responses": [
            {
                **_row(row, _RESPONSE),
                "asked": row.form_version,
                "occasion": place.get(row.occasion_id) if row.occasion_id else None,
            }
            for row in responses
        ],
        "marks": [_row(row, _MARK) for row in DoseMark.objects.filter(plan=plan).order_by("on", "id")],
        "taken": [
            _row(row, _TAKEN) for row in TakenDose.objects.filter(plan=plan).order_by("recorded_at", "id")
        ],
    }


_OCCASION: Final = (
    "purpose", "form", "local_date", "local_time", "zone", "due_at", "closes_at", "state",
)  # fmt: skip
_RESPONSE: Final = (
    "form", "state", "answers", "scores", "late", "local_date", "started_at", "saved_at", "submitted_at",
)  # fmt: skip
_MARK: Final = ("on", "time", "drug", "how", "marked_at")
_TAKEN: Final = (
    "regimen", "from_day", "told_by", "note", "recorded_at", "last_day", "ended_how", "ended_at", "end_note",
)  # fmt: skip
_VERSION: Final = (
    "number", "kind", "note", "canonical", "sha256", "from_day", "made_on", "issued_at", "replaced_at",
)  # fmt: skip


def _version(row: PlanVersion) -> JsonObject:
    return {**_row(row, _VERSION), "issued_by": versions.issuer(row)}


def _row(row: object, names: tuple[str, ...]) -> JsonObject:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: object) -> object:
    """A value as JSON: dates and times as text."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _history(patient: Patient) -> Iterator[JsonObject]:
    """The history as sentences, newest first."""
    rows = AuditEvent.objects.filter(patient_id=patient.pk).order_by("-id")[:_HISTORY]
    for row in rows:
        yield {
            "at": row.at.isoformat(),
            "who": actor_words(row.actor_kind, row.actor_name),
            "what": str(act_words(row.act, row.facts)),
        }


def _item(row: QueueRow) -> str:
    first = next(iter(row.flags), None)
    return (
        flag_sentence(first.rule, first.facts) if first is not None else source_words(row.source, row.facts)
    )
