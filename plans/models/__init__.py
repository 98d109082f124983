"""Rows: fields, constraints and indexes. No rules here, and no imports from above `plans.wording`."""

from __future__ import annotations

from plans.models.access import (
    BirthYearTry,
    Invitation,
    Limit,
    Link,
    PatientCode,
    PatientDevice,
    PatientSession,
)
from plans.models.advice import AdviceSignature
from plans.models.audit import AuditEvent, AuditSeal, RecordLook
from plans.models.base import Row
from plans.models.calls import Call, CallClaim
from plans.models.care import CareChange, RecordOpening, TakenDose
from plans.models.caseload import CaseloadCount, CaseloadEntry, CaseloadMark, CaseloadRow
from plans.models.caseload_file import CaseloadImport
from plans.models.catalogue import CatalogueReview
from plans.models.checkin import (
    CheckIn,
    CheckInRevision,
    ClinicQuestionnaire,
    DoseMark,
    Flag,
    Occasion,
    RawAnswer,
    RuleSignature,
)
from plans.models.consent import Consent
from plans.models.dispensing import Dispensing
from plans.models.document import Document
from plans.models.downtime import DowntimeKey, DowntimeList
from plans.models.figures import FiguresWeek
from plans.models.kept import KeptForm
from plans.models.letter import Letter
from plans.models.merging import PatientMerge
from plans.models.moving import PatientMove
from plans.models.outbox import DemoClock, Heartbeat, Work
from plans.models.patient_file import PatientFile
from plans.models.people import Clinic, Membership, Patient, User
from plans.models.plan import LIVE_STATES, ON_PAPER_STATES, Plan, PlanStep, PlanVersion
from plans.models.proposal import Proposal
from plans.models.reaching import ReplyCode, StaffChannel
from plans.models.record_copy import RecordCopy, RecordCopyPiece
from plans.models.retention import RetentionRun
from plans.models.review import ReviewEvent, ReviewItem
from plans.models.rota import HandOver, Leave, RotaFeed, ServiceShift, Shift
from plans.models.signing_in import StaffSession
from plans.models.visit import PlannedVisit

__all__ = (
    "LIVE_STATES",
    "ON_PAPER_STATES",
    "AdviceSignature",
    "AuditEvent",
    "AuditSeal",
    "BirthYearTry",
    "Call",
    "CallClaim",
    "CareChange",
    "CaseloadCount",
    "CaseloadEntry",
    "CaseloadImport",
    "CaseloadMark",
    "CaseloadRow",
    "CatalogueReview",
    "CheckIn",
    "CheckInRevision",
    "Clinic",
    "ClinicQuestionnaire",
    "Consent",
    "DemoClock",
    "Dispensing",
    "Document",
    "DoseMark",
    "DowntimeKey",
    "DowntimeList",
    "FiguresWeek",
    "Flag",
    "HandOver",
    "Heartbeat",
    "Invitation",
    "KeptForm",
    "Leave",
    "Letter",
    "Limit",
    "Link",
    "Membership",
    "Occasion",
    "Patient",
    "PatientCode",
    "PatientDevice",
    "PatientFile",
    "PatientMerge",
    "PatientMove",
    "PatientSession",
    "Plan",
    "PlanStep",
    "PlanVersion",
    "PlannedVisit",
    "Proposal",
    "RawAnswer",
    "RecordCopy",
    "RecordCopyPiece",
    "RecordLook",
    "RecordOpening",
    "ReplyCode",
    "RetentionRun",
    "ReviewEvent",
    "ReviewItem",
    "RotaFeed",
    "Row",
    "RuleSignature",
    "ServiceShift",
    "Shift",
    "StaffChannel",
    "StaffSession",
    "TakenDose",
    "User",
    "Work",
)
