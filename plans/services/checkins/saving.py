"""Saving a page and sending a sheet. A safety answer has acted before the response leaves.

The rules are run before anything is written; answers, flags, item and alert are then committed together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from plans.domain.checkins import dangers, flags, forms, page_reading, scoring
from plans.domain.checkins import occasions as when
from plans.domain.checkins.dangers import ToldDanger
from plans.domain.checkins.flagging import Evidence, FlagFinding, Screen
from plans.domain.checkins.forms import Ask
from plans.domain.checkins.instrument import Page
from plans.domain.checkins.page_reading import PageReading
from plans.domain.errors import Refused
from plans.domain.people import MailState
from plans.models import CheckIn, CheckInRevision, Occasion, Patient, Plan
from plans.services import audit, clock, outbox, people
from plans.services.checkins import bounds, evidence, judging, raising
from plans.services.checkins.judging import Urgency
from plans.services.checkins.sheets import Subject, ask_of, plan_of, row_of
from plans.services.checkins.sitting import OPEN, Sitting


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a posted page. `problems` by item; `following` is the page to go to, None when all was sent."""

    problems: Mapping[str, str]
    posted: Mapping[str, str]
    following: Page | None
    sent: bool
    screens: tuple[Screen, ...]
    dangers: tuple[ToldDanger, ...]
    urgency: Urgency | None
    checkin_id: UUID | None
    late: bool


def save_page(
    subject: Subject, *, page: str, posted: Mapping[str, Sequence[str]], sitting: Sitting = OPEN
) -> Outcome:
    """Save one page; the last one sends the sheet. Good answers are kept even when others on the page are missing.

    An empty text takes back the one before it, but not one that this `sitting` was not shown.

    Doing it twice changes nothing. Raises UnknownPage for a page these answers do not lead to, Refused("too_many") for
    a link used far more often than anybody answers (see `bounds`).
    """
    now = clock.now()
    with transaction.atomic():
        # One page of one patient at a time: two taps on Next are answered one after the other.
        patient = (
            Patient.objects.select_for_update(of=("self",))
            .select_related("clinic")
            .get(pk=subject.patient_id)
        )
        if subject.occasion_id is not None:
            Occasion.objects.select_for_update().get(pk=subject.occasion_id)
        row = row_of(subject)
        plan = row.plan if row is not None else plan_of(subject)
        ask = Ask.from_json(row.form, row.form_version) if row else ask_of(subject, patient, plan, now)
        before = row.answers if row is not None else {}
        where = forms.page_at(ask, before, page)
        reading = page_reading.read_page(ask, where, posted)
        typed = {code: posted[code][0] for code in where.items if posted.get(code)}
        if row is None and not reading.answers:
            # A scanner that sends an empty form leaves no trace.
            return Outcome(reading.problems, typed, where, False, (), (), None, None, subject.late)
        unseen = sitting.hidden(row.pk, before) if row is not None else frozenset()
        answers = _merged(ask, where, before, reading, unseen)
        following = judging.following_page(
            ask, answers, where, sent=row is not None and row.state == "submitted"
        )
        sending = not reading.problems and following is None
        sheet = row if row is not None else _begin(subject, patient, plan, ask, now)
        past = evidence.past_of(sheet.plan, before=sheet.started_at, but=sheet)
        seen = judging.evidence_of(sheet, patient, answers, ask, past, now, sending=sending)
        whole = sending or sheet.state != "open"
        found = flags.evaluate(seen, whole=whole)
        # What somebody else may have answered before is not told of to whoever holds the link now.
        told = frozenset(where.items) - (unseen - frozenset(reading.answers))
        known = judging.known_json(seen, whole=whole)
        # What stood before this page, so that an answer taken back and given again calls again.
        stood = judging.evidence_of(sheet, patient, before, ask, past, now, sending=sending)
        renewed = _kinds(found) - _kinds(flags.evaluate(stood, whole=whole))
        anew = answers != before or (sending and sheet.state != "submitted")
        if anew and subject.user_id is None and bounds.held_back(sheet, found, renewed, now):
            raise Refused(reason="too_many")
        if _write(subject, sheet, seen, ask, where, known, sending=sending, now=now):
            raise_flags(found, sheet, patient, now, renewed=renewed)
        urgency = judging.urgency_of(sheet, patient) if found else None
        if patient.mail_state == MailState.SUSPENDED.value:
            # Somebody answers again, by a link or on the phone: letters rested because nobody did.
            people.set_mail_state(patient=patient, state=MailState.ON.value, by=subject.by)
        return Outcome(
            problems=reading.problems,
            posted=typed,
            following=where if reading.problems else following,
            sent=sending,
            screens=flags.screens(found, told, sent=sending),
            dangers=dangers.told_on(answers, told, taking=ask.taking),
            urgency=urgency,
            checkin_id=sheet.pk,
            late=sheet.late,
        )


def abandon(row: CheckIn, *, now: datetime) -> tuple[FlagFinding, ...]:
    """Close a sheet that was begun and left: every rule looks at what was answered; what they found is returned.

    In the caller's transaction.
    """
    ask = Ask.from_json(row.form, row.form_version)
    row.state = "abandoned"
    past = evidence.past_of(row.plan, before=row.started_at, but=row)
    seen = judging.evidence_of(row, row.patient, row.answers, ask, past, now, sending=False)
    row.revision += 1
    row.save(update_fields=["state", "revision"])
    _revise(row, now, None, judging.known_json(seen, whole=True))
    found = flags.evaluate(seen, whole=True)
    raise_flags(found, row, row.patient, now)
    return found


def _begin(subject: Subject, patient: Patient, plan: Plan, ask: Ask, now: datetime) -> CheckIn:
    return CheckIn(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=plan,
        occasion_id=subject.occasion_id,
        form=ask.form,
        form_version=ask.to_json(),
        started_at=now,
        saved_at=now,
        nonce=subject.nonce,
        local_date=when.local_date(now, when.known_zone(patient.zone, plan.clinic.zone)),
    )


def _merged(
    ask: Ask, page: Page, before: Mapping[str, str], reading: PageReading, unseen: frozenset[str]
) -> dict[str, str]:
    """The answers with this page's new ones. A text that was emptied goes, unless it was `unseen`; a bad answer leaves
    the old one."""
    emptied = {code for code in page.items if code not in reading.answers and code not in reading.problems}
    kept = {code: value for code, value in before.items() if code not in emptied or code in unseen}
    return forms.settle(ask, {**kept, **reading.answers})


def _write(
    subject: Subject,
    sheet: CheckIn,
    seen: Evidence,
    ask: Ask,
    page: Page,
    known: dict[str, Any],
    *,
    sending: bool,
    now: datetime,
) -> bool:
    """Write what is new; False if there was nothing: then what stands was raised when it was written."""
    answers = dict(seen.answers)
    new = sheet.revision == 0
    changed = new or answers != sheet.answers
    first_sent = sending and sheet.state != "submitted"
    if changed:
        sheet.answers, sheet.scores = answers, scoring.to_json(seen.scores, seen.past)
        sheet.page, sheet.saved_at = page.code, now
        sheet.late = sheet.late or subject.late
        if subject.user_id is not None:
            sheet.entered_by_id = subject.user_id
    if first_sent:
        sheet.state, sheet.submitted_at = "submitted", now
    if changed or first_sent:
        sheet.revision += 1
        sheet.save(force_insert=new)
        _revise(sheet, now, subject.user_id, known)
    if changed:
        _trail(subject, sheet, "checkin.begun" if new else "checkin.saved", now, {"page": page.code})
    if first_sent:
        _settle(sheet, now)
        _trail(subject, sheet, "checkin.sent", now, {"late": sheet.late})
    return changed or first_sent


def _revise(sheet: CheckIn, now: datetime, user_id: UUID | None, known: dict[str, Any]) -> None:
    CheckInRevision.objects.create(
        checkin=sheet,
        number=sheet.revision,
        answers=sheet.answers,
        page=sheet.page,
        saved_at=now,
        entered_by_id=user_id,
        known=known,
    )


def _kinds(found: Sequence[FlagFinding]) -> frozenset[tuple[str, str]]:
    return frozenset((one.rule, one.kind) for one in found)


def raise_flags(
    found: Sequence[FlagFinding],
    sheet: CheckIn,
    patient: Patient,
    now: datetime,
    *,
    renewed: Collection[tuple[str, str]] = (),
) -> None:
    """Flags and item of what was found. `renewed`: see `raising.keep`."""
    fresh = raising.keep(found, patient=patient, now=now, checkin=sheet, renewed=renewed) if found else []
    raising.ask_for_review(fresh, checkin=sheet, patient=patient, now=now)


def _settle(sheet: CheckIn, now: datetime) -> None:
    """The occasion is answered; messages not yet sent are skipped.

    A sheet of the patient's own, or by phone, answers a check-in that waits untouched as well: nobody who has just told
    how they are is reminded to, or counted as silent.
    """
    mine = (
        Occasion.objects.filter(pk=sheet.occasion.pk) if sheet.occasion is not None else _waiting(sheet, now)
    )
    for occasion in mine:
        Occasion.objects.filter(pk=occasion.pk).update(state="answered", settled_at=now)
        outbox.skip_pending(occasion=occasion, why="answered", now=now)


def _waiting(sheet: CheckIn, now: datetime) -> QuerySet[Occasion]:
    open_now = Occasion.objects.filter(patient_id=sheet.patient_id, plan_id=sheet.plan_id, state="invited")
    return open_now.filter(due_at__lte=now, closes_at__gt=now, checkin=None)


def _trail(subject: Subject, sheet: CheckIn, act: str, now: datetime, facts: dict[str, Any]) -> None:
    audit.record(
        by=subject.by,
        act=act,
        subject_kind="checkin",
        subject_id=sheet.pk,
        clinic_id=sheet.clinic_id,
        patient_id=sheet.patient_id,
        plan_id=sheet.plan_id,
        facts=facts,
        at=now,
    )
