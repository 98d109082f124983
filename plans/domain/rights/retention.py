"""How long each class of data is kept, what that is counted from, and where it stands: one row a class.

A class either is deleted by the nightly run once its time is over, or is kept and says why. Periods whose source nobody
has read for this installation's country are marked: a lead asks counsel (docs/privacy.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DataClass(StrEnum):
    """A class of data, as far as its retention goes."""

    STAFF_SESSIONS = "staff_sessions"
    LIMITS = "limits"
    KEPT_FORMS = "kept_forms"
    INVITATIONS = "invitations"
    REPLY_CODES = "reply_codes"
    STAFF_MESSAGES = "staff_messages"
    DRAWINGS = "drawings"
    PATIENT_SESSIONS = "patient_sessions"
    LINKS = "links"
    DEVICES = "devices"
    WRONG_FACTS = "wrong_facts"
    RAW_ANSWERS = "raw_answers"
    IMPORTS = "imports"
    PATIENT_FILES = "patient_files"
    RECORD_COPIES = "record_copies"
    REFUSED_DOCUMENTS = "refused_documents"
    # Kept.
    MESSAGE_BODIES = "message_bodies"
    PATIENT_MESSAGES = "patient_messages"
    RECORDS = "records"
    DOCUMENTS = "documents"
    TRAIL = "trail"
    SIGN_IN_FAILURES = "sign_in_failures"


class KeptWhy(StrEnum):
    """Why something whose time is over, or that has none, stays."""

    # Its record is the patient's.
    RECORD = "record"
    LAW = "law"
    SEALED = "sealed"
    NEVER_STORED = "never_stored"
    IN_USE = "in_use"
    OPEN_ITEM = "open_item"
    LIVE_PLAN = "live_plan"
    IN_CARE = "in_care"


@dataclass(frozen=True, slots=True)
class Retention:
    """One class. `period`: None for a class that is never deleted by itself. `source`: where the period stands;
    `verified`: whether that text was read by whoever wrote it here. Ours: no law names a period for it."""

    code: DataClass
    period: timedelta | None
    source: str
    verified: bool = False
    kept: KeptWhy | None = None

    @property
    def deletes(self) -> bool:
        """Whether the nightly run deletes it."""
        return self.kept is None


def _days(count: int) -> timedelta:
    return timedelta(days=count)


_OURS: Final = "ours: GDPR Art. 5(1)(e), no longer than needed"
_SIX_YEARS: Final = "45 CFR 164.316(b)(2)(i): six years; 42 CFR 2.16"
RECORD_YEARS: Final = 10
"""After care has ended. The longest general period of the sources, of which none was read in full here."""

CLASSES: Final[Mapping[DataClass, Retention]] = MappingProxyType(
    {
        one.code: one
        for one in (
            Retention(DataClass.STAFF_SESSIONS, _days(1), _OURS),
            Retention(DataClass.LIMITS, timedelta(0), _OURS),
            Retention(DataClass.KEPT_FORMS, timedelta(0), _OURS),
            Retention(DataClass.INVITATIONS, _days(90), _OURS),
            Retention(DataClass.REPLY_CODES, _days(90), _OURS),
            Retention(DataClass.STAFF_MESSAGES, _days(400), _OURS),
            Retention(DataClass.DRAWINGS, _days(90), _OURS),
            Retention(DataClass.PATIENT_SESSIONS, _days(1), _OURS),
            Retention(DataClass.LINKS, _days(90), _OURS),
            Retention(DataClass.DEVICES, timedelta(0), _OURS),
            Retention(DataClass.WRONG_FACTS, _days(1), _OURS),
            Retention(DataClass.RAW_ANSWERS, _days(30), _OURS),
            Retention(DataClass.IMPORTS, timedelta(0), _OURS),
            Retention(DataClass.PATIENT_FILES, timedelta(0), _OURS),
            Retention(DataClass.RECORD_COPIES, timedelta(0), _OURS),
            Retention(DataClass.REFUSED_DOCUMENTS, _days(30), _OURS),
            Retention(DataClass.MESSAGE_BODIES, None, _OURS, kept=KeptWhy.NEVER_STORED),
            Retention(DataClass.PATIENT_MESSAGES, None, _OURS, kept=KeptWhy.RECORD),
            Retention(
                DataClass.RECORDS,
                timedelta(days=365 * RECORD_YEARS + RECORD_YEARS // 4),
                "BGB § 630f(3): ten years; NHS Records Management Code 2023: eight years after discharge; US: by state",
                kept=KeptWhy.LAW,
            ),
            Retention(DataClass.DOCUMENTS, None, "as the record", kept=KeptWhy.RECORD),
            Retention(DataClass.TRAIL, _days(6 * 365 + 2), _SIX_YEARS, kept=KeptWhy.SEALED),
            Retention(DataClass.SIGN_IN_FAILURES, _days(6 * 365 + 2), _SIX_YEARS, kept=KeptWhy.SEALED),
        )
    }
)
"""Total over DataClass (tested)."""
DELETED: Final = tuple(one for one in CLASSES.values() if one.deletes)
BATCH: Final = 500
"""Rows deleted in one transaction."""
EVERY: Final = timedelta(hours=20)
"""A run begins this long after the one before, so that nightly stays nightly whenever the tick comes."""
NIGHT: Final = (1, 5)
"""The hours of the installation's clock (UTC) in which a run begins."""
