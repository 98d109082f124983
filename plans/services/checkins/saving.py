"""Saving a page and sending a sheet. A safety answer has acted before the response leaves.

The rules are run before anything is written; answers, flags, item and alert are then committed together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from plans.domain.checkins import flags, forms, scoring
from plans.domain.checkins import occasions as when
from plans.domain.checkins.flagging import Evidence, Finding, Screen
from plans.domain.checkins.forms import Ask
from plans.domain.checkins.instrument import Page
from plans.domain.checkins.scoring import Past
from plans.models import CheckIn, CheckInRevision, Flag, Occasion, Patient, Plan
from plans.services import audit, clock, outbox
from plans.services.checkins import evidence, raising
from plans.services.checkins.sheets import Subject, ask_of, plan_of, row_of


@dataclass(frozen=True, slots=True)
class Urgency:
    """What became of flagged answers: how soon somebody acts, by when, and on which number the patient is called."""

    severity: str
    first_action_due: datetime
    phone: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a posted page. `problems` by item; `following` is the page to go to, None when all was sent."""

    problems: Mapping[str, str]
    posted: Mapping[str, str]
    following: Page | None
    sent: bool
    screens: tuple[Screen, ...]
    urgency: Urgency | None
    checkin_id: UUID | None
    late: bool


def save_page(subject: Subject, *, page: str, posted: Mapping[str, Sequence[str]]) -> Outcome:
    """Save one page; the last one sends the sheet. Good answers are kept even when others on the page are missing.

    Doing it twice changes nothing. Raises UnknownPage for a page these answers do not lead to.
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
        reading = forms.read_page(ask, where, posted)
        typed = {code: posted[code][0] for code in where.items if posted.get(code)}
        if row is None and not reading.answers:
            # A scanner that sends an empty form leaves no trace.
            return Outcome(reading.problems, typed, where, False, (), None, None, subject.late)
        answers = _merged(ask, where, before, reading)
        following = _following(ask, answers, where, sent=row is not None and row.state == "submitted")
        sending = not reading.problems and following is None
        sheet = row if row is not None else _begin(subject, patient, plan, ask, now)
        past = evidence.past_of(sheet.plan, before=sheet.started_at, but=sheet)
        found = _findings(sheet, patient, answers, ask, past, now, whole=sending or sheet.state != "open")
        _write(subject, sheet, answers, ask, past, where, sending=sending, now=now)
        urgency = _raise(found, sheet, patient, now)
        return Outcome(
            problems=reading.problems,
            posted=typed,
            following=where if reading.problems else following,
            sent=sending,
            screens=flags.screens(found, frozenset(where.items)),
            urgency=urgency,
            checkin_id=sheet.pk,
            late=sheet.late,
        )


def abandon(row: CheckIn, *, now: datetime) -> None:
    """Close a sheet that was begun and left: every rule looks at what was answered. In the caller's transaction."""
    ask = Ask.from_json(row.form, row.form_version)
    row.state = "abandoned"
    past = evidence.past_of(row.plan, before=row.started_at, but=row)
    found = _findings(row, row.patient, row.answers, ask, past, now, whole=True)
    row.save(update_fields=["state"])
    _raise(found, row, row.patient, now)


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


def _merged(ask: Ask, page: Page, before: Mapping[str, str], reading: forms.PageReading) -> dict[str, str]:
    """The answers with this page's new ones. A text that was emptied goes; a bad answer leaves the old one."""
    emptied = {code for code in page.items if code not in reading.answers and code not in reading.problems}
    kept = {code: value for code, value in before.items() if code not in emptied}
    return forms.settle(ask, {**kept, **reading.answers})


def _following(ask: Ask, answers: Mapping[str, str], page: Page, *, sent: bool) -> Page | None:
    """The next page; after the last one, and in a sheet already sent, the first that is still open."""
    following = None if sent else forms.after(ask, answers, page)
    still_open = (
        one
        for one in forms.pages(ask, answers)
        if one.code != page.code and not forms.answered(ask, one, answers)
    )
    return following or next(still_open, None)


def _findings(
    sheet: CheckIn,
    patient: Patient,
    answers: Mapping[str, str],
    ask: Ask,
    past: tuple[Past, ...],
    now: datetime,
    *,
    whole: bool,
) -> tuple[Finding, ...]:
    seen = Evidence(
        answers=answers,
        scores=scoring.score(ask, answers),
        past=past,
        about=evidence.about(patient, patient.clinic, is_taking=ask.taking, now=now),
        abandoned=sheet.state == "abandoned",
    )
    return flags.evaluate(seen, whole=whole)


def _write(
    subject: Subject,
    sheet: CheckIn,
    answers: dict[str, str],
    ask: Ask,
    past: tuple[Past, ...],
    page: Page,
    *,
    sending: bool,
    now: datetime,
) -> None:
    new = sheet.revision == 0
    changed = new or answers != sheet.answers
    first_sent = sending and sheet.state != "submitted"
    if changed:
        sheet.answers, sheet.scores = answers, scoring.to_json(scoring.score(ask, answers), past)
        sheet.page, sheet.saved_at = page.code, now
        sheet.revision += 1
        sheet.late = sheet.late or subject.late
        if subject.user_id is not None:
            sheet.entered_by_id = subject.user_id
    if first_sent:
        sheet.state, sheet.submitted_at = "submitted", now
    if changed or first_sent:
        sheet.save(force_insert=new)
    if changed:
        CheckInRevision.objects.create(
            checkin=sheet,
            number=sheet.revision,
            answers=answers,
            page=page.code,
            saved_at=now,
            entered_by_id=subject.user_id,
        )
        _trail(subject, sheet, "checkin.begun" if new else "checkin.saved", now, {"page": page.code})
    if first_sent:
        _settle(sheet, now)
        _trail(subject, sheet, "checkin.sent", now, {"late": sheet.late})


def _raise(found: Sequence[Finding], sheet: CheckIn, patient: Patient, now: datetime) -> Urgency | None:
    """Flags and item of what was found; what stands for this sheet, if anybody is to act on it soon."""
    if not found:
        return None
    fresh = raising.keep(found, patient=patient, now=now, checkin=sheet)
    item = raising.ask_for_review(fresh, checkin=sheet, patient=patient, now=now)
    if item is None:
        flag = Flag.objects.filter(checkin=sheet, item__isnull=False).select_related("item").first()
        item = flag.item if flag is not None else None
    return Urgency(item.severity, item.first_action_due, patient.phone) if item is not None else None


def _settle(sheet: CheckIn, now: datetime) -> None:
    """The occasion is answered; letters not yet sent are taken back."""
    if sheet.occasion is None:
        return
    Occasion.objects.filter(pk=sheet.occasion.pk).update(state="answered", settled_at=now)
    outbox.cancel_pending(occasion=sheet.occasion, why="answered", now=now)


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
