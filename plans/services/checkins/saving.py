"""Saving a page and sending a response. A safety answer takes effect before the reply is sent.

The rules run before anything is written; answers, flags, item and alert are then committed together.
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
from plans.domain.checkins.response import AnswerStep, Response
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
        unseen = sitting.hidden(loaded.row.pk, before.answers) if loaded.row is not None else frozenset()
        step = before.answer(page, posted, unseen=unseen)
        if loaded.row is None and not step.answered:
            # A mail scanner that posts an empty form leaves no trace.
            return SavedPage(step.problems, step.typed, step.page, False, (), (), None, None, session.late)
        after = step.response
        row = loaded.row or _begin(session, patient, loaded, now)
        _log_scoring(after, row)
        # Judged before anything is written, so that it holds even if the write fails.
        found = after.findings
        if after is not before or loaded.row is None:
            if session.user_id is None and bounds.held_back(row, after, before, now):
                raise Refused(reason="too_many")
            _write(session, row, step, now)
            flag_store.raise_flags(after, before, row=row, patient=patient, now=now)
        urgency = urgency_of(row, patient) if found else None
        if patient.mail_state == MailState.SUSPENDED.value:
            # Messages suspended for lack of answers resume: somebody answers again, by link or phone.
            patient_mail.set_mail_state(patient=patient, state=MailState.ON.value, by=session.by)
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


def _locked(session: CheckInSession) -> Patient:
    """Lock the patient, so that two taps on Next are handled one after the other."""
    patients = Patient.objects.select_for_update(of=("self",)).select_related("clinic")
    patient = patients.get(pk=session.patient_id)
    if session.occasion_id is not None:
        Occasion.objects.select_for_update().get(pk=session.occasion_id)
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


def _write(session: CheckInSession, row: CheckIn, step: AnswerStep, now: datetime) -> None:
    """Write what is new: changed answers, or the same ones sent for the first time."""
    after, new = step.response, row.revision == 0
    changed = new or after.answers != row.answers
    first_sent = after.is_sent and row.state != after.state
    if changed:
        row.answers, row.scores = dict(after.answers), scoring.to_json(after.scores, after.past)
        row.page, row.saved_at = step.page.code, now
        row.late = row.late or session.late
        if session.user_id is not None:
            row.entered_by_id = session.user_id
    if first_sent:
        row.state, row.submitted_at = after.state.value, now
    row.revision += 1
    row.save(force_insert=new)
    _revise(row, after, now, session.user_id)
    if changed:
        _audit(session, row, "checkin.begun" if new else "checkin.saved", now, {"page": step.page.code})
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
