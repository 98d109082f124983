"""The table of docs/privacy.md: every table, what is personal in it, how long it is kept, who sees it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from plans.domain.rights.retention import CLASSES, DataClass
from plans.services.privacy_table import TableLine, tables
from plans.wording.retention import period_words

BEGIN: Final = "<!-- what is kept: manage.py diagrams writes from here -->\n"
END: Final = "<!-- to here -->\n"


class SeenBy(StrEnum):
    """Who is shown rows of a table, besides whoever reads the database."""

    STAFF = "staff who may read records; the patient, in a copy"
    PATIENT = "staff who may read records; the patient, on their page and in a copy"
    SUPPLY = "staff and pharmacists; the patient, in a copy"
    LEAD = "leads; of a patient also in a copy"
    MEMBERS = "members of the clinic"
    OWN = "the person it is about"
    NOBODY = "nobody"
    OPERATOR = "the operator: numbers"
    PUBLIC = "no person in it"


_R, _S = DataClass, SeenBy
KEPT_AS: Final[Mapping[str, tuple[DataClass | None, SeenBy]]] = {
    "AdviceSignature": (None, _S.PUBLIC),
    "AuditEvent": (_R.TRAIL, _S.LEAD),
    "AuditSeal": (_R.TRAIL, _S.PUBLIC),
    "BirthYearTry": (_R.WRONG_FACTS, _S.NOBODY),
    "Call": (_R.RECORDS, _S.STAFF),
    "CallClaim": (_R.RECORDS, _S.STAFF),
    "CareChange": (_R.RECORDS, _S.STAFF),
    "CaseloadCount": (None, _S.PUBLIC),
    "CaseloadEntry": (_R.RECORDS, _S.STAFF),
    "CaseloadImport": (_R.IMPORTS, _S.LEAD),
    "CaseloadMark": (_R.RECORDS, _S.NOBODY),
    "CaseloadRow": (_R.RECORDS, _S.STAFF),
    "CatalogueReview": (None, _S.PUBLIC),
    "CheckIn": (_R.RECORDS, _S.PATIENT),
    "CheckInRevision": (_R.RECORDS, _S.STAFF),
    "Clinic": (None, _S.PUBLIC),
    "ClinicQuestionnaire": (None, _S.PUBLIC),
    "Consent": (_R.RECORDS, _S.PATIENT),
    "DemoClock": (None, _S.PUBLIC),
    "Dispensing": (_R.RECORDS, _S.SUPPLY),
    "Document": (_R.DOCUMENTS, _S.PATIENT),
    "DoseMark": (_R.RECORDS, _S.PATIENT),
    "DowntimeKey": (None, _S.NOBODY),
    "DowntimeList": (None, _S.STAFF),
    "FiguresWeek": (None, _S.PUBLIC),
    "Flag": (_R.RECORDS, _S.STAFF),
    "HandOver": (_R.RECORDS, _S.MEMBERS),
    "Heartbeat": (None, _S.OPERATOR),
    "Invitation": (_R.INVITATIONS, _S.LEAD),
    "KeptForm": (_R.KEPT_FORMS, _S.OWN),
    "Leave": (None, _S.MEMBERS),
    "Letter": (_R.RECORDS, _S.PATIENT),
    "Limit": (_R.LIMITS, _S.NOBODY),
    "Link": (_R.LINKS, _S.PATIENT),
    "Membership": (None, _S.MEMBERS),
    "Occasion": (_R.RECORDS, _S.STAFF),
    "Patient": (_R.RECORDS, _S.STAFF),
    "PatientCode": (_R.RECORDS, _S.NOBODY),
    "PatientDevice": (_R.DEVICES, _S.PATIENT),
    "PatientFile": (_R.RECORDS, _S.STAFF),
    "PatientMerge": (_R.RECORDS, _S.STAFF),
    "PatientMove": (_R.RECORDS, _S.STAFF),
    "PatientSession": (_R.PATIENT_SESSIONS, _S.NOBODY),
    "Plan": (_R.RECORDS, _S.PATIENT),
    "PlanStep": (_R.RECORDS, _S.PATIENT),
    "PlanVersion": (_R.RECORDS, _S.PATIENT),
    "PlannedVisit": (_R.RECORDS, _S.PATIENT),
    "Proposal": (_R.RECORDS, _S.STAFF),
    "RawAnswer": (_R.RAW_ANSWERS, _S.STAFF),
    "RecordCopy": (_R.RECORD_COPIES, _S.PATIENT),
    "RecordCopyPiece": (_R.RECORD_COPIES, _S.PATIENT),
    "RecordLook": (_R.TRAIL, _S.LEAD),
    "RecordOpening": (_R.TRAIL, _S.LEAD),
    "ReplyCode": (_R.REPLY_CODES, _S.NOBODY),
    "RetentionRun": (None, _S.OPERATOR),
    "ReviewEvent": (_R.RECORDS, _S.STAFF),
    "ReviewItem": (_R.RECORDS, _S.STAFF),
    "RotaFeed": (None, _S.LEAD),
    "RuleSignature": (None, _S.PUBLIC),
    "ServiceShift": (None, _S.MEMBERS),
    "Shift": (None, _S.MEMBERS),
    "StaffChannel": (None, _S.OWN),
    "StaffSession": (_R.STAFF_SESSIONS, _S.OWN),
    "TakenDose": (_R.RECORDS, _S.PATIENT),
    "User": (None, _S.MEMBERS),
    "Work": (_R.PATIENT_MESSAGES, _S.STAFF),
}
"""For each table how long its rows are kept (None: as long as the clinic), and who sees them. Total (tested)."""


def _row(one: TableLine) -> str:
    kept, seen = KEPT_AS[one.name]
    period = period_words(CLASSES[kept]) if kept is not None else "as long as the clinic"
    fields = [
        "`" + "`, `".join(names) + "`" if names else ""
        for names in (one.identifying, one.clinical, one.secret)
    ]
    return f"| {one.name}: {one.what} | {' | '.join(fields)} | {period} | {seen.value} |"


def table() -> str:
    """The table."""
    heads = ("what", "identifying", "clinical", "secret", "kept", "seen by")
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *map(_row, tables())]
    return "\n".join(lines) + "\n"


def document(text: str) -> str:
    """docs/privacy.md with its table as the code has it."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"
