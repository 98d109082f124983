"""What a worker needs to make a copy, and where its pieces go. `plans.dispatch.record_copies` writes the file.

Nothing of a copy is ever a file on a disk: its bytes go, a piece at a time, sealed into rows.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Model
from django.utils import translation
from django.utils.formats import date_format

from plans.domain.documents.states import DocumentState
from plans.domain.json import JsonObject
from plans.domain.outbox import WorkState
from plans.domain.rights.copies import KEPT_FOR, SCHEMA, UNDER_WAY, CopyNote, CopyState
from plans.models import (
    Document,
    PatientFile,
    RecordCopy,
    RecordCopyPiece,
    ReviewEvent,
    TakenDose,
    User,
    Work,
)
from plans.models.base import FieldPrivacy, privacy_of
from plans.services import clock, delivery, outbox, sealing
from plans.services.documents import files
from plans.services.outbox import Claim, Settlement
from plans.services.record_copies.cells import Cells, Line
from plans.services.record_copies.parts import LEFT_OUT, PARTS, CopyPart
from plans.wording import record_copy as words
from plans.wording.documents import calendar_words

PURPOSE: Final = "record copy"
PIECE: Final = 100_000
"""Bytes of a piece. A connection keeps its last hundred statements, each with its piece: a larger one would be held a
hundred times."""
_NOTES: Final[Mapping[CopyNote, type[TakenDose | ReviewEvent]]] = {
    CopyNote.TAKEN: TakenDose,
    CopyNote.EVENT: ReviewEvent,
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the record: its name in the copy, the row it belongs to, and its bytes (None if unreadable)."""

    name: str
    key: UUID
    content: bytes | None


@dataclass(slots=True)
class CopyFacts:
    """What a copy is made from. Its iterators read the database page by page."""

    copy_id: UUID
    patient_id: UUID
    language: str
    head: Mapping[str, str]
    made_at: datetime
    clinic: JsonObject
    cells: Cells
    # What somebody said in confidence, word for word.
    withheld: frozenset[str]
    names: Mapping[object, str]
    missing: list[str] = field(default_factory=list)

    def json_rows(self, part: CopyPart) -> Iterator[JsonObject]:
        """The rows of a part as `record.json` has them."""
        for row in part.rows(self.patient_id):
            yield {name: self._open(value) for name, value in plain_row(part, row).items()}

    def lines(self, part: CopyPart) -> Iterator[Line]:
        """The rows of a part as the page has them."""
        if part.say is None:
            return
        for row in part.rows(self.patient_id):
            for when, what, who in part.say(row, self.cells):
                yield when, self._said(what), who

    def attachments(self) -> Iterator[Attachment]:
        """The documents as they were issued, and files that came, one in memory at a time."""
        rows = Document.objects.filter(patient_id=self.patient_id, file__startswith=files.PREFIX)
        for row in rows.order_by("asked_at", "id"):
            content = files.read(row.file)
            whole = content if content is not None and files.digest(content) == row.sha256 else None
            yield Attachment(self.names[row.pk], row.pk, whole)
        for key in PatientFile.objects.filter(patient_id=self.patient_id).values_list("pk", flat=True):
            yield Attachment(self.names[key], key, bytes(PatientFile.objects.get(pk=key).content))

    def left_out(self) -> Iterator[tuple[str, str]]:
        """What is not in the copy, with the reason as a code."""
        for model, reason in LEFT_OUT.items():
            yield model.__name__, reason
        yield from (("note", "confidence") for _ in self.withheld)
        yield from ((name, "missing") for name in self.missing)
        yield "psychotherapy notes", "none_kept"

    def _open(self, value: object) -> object:
        """A value without what was said in confidence, wherever it is quoted."""
        if isinstance(value, str):
            return self._said(value)
        if isinstance(value, dict):
            return {name: self._open(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._open(one) for one in value]
        return value

    def _said(self, text: str) -> str:
        for one in self.withheld:
            text = text.replace(one, self.head["withheld"])
        return text


# Any: fields of any value.
def given_fields(part: CopyPart) -> list[Any]:
    """The fields of a part's rows that a copy has: all but secret ones and those it names."""
    return [
        one
        for one in part.model._meta.concrete_fields
        if privacy_of(one) is not FieldPrivacy.SECRET and one.name not in part.without
    ]


def plain_row(part: CopyPart, row: Model) -> JsonObject:
    """A row as JSON: dates and times as text, members of staff by name, other rows by their keys."""
    found: JsonObject = {}
    for one in given_fields(part):
        if one.is_relation and one.related_model is User:
            who = getattr(row, one.name) if getattr(row, one.attname) else None
            found[one.name] = who.name if who is not None else None
        else:
            found[one.attname] = _plain(getattr(row, one.attname))
    return found


def _plain(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def begin(claim: Claim) -> CopyFacts | None:
    """Load the facts of a copy and mark it as being made; None if it is no longer wanted, and then settled.

    What an earlier try wrote is deleted.
    """
    with transaction.atomic():
        if not outbox.extend(claim):
            return None
        asked = Work.objects.values_list("facts", flat=True).get(pk=claim.id)
        rows = RecordCopy.objects.filter(pk=asked["copy"], state__in=UNDER_WAY)
        row = rows.select_related("patient", "clinic").first()
        if row is None:
            outbox.settle(claim, Settlement(WorkState.SKIPPED, "replaced"))
            return None
        RecordCopyPiece.objects.filter(copy=row).delete()
        count = 2 * len(PARTS) + 1
        rows.update(state=CopyState.BEING_MADE, step_now=0, steps_all=count, pieces=0, size=0)
    return _facts(row)


def _facts(row: RecordCopy) -> CopyFacts:
    patient, now = row.patient, clock.now()
    zone = clock.zone_of(patient.zone)
    names = _names(patient.pk)
    with translation.override(patient.language):
        day = date_format(now.astimezone(zone), "j F Y")
        head = words.head_words(patient.name, patient.clinic.name, day)
        sentences = calendar_words(patient.language, patient.country)
    return CopyFacts(
        copy_id=row.pk,
        patient_id=patient.pk,
        language=patient.language,
        head=head,
        made_at=now,
        clinic={
            "name": patient.clinic.name,
            "phone": patient.clinic.phone,
            "address": patient.clinic.address,
        },
        cells=Cells(patient.language, zone, sentences, lambda key: names.get(key, "")),
        withheld=frozenset(_texts(row.withheld)),
        names=names,
    )


def _names(patient_id: UUID) -> dict[object, str]:
    """The name in the copy of every file beside the record, which says nothing of the patient."""
    rows = Document.objects.filter(patient_id=patient_id, file__startswith=files.PREFIX)
    found: dict[object, str] = {}
    for n, (key, kind, number, state) in enumerate(
        rows.order_by("asked_at", "id").values_list("pk", "kind", "version__number", "state"), start=1
    ):
        current = "" if state == DocumentState.READY.value else "-replaced"
        found[key] = f"documents/{n}-{kind}-version-{number}{current}.pdf"
    keys = PatientFile.objects.filter(patient_id=patient_id).values_list("pk", flat=True)
    return {**found, **{key: f"files/{n}.zip" for n, key in enumerate(keys, start=1)}}


def _texts(withheld: list[list[str]]) -> Iterator[str]:
    for kind, key in withheld:
        row = _NOTES[CopyNote(kind)].objects.filter(pk=key).first()
        if row is not None and row.note.strip():
            yield row.note


class PieceWriter(io.RawIOBase):
    """A stream that seals what is written into rows, a piece at a time: never more than one is in memory.

    Raises Lost if the claim was taken over.
    """

    def __init__(self, claim: Claim, copy_id: UUID) -> None:
        super().__init__()
        self._claim, self._copy = claim, copy_id
        self._held, self._count, self.size = bytearray(), 0, 0
        self._digest = hashlib.sha256()

    def writable(self) -> bool:
        """It is written to, front to back."""
        return True

    # Any: whatever a zip writes, bytes or a view of them.
    def write(self, content: Any) -> int:
        """Take bytes."""
        self._held += content
        while len(self._held) >= PIECE:
            self._put(PIECE)
        return len(content)

    def step(self) -> None:
        """Count one more step of the work, and renew the lease."""
        if not outbox.extend(self._claim):
            raise Lost
        RecordCopy.objects.filter(pk=self._copy).update(step_now=F("step_now") + 1)

    def publish(self) -> bool:
        """Write what is left and publish the copy; False if it is wanted no more."""
        if self._held:
            self._put(len(self._held))
        real = clock.real_now()
        with transaction.atomic():
            if not outbox.extend(self._claim):
                raise Lost
            done = RecordCopy.objects.filter(pk=self._copy, state=CopyState.BEING_MADE).update(
                state=CopyState.READY,
                pieces=self._count,
                size=self.size,
                sha256=self._digest.hexdigest(),
                step_now=F("steps_all"),
                ready_at=clock.now(),
                expires_at=real + KEPT_FOR,
            )
            delivery.settle(self._claim, Settlement(WorkState.SENT if done else WorkState.SKIPPED))
        return bool(done)

    def _put(self, count: int) -> None:
        content = bytes(self._held[:count])
        del self._held[:count]
        self._count += 1
        self.size += count
        self._digest.update(content)
        if not outbox.extend(self._claim):
            raise Lost
        RecordCopyPiece.objects.create(
            copy_id=self._copy,
            number=self._count,
            sealed=sealing.seal(content, purpose=PURPOSE, context=place(self._copy, self._count)),
        )


class Lost(Exception):
    """The claim was taken over, or the copy ended, while it was being made."""


def place(copy_id: UUID, number: int) -> str:
    """What a piece is sealed for."""
    return f"{copy_id} {number}"


def head_json(facts: CopyFacts) -> JsonObject:
    """What stands in `record.json` before its parts."""
    return {
        "schema": SCHEMA,
        "made_at": facts.made_at.isoformat(),
        "clinic": facts.clinic,
        "language": facts.language,
    }


def dumped(value: object) -> bytes:
    """A value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
