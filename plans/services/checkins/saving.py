"""Saving a page, or a whole sheet, and sending a response. A safety answer takes effect before the reply is sent.

The rules run before anything is written; answers, flags, item and alert are then committed together.

A patient answers page by page (`save_page`). A member of staff on the phone has every question on one sheet, which is
saved as it is typed (`save_sheet`): the whole form is posted again and again, so that what it says must be told from
what the patient has answered meanwhile. The patient's own answer stands; what was entered otherwise is given back.

What such a sheet saves by itself is one revision, not one a keypress: it is written when the sheet is sent, when
somebody else answers, when an answer brings up a new flag, and when the check-in is left. Until then the response alone
has it. Numbers of revisions count saves, so those in between are missing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from plans.domain.checkins import occasions as when
from plans.domain.checkins import scoring
from plans.domain.checkins.dangers import DangerFinding
from plans.domain.checkins.flagging import FlagFinding, Screen
from plans.domain.checkins.instrument import QuestionPage
from plans.domain.checkins.response import Response, SheetStep
from plans.domain.checkins.spec import Answers
from plans.domain.checkins.states import OccasionState
from plans.domain.errors import Refused
from plans.domain.people import MailState
from plans.models import CheckIn, CheckInRevision, Occasion, Patient
from plans.services import audit, clock, outbox, patient_mail
from plans.services.checkins import bounds, flag_store, responses
from plans.services.checkins.immediate_help import Urgency, urgency_of
from plans.services.checkins.responses import Loaded
from plans.services.checkins.sessions import CheckInSession
from plans.services.checkins.sitting import OPEN, Sitting

log = logging.getLogger("plans.checkins")


@dataclass(frozen=True, slots=True)
class SavedPage:
    """The result of a posted page. `problems` by item; `following` is the page to go to, None once all is sent."""

    problems: Mapping[str, str]
    posted: Mapping[str, str]
    following: QuestionPage | None
    sent: bool
    screens: tuple[Screen, ...]
    dangers: tuple[DangerFinding, ...]
    urgency: Urgency | None
    checkin_id: UUID | None
    late: bool


def save_page(
    session: CheckInSession, *, page: str, posted: Mapping[str, Sequence[str]], sitting: Sitting = OPEN
) -> SavedPage:
    """Save one page; the last page sends the response. Good answers are kept even if others on the page are missing.

    An empty text removes an earlier one, except one that this `sitting` was not shown.

    Idempotent. Raises UnknownPage for a page that these answers do not lead to, and Refused("too_many") for a link used
    far more often than anybody answers (see `bounds`).
    """
    now = clock.now()
    with transaction.atomic():
        patient = _locked(session)
        loaded = responses.load(session, patient, now)
        before = loaded.response
        if loaded.row is not None:
            _catch_up(loaded.row, before)
        unseen = sitting.hidden(loaded.row.pk, before.answers) if loaded.row is not None else frozenset()
        step = before.answer(page, posted, unseen=unseen)
        if loaded.row is None and not step.answered:
            # A mail scanner that posts an empty form leaves no trace.
            return SavedPage(step.problems, step.typed, step.page, False, (), (), None, None, session.late)
        after = step.response
        row = loaded.row or _begin(session, patient, loaded, now)
        if after is not before or loaded.row is None:
            _keep(session, row, after, before, page=step.page.code, patient=patient, now=now)
        urgency = urgency_of(row, patient) if after.findings else None
        _resume_messages(session, patient)
        # Earlier answers, perhaps somebody else's, are not revealed to whoever holds the link now.
        shown = frozenset(step.page.items) - (unseen - step.answered)
        return SavedPage(
            problems=step.problems,
            posted=step.typed,
            following=step.following,
            sent=step.sends,
            screens=after.screens(shown, sent=step.sends),
            dangers=after.dangers(shown),
            urgency=urgency,
            checkin_id=row.pk,
            late=row.late,
        )


@dataclass(frozen=True, slots=True)
class SavedSheet:
    """The result of a posted sheet. `problems` by item, with "choose" for what is missing; `meanwhile` are the items
    that somebody else answered since the form was made, with what was entered here and is not saved. `response` is the
    response now, `posted` what the form says, and `screens` and `dangers` are what the changed answers call for.
    """

    response: Response
    problems: Mapping[str, str]
    posted: Mapping[str, str]
    meanwhile: Mapping[str, str]
    sent: bool
    screens: tuple[Screen, ...]
    dangers: tuple[DangerFinding, ...]
    urgency: Urgency | None
    checkin_id: UUID | None
    seen: str


def save_sheet(
    session: CheckInSession,
    *,
    posted: Mapping[str, Sequence[str]],
    seen: str = "",
    send: bool = False,
    by_itself: bool = False,
) -> SavedSheet:
    """Save any of the questions of a response at once, and send it if `send` and nothing is wrong or missing.

    `seen` is `responses.seen_mark` of the response that the form was made from. An answer that somebody else gave or
    changed since stays; what the form says of that question is returned in `meanwhile`, and then nothing is sent.
    Questions that are not posted keep their answers. `by_itself`: nobody pressed a button. Idempotent. Raises
    Refused("too_many") as `save_page`.
    """
    now = clock.now()
    with transaction.atomic():
        patient = _locked(session)
        loaded = responses.load(session, patient, now)
        if loaded.row is not None and loaded.row.entered_by_id != session.user_id:
            _catch_up(loaded.row, loaded.response)
        before, said = loaded.response, {code: _one(values) for code, values in posted.items()}
        kept, meanwhile = _kept(loaded.row, said, seen, session)
        step = before.fill(posted, keep=kept)
        after = step.response
        if send and step.is_complete and not meanwhile:
            after = after.sent()
        row = loaded.row
        if after is not before:
            row = row or _begin(session, patient, loaded, now)
            _keep(session, row, after, before, page="", patient=patient, now=now, by_itself=by_itself)
            _resume_messages(session, patient)
        return SavedSheet(
            response=after,
            problems=_problems(step, asked_for_all=send),
            posted={code: value for code, value in said.items() if code in after.items},
            meanwhile={code: value for code, value in meanwhile.items() if code in after.asked},
            sent=after.is_sent and step.is_complete and not meanwhile,
            screens=after.screens(step.changed, sent=send and after.is_sent),
            dangers=after.dangers(step.changed),
            urgency=urgency_of(row, patient) if row is not None and after.findings else None,
            checkin_id=row.pk if row is not None else None,
            seen=responses.seen_mark(row),
        )


def _one(values: Sequence[str]) -> str:
    return next((value for value in values if value), "")


def _problems(step: SheetStep, *, asked_for_all: bool) -> dict[str, str]:
    return {**step.problems, **(dict.fromkeys(step.missing, "choose") if asked_for_all else {})}


def _kept(
    row: CheckIn | None, said: Mapping[str, str], seen: str, session: CheckInSession
) -> tuple[frozenset[str], dict[str, str]]:
    """The items whose answers stand because somebody else changed them since the form was made; and those of them for
    which the form says something of its own, with what it says."""
    if row is None:
        return frozenset(), {}
    base, theirs = _since(row, seen, session.user_id)
    meanwhile = {
        code: said[code]
        for code in theirs & said.keys()
        if said[code] not in (base.get(code, ""), row.answers.get(code, ""))
    }
    return theirs, meanwhile


def _since(row: CheckIn, seen: str, user_id: UUID | None) -> tuple[Answers, frozenset[str]]:
    """The answers that a form was made with, and the items that others have changed since."""
    number = responses.read_seen(seen, row)
    revisions = CheckInRevision.objects.filter(checkin=row).order_by("number")
    base: Answers = {}
    last: Answers = {}
    theirs: set[str] = set()
    for one, who, answers in revisions.values_list("number", "entered_by_id", "answers"):
        if one <= number or (who == user_id and not theirs):
            # What the form began with, or what it has said itself since.
            base = answers
        elif who != user_id:
            theirs |= {code for code in answers.keys() | last.keys() if answers.get(code) != last.get(code)}
        last = answers
    return base, frozenset(theirs)


def _keep(
    session: CheckInSession,
    row: CheckIn,
    after: Response,
    before: Response,
    *,
    page: str,
    patient: Patient,
    now: datetime,
    by_itself: bool = False,
) -> None:
    """Write a response that was changed, with its flags and the item that they ask for."""
    _log_scoring(after, row)
    # Judged before anything is written, so that it holds even if the write fails.
    _found = after.findings
    if session.user_id is None and bounds.held_back(row, after, before, now):
        raise Refused(reason="too_many")
    quietly = by_itself and not after.is_sent and not _finds_more(after, before)
    _write(session, row, after, page, now, quietly=quietly)
    flag_store.raise_flags(after, before, row=row, patient=patient, now=now)


def _finds_more(after: Response, before: Response) -> bool:
    """Whether the rules find something that they did not find before: then the revision is kept that shows why."""
    return any(one not in before.findings for one in after.findings)


def _is_behind(row: CheckIn) -> bool:
    """Whether a sheet has saved answers by itself that no revision has."""
    return row.revision > 0 and not CheckInRevision.objects.filter(checkin=row, number=row.revision).exists()


def _catch_up(row: CheckIn, response: Response) -> None:
    """Write the revision of what a sheet saved by itself, before somebody else changes it."""
    if _is_behind(row):
        _revise(row, response, row.saved_at, row.entered_by_id)


def _resume_messages(session: CheckInSession, patient: Patient) -> None:
    """Messages suspended for lack of answers resume: somebody answers again, by link or phone."""
    if patient.mail_state == MailState.SUSPENDED.value:
        patient_mail.set_mail_state(patient=patient, state=MailState.ON.value, by=session.by)


def _locked(session: CheckInSession) -> Patient:
    """Lock the patient, so that two taps on Next are handled one after the other."""
    patients = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("clinic")
    patient = patients.get(pk=session.patient_id)
    if session.occasion_id is not None:
        Occasion.objects.select_for_update(no_key=True).get(pk=session.occasion_id)
    return patient


def _log_scoring(response: Response, row: CheckIn) -> None:
    """Log where scoring broke; it is a finding as well."""
    if response.scoring_error is not None:
        log.error(
            "a response could not be summed up",
            exc_info=response.scoring_error,
            extra={"row_id": str(row.pk)},
        )


def abandon(row: CheckIn, *, now: datetime) -> tuple[FlagFinding, ...]:
    """Close a response that was begun and left, run every rule over its answers and return their findings.

    In the caller's transaction.
    """
    before = responses.judged(row, row.patient, now)
    _catch_up(row, before)
    left = before.left()
    _log_scoring(left, row)
    row.state = left.state.value
    row.revision += 1
    row.save(update_fields=["state", "revision"])
    _revise(row, left, now, None)
    flag_store.raise_flags(left, left, row=row, patient=row.patient, now=now)
    return left.findings


def _begin(session: CheckInSession, patient: Patient, loaded: Loaded, now: datetime) -> CheckIn:
    asked = loaded.response.spec
    return CheckIn(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=loaded.plan,
        occasion_id=session.occasion_id,
        form=asked.form,
        form_version=asked.to_json(),
        started_at=now,
        saved_at=now,
        nonce=session.nonce,
        local_date=when.local_date(now, when.known_zone(patient.zone, patient.clinic.zone)),
    )


def _write(
    session: CheckInSession, row: CheckIn, after: Response, page: str, now: datetime, *, quietly: bool
) -> None:
    """Write what is new: changed answers, or the same ones sent for the first time; `quietly`: without a revision,
    and with one entry in the trail for all that a sheet saves by itself in a row."""
    new, said = row.revision == 0, quietly and _is_behind(row)
    changed = new or after.answers != row.answers
    first_sent = after.is_sent and row.state != after.state
    if changed:
        row.answers, row.scores = dict(after.answers), scoring.to_json(after.scores, after.past)
        row.page, row.saved_at = page, now
        row.late = row.late or session.late
        if session.user_id is not None:
            row.entered_by_id = session.user_id
    if first_sent:
        row.state, row.submitted_at = after.state.value, now
    row.revision += 1
    row.save(force_insert=new)
    if not quietly:
        _revise(row, after, now, session.user_id)
    if changed and not said:
        _audit(session, row, "checkin.begun" if new else "checkin.saved", now, {"page": page})
    if first_sent:
        _settle(row, now)
        _audit(session, row, "checkin.sent", now, {"late": row.late})


def _revise(row: CheckIn, response: Response, now: datetime, user_id: UUID | None) -> None:
    CheckInRevision.objects.create(
        checkin=row,
        number=row.revision,
        answers=row.answers,
        page=row.page,
        saved_at=now,
        entered_by_id=user_id,
        known=response.known(),
    )


def _settle(row: CheckIn, now: datetime) -> None:
    """Mark the occasion as answered and skip its unsent messages.

    An unscheduled response, or one by phone, also answers an untouched open check-in: somebody who has just reported
    must not be reminded, or counted as silent.
    """
    mine = Occasion.objects.filter(pk=row.occasion.pk) if row.occasion is not None else _waiting(row, now)
    for occasion in mine:
        Occasion.objects.filter(pk=occasion.pk).update(state=OccasionState.ANSWERED, settled_at=now)
        outbox.skip_pending(occasion=occasion, why="answered", now=now)


def _waiting(row: CheckIn, now: datetime) -> QuerySet[Occasion]:
    open_now = Occasion.objects.filter(
        patient_id=row.patient_id, plan_id=row.plan_id, state=OccasionState.INVITED
    )
    return open_now.filter(due_at__lte=now, closes_at__gt=now, checkin=None)


def _audit(session: CheckInSession, row: CheckIn, act: str, now: datetime, facts: dict[str, object]) -> None:
    audit.record(
        by=session.by,
        act=act,
        subject_kind="checkin",
        subject_id=row.pk,
        clinic_id=row.clinic_id,
        patient_id=row.patient_id,
        plan_id=row.plan_id,
        facts=facts,
        at=now,
    )
