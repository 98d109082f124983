"""The rows of a copy in words, as a person reads them: when, what, who."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.domain.documents.words import Words
from plans.domain.people import CareState
from plans.domain.review.calls import CallResult
from plans.domain.rights.consents import ConsentHow, ConsentPurpose
from plans.domain.taper import dose_records
from plans.domain.taper.plan_states import PlanState
from plans.models import (
    AuditEvent,
    Call,
    CareChange,
    CheckIn,
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
    Plan,
    PlannedVisit,
    PlanVersion,
    Proposal,
    RecordCopy,
    RecordLook,
    RecordOpening,
    ReviewEvent,
    ReviewItem,
    TakenDose,
    Work,
)
from plans.services.checkins.responses import answered
from plans.services.documents.variant import Variant
from plans.services.plans import versions
from plans.wording import calls as call_words
from plans.wording import documents as document_words
from plans.wording import messages as message_words
from plans.wording import patient_facts
from plans.wording.audit import LOOKED_AT, act_words, actor_words
from plans.wording.checkins import answer_text, purpose_text, question_text
from plans.wording.consents import HOW
from plans.wording.consents import WORDS as CONSENTS
from plans.wording.doses import drugs_words
from plans.wording.flags import flag_sentence
from plans.wording.letters import LETTER_TO
from plans.wording.patient_links import DEVICES, purpose_words
from plans.wording.people import CARE_STATES, CONTACT_HOW, MAY_BE_TOLD
from plans.wording.plans import STATE_NAMES
from plans.wording.record_copy import step_lines
from plans.wording.review import OUTCOMES, event_words, source_words
from plans.wording.taken import regimen_words

Line = tuple[str, str, str]
"""When, what (may have several lines), who."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What rows are said in: the patient's language and zone, the words of documents, and a document's file name."""

    language: str
    zone: ZoneInfo
    words: Words
    file_of: Callable[[object], str]

    def at(self, moment: datetime | None) -> str:
        """A moment in the patient's zone: "23 Nov 2026, 08:00"."""
        return date_format(moment.astimezone(self.zone), "j M Y, H:i") if moment is not None else ""


def _day(day: date | None) -> str:
    return date_format(day, "j M Y") if day is not None else ""


def _lines(*parts: object) -> str:
    return "\n".join(str(one) for one in parts if one)


def _listed(said: Callable[[str], str], codes: list[str]) -> str:
    return ", ".join(said(code) for code in codes)


def person(row: Patient, cells: Cells) -> Iterator[Line]:
    """The record, a line for each field that says something."""
    to_call = row.person_to_call or {}
    fields = (
        (_("Name"), row.name),
        (_("Preferred name"), row.preferred_name),
        (_("Record number"), row.record_no),
        (_("Clinic"), row.clinic.name),
        (_("Date of birth"), _day(row.born)),
        (_("E-mail"), row.email),
        (_("Phone"), row.phone),
        (_("Preferred contact"), CONTACT_HOW.get(row.contact_how, row.contact_how)),
        (_("Best time to call"), row.contact_when),
        (_("Language"), row.language),
        (_("Time zone"), row.zone),
        (_("Emergency contact"), _lines(to_call.get("name"), to_call.get("relation"), to_call.get("phone"))),
        (_("May be told"), MAY_BE_TOLD.get(to_call.get("may_be_told", ""), "") if to_call else ""),
        (_("Crisis plan"), row.crisis_plan),
        (_("Pharmacy"), row.pharmacy),
        (_("Reason for the medicine"), patient_facts.indication_words(row.indication)),
        (_("Conditions"), _listed(patient_facts.condition_words, row.conditions)),
        (_("Substances"), _listed(patient_facts.substance_words, row.substances)),
        (_("Medicines"), _listed(patient_facts.medicine_words, row.medicines)),
        (_("How long taken, in months"), row.duration_months),
        (_("Notes"), row.notes),
        (_("Consent"), _lines(row.consent_version, _day(row.consent_on))),
        (_("Care"), CARE_STATES[CareState(row.care_state).value]),
    )
    for label, value in fields:
        if value not in ("", None):
            yield str(label), str(value), ""


def plan(row: Plan, cells: Cells) -> Iterator[Line]:
    """A plan: its drugs, its state."""
    drugs = drugs_words(row.drugs) if row.drugs else ""
    state = STATE_NAMES[PlanState(row.state)]
    yield cells.at(row.created_at), _lines(drugs, state, _day(row.ended_on)), row.created_by.name


def version(row: PlanVersion, cells: Cells) -> Iterator[Line]:
    """A version with its steps."""
    head = _("Version %(number)s, from %(day)s") % {"number": row.number, "day": _day(row.from_day)}
    steps = step_lines(versions.read(row).schedule, cells.words)
    yield cells.at(row.issued_at), _lines(head, row.note, *steps), versions.issuer(row)


def proposal(row: Proposal, cells: Cells) -> Iterator[Line]:
    """What waited for a second signature."""
    second = row.decided_by.name if row.decided_by else ""
    yield cells.at(row.asked_at), _lines(row.act, row.state, row.reason), _lines(row.asked_by.name, second)


def taken(row: TakenDose, cells: Cells) -> Iterator[Line]:
    """A dose taken otherwise than planned."""
    said = regimen_words(dose_records.from_rows(row.regimen))
    span = f"{_day(row.from_day)} – {_day(row.last_day)}"
    yield cells.at(row.recorded_at), _lines(span, said, row.note, row.end_note), row.recorded_by.name


def mark(row: DoseMark, cells: Cells) -> Iterator[Line]:
    """A ticked dose."""
    yield cells.at(row.marked_at), f"{_day(row.on)}, {row.time}: {row.drug} ({row.how})", ""


def dispensed(row: Dispensing, cells: Cells) -> Iterator[Line]:
    """A fill that was handed out."""
    counts = [f"{words}: {units}" for words, units in row.counts]
    gone = _("withdrawn on %(day)s") % {"day": cells.at(row.withdrawn_at)} if row.withdrawn_at else ""
    yield _day(row.dispensed_on), _lines(*counts, row.note, gone), row.by.name


def occasion(row: Occasion, cells: Cells) -> Iterator[Line]:
    """A planned check-in."""
    yield cells.at(row.due_at), f"{purpose_text(row.purpose)}: {row.state}", ""


def response(row: CheckIn, cells: Cells) -> Iterator[Line]:
    """A check-in with its questions and answers."""
    items = answered(row).items
    purpose = purpose_text(row.occasion.purpose if row.occasion else "unscheduled")
    said = [
        f"{question_text(items[code], cells.language)} — {answer_text(items[code], value, cells.language)}"
        if code in items
        else f"{code} — {value}"
        for code, value in row.answers.items()
    ]
    yield cells.at(row.started_at), _lines(purpose, *said), row.entered_by.name if row.entered_by else ""


def flag(row: Flag, cells: Cells) -> Iterator[Line]:
    """A rule that fired."""
    yield cells.at(row.raised_at), flag_sentence(row.rule, row.facts), ""


def item(row: ReviewItem, cells: Cells) -> Iterator[Line]:
    """A review item with its end."""
    ended = OUTCOMES.get(row.outcome, row.outcome)
    who = row.resolved_by.name if row.resolved_by else ""
    yield cells.at(row.opened_at), _lines(source_words(row.source, row.facts), ended, row.note), who


def event(row: ReviewEvent, cells: Cells) -> Iterator[Line]:
    """What was done about an item."""
    yield cells.at(row.at), _lines(event_words(row.kind, row.facts), row.note), row.by.name if row.by else ""


def call(row: Call, cells: Cells) -> Iterator[Line]:
    """What came of a call."""
    yield cells.at(row.at), _lines(call_words.RESULTS[CallResult(row.result)], row.note), row.by.name


def visit(row: PlannedVisit, cells: Cells) -> Iterator[Line]:
    """A planned visit."""
    gone = _("cancelled") if row.cancelled_at else ""
    when = f"{row.at:%H:%M}" if row.at else ""
    yield _day(row.on), _lines(when, row.with_whom, gone), row.planned_by.name


def consent(row: Consent, cells: Cells) -> Iterator[Line]:
    """What was said to a purpose, with the text that it was said to."""
    words = CONSENTS[ConsentPurpose(row.purpose)]
    said = _("yes") if row.given else _("no")
    text = words.texts.get(row.version, "")
    line = _lines(f"{words.name}: {said} ({HOW[ConsentHow(row.how)]})", text, row.note)
    yield cells.at(row.at), line, row.by.name if row.by else ""


def care(row: CareChange, cells: Cells) -> Iterator[Line]:
    """A change of care."""
    said = _lines(CARE_STATES[row.state], row.note, row.prescriber, row.prescriber_phone, row.correction)
    yield _day(row.on), said, row.made_by.name


def move(row: PatientMove, cells: Cells) -> Iterator[Line]:
    """An offer to another clinic."""
    said = f"{row.from_clinic.name} → {row.to_clinic.name}: {row.state}"
    yield cells.at(row.offered_at), _lines(said, row.note, row.reason), row.offered_by.name


def merge(row: PatientMerge, cells: Cells) -> Iterator[Line]:
    """Another record of the patient that was merged into this one."""
    gone = _("undone on %(day)s") % {"day": cells.at(row.undone_at)} if row.undone_at else ""
    yield cells.at(row.at), _lines(row.merged.record_no, row.reason, gone), row.by.name


def letter(row: Letter, cells: Cells) -> Iterator[Line]:
    """A letter, whole."""
    to = LETTER_TO.get(row.to, row.to)
    yield cells.at(row.made_at), _lines(to, row.to_name, row.subject, row.text), row.made_by.name


def message(row: Work, cells: Cells) -> Iterator[Line]:
    """An outbox entry: a message, an alert or a document."""
    said = f"{message_words.kind_words(row.notice)}: {message_words.state_words(row.state, row.queue)}"
    yield cells.at(row.created_at), said, row.user.name if row.user else ""


def document(row: Document, cells: Cells) -> Iterator[Line]:
    """A document, with its file in the copy if it has one."""
    title = document_words.title(row.kind, Variant.read(row.variant).day)
    number = _("Version %(number)s") % {"number": row.version.number}
    yield cells.at(row.published_at or row.asked_at), _lines(title, number, cells.file_of(row.pk)), ""


def file(row: PatientFile, cells: Cells) -> Iterator[Line]:
    """A file that came from another clinic."""
    yield cells.at(row.created_at), cells.file_of(row.pk), row.created_by.name


def link(row: Link, cells: Cells) -> Iterator[Line]:
    """A link: what for, and until when."""
    ended = row.revoked_at or row.expires_at
    until = _("until %(day)s") % {"day": cells.at(ended)} if ended else ""
    yield cells.at(row.created_at), _lines(purpose_words(row.purpose), until), ""


def device(row: PatientDevice, cells: Cells) -> Iterator[Line]:
    """A known device."""
    yield cells.at(row.confirmed_at), str(DEVICES.get(row.kind, row.kind)), ""


def code(row: PatientCode, cells: Cells) -> Iterator[Line]:
    """That there is a code of the patient's own."""
    yield cells.at(row.set_at), _("A code was set"), row.set_by.name if row.set_by else ""


def copy(row: RecordCopy, cells: Cells) -> Iterator[Line]:
    """A copy that was made before, or this one."""
    yield cells.at(row.asked_at), row.state, row.asked_by.name


def opening(row: RecordOpening, cells: Cells) -> Iterator[Line]:
    """Why somebody opened the record."""
    yield cells.at(row.at), row.reason, row.user.name


def history(row: AuditEvent, cells: Cells) -> Iterator[Line]:
    """A line of the trail."""
    yield cells.at(row.at), act_words(row.act, row.facts), actor_words(row.actor_kind, row.actor_name)


def look(row: RecordLook, cells: Cells) -> Iterator[Line]:
    """Somebody was shown something of the patient."""
    yield cells.at(row.at), str(LOOKED_AT.get(row.subject_kind, row.subject_kind)), row.actor_name
