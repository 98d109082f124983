"""The parts of a copy: for each table with something of a patient, how its rows are found, ordered and said.

Every table that leads to a patient is a part, or stands in `LEFT_OUT` with the reason (tested). A row goes into
`record.json` with all its fields but those that are secret; into the page as when, what and who.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Model, QuerySet

from plans.models import (
    AuditEvent,
    BirthYearTry,
    Call,
    CallClaim,
    CareChange,
    CaseloadEntry,
    CaseloadMark,
    CaseloadRow,
    CheckIn,
    CheckInRevision,
    Consent,
    Dispensing,
    Document,
    DoseMark,
    Flag,
    Letter,
    Link,
    Occasion,
    Patient,
    PatientCode,
    PatientDevice,
    PatientFile,
    PatientMerge,
    PatientMove,
    PatientSession,
    Plan,
    PlannedVisit,
    PlanStep,
    PlanVersion,
    Proposal,
    RawAnswer,
    RecordCopy,
    RecordCopyPiece,
    RecordLook,
    RecordOpening,
    ReplyCode,
    ReviewEvent,
    ReviewItem,
    TakenDose,
    Work,
)
from plans.services.merged_keys import keys_of
from plans.services.record_copies import cells
from plans.services.record_copies.cells import Cells

_PAGE: Final = 200
_TRAIL: Final = (AuditEvent, RecordLook, RecordOpening)


@dataclass(frozen=True, slots=True)
class CopyPart:
    """One table of a copy.

    `of`: the look-up from a row to the patient's key. `by`: what its rows are ordered by. `say`: a row in words, or
    None for a part that stands in `record.json` only. `without`: fields that are not given, besides secret ones.
    """

    code: str
    model: type[Model]
    of: str
    by: str
    # Any: a row of this part's model.
    say: Callable[[Any, Cells], Iterator[cells.Line]] | None
    related: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def _keys(self, patient_id: UUID) -> tuple[UUID, ...]:
        """The trail of records that were merged into this one stands under their keys."""
        return keys_of(patient_id) if self.model in _TRAIL else (patient_id,)

    # Any: as above.
    def rows(self, patient_id: UUID) -> Iterator[Any]:
        """The patient's rows in their order, a page in memory at a time."""
        # Any: as above.
        mine: QuerySet[Any] = self.model._default_manager.filter(**{f"{self.of}__in": self._keys(patient_id)})
        keys = list(mine.order_by(self.by, "pk").values_list("pk", flat=True))
        for begin in range(0, len(keys), _PAGE):
            page = keys[begin : begin + _PAGE]
            found = self.model._default_manager.select_related(*self.related).in_bulk(page)
            # One that is gone meanwhile was not kept.
            yield from (found[key] for key in page if key in found)


PARTS: Final = (
    CopyPart("person", Patient, "pk", "created_at", cells.person, ("clinic",), without=("sort_key",)),
    CopyPart("plans", Plan, "patient_id", "created_at", cells.plan, ("created_by",)),
    CopyPart("versions", PlanVersion, "plan__patient_id", "issued_at", cells.version, ("issued_by",)),
    CopyPart("proposals", Proposal, "plan__patient_id", "asked_at", cells.proposal, ("asked_by", "decided_by")),
    CopyPart("taken_doses", TakenDose, "patient_id", "recorded_at", cells.taken, ("recorded_by",)),
    CopyPart("dose_marks", DoseMark, "patient_id", "marked_at", cells.mark),
    CopyPart("dispensed", Dispensing, "patient_id", "at", cells.dispensed, ("by",)),
    CopyPart("occasions", Occasion, "patient_id", "due_at", cells.occasion),
    CopyPart("responses", CheckIn, "patient_id", "started_at", cells.response, ("occasion", "entered_by")),
    CopyPart("saved_answers", CheckInRevision, "checkin__patient_id", "saved_at", None),
    CopyPart("raw_answers", RawAnswer, "patient_id", "received_at", None),
    CopyPart("flags", Flag, "patient_id", "raised_at", cells.flag),
    CopyPart("review_items", ReviewItem, "patient_id", "opened_at", cells.item, ("resolved_by",)),
    CopyPart("review_events", ReviewEvent, "item__patient_id", "at", cells.event, ("by",)),
    CopyPart("calls", Call, "patient_id", "at", cells.call, ("by",)),
    CopyPart("visits", PlannedVisit, "patient_id", "planned_at", cells.visit, ("planned_by",)),
    CopyPart("consents", Consent, "patient_id", "at", cells.consent, ("by",)),
    CopyPart("care_changes", CareChange, "patient_id", "made_at", cells.care, ("made_by",)),
    CopyPart("moves", PatientMove, "patient_id", "offered_at", cells.move, ("from_clinic", "to_clinic", "offered_by")),
    CopyPart("merges", PatientMerge, "patient_id", "at", cells.merge, ("merged", "by", "undone_by")),
    CopyPart("letters", Letter, "patient_id", "made_at", cells.letter, ("made_by",)),
    CopyPart("messages", Work, "patient_id", "created_at", cells.message, ("user",)),
    CopyPart("documents", Document, "patient_id", "asked_at", cells.document, ("version",), without=("file",)),
    # Its content is a file beside the record.
    CopyPart("files", PatientFile, "patient_id", "created_at", cells.file, ("created_by",), without=("content",)),
    CopyPart("links", Link, "patient_id", "created_at", cells.link),
    CopyPart("devices", PatientDevice, "patient_id", "confirmed_at", cells.device),
    CopyPart("code", PatientCode, "patient_id", "set_at", cells.code, ("set_by",)),
    CopyPart("copies", RecordCopy, "patient_id", "asked_at", cells.copy, ("asked_by",)),
    CopyPart("openings", RecordOpening, "patient_id", "at", cells.opening, ("user",)),
    CopyPart("history", AuditEvent, "patient_id", "id", cells.history),
    CopyPart("looks", RecordLook, "patient_id", "id", cells.look, without=("session",)),
)  # fmt: skip

LEFT_OUT: Final[Mapping[type[Model], str]] = {
    PlanStep: "projection",
    CaseloadRow: "projection",
    CaseloadEntry: "projection",
    CaseloadMark: "moment",
    CallClaim: "moment",
    PatientSession: "secret",
    BirthYearTry: "moment",
    ReplyCode: "secret",
    RecordCopyPiece: "projection",
}
"""Tables with something of a patient that no copy has, by the reason (`plans.wording.record_copy.LEFT_OUT`)."""
