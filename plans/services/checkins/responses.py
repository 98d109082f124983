"""Reading responses, for pages and services: what is asked and answered so far. Nothing is written here.

`load` builds the domain's `Response` from the rows behind a session, with all that judging needs; `look` is what a page
shows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from plans.domain.checkins import occasions as when
from plans.domain.checkins import scoring, spec
from plans.domain.checkins.flagging import Thresholds
from plans.domain.checkins.response import Response
from plans.domain.checkins.scoring import Past
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.errors import NotFound
from plans.models import LIVE_STATES, CheckIn, Occasion, Patient, Plan
from plans.services import clock
from plans.services.checkins import bounds, evidence, occasions, questionnaire_versions
from plans.services.checkins.rules import thresholds_of
from plans.services.checkins.sessions import CheckInSession, over_since

UNSCHEDULED_FOR: Final = timedelta(hours=24)
"""How long an unscheduled check-in is continued before a new one begins."""


@dataclass(frozen=True, slots=True)
class ResponseView:
    """A response as pages show it; `checkin_id` is None until something is answered. `closes_at` and `next_due` are
    UTC.

    `may_be_amended`: it was sent and the next check-in has not opened. `seen`: see `seen_mark`.
    """

    session: CheckInSession
    checkin_id: UUID | None
    response: Response
    language: str
    zone: str
    nonce: str
    closes_at: datetime | None
    next_due: datetime | None
    may_be_amended: bool
    seen: str

    @property
    def sent(self) -> bool:
        """Whether it was sent."""
        return self.response.is_sent


@dataclass(frozen=True, slots=True)
class Loaded:
    """A response with the rows behind it; `row` is None until something is answered."""

    plan: Plan
    row: CheckIn | None
    response: Response


def load(session: CheckInSession, patient: Patient, now: datetime) -> Loaded:
    """Load a session's response with all that judging needs; for services. `patient` must come with its clinic.

    Raises NotFound for a patient who never had a plan.
    """
    row = row_of(session)
    if row is not None:
        return Loaded(row.plan, row, judged(row, patient, now))
    plan, thresholds = plan_of(session), thresholds_of(patient.clinic, patient)
    past = evidence.past_of(plan, before=now)
    asked = _asked(session, patient, plan, past, thresholds, now)
    context = evidence.context(patient, thresholds, taking=asked.taking, now=now)
    return Loaded(plan, None, Response(asked, past=past, context=context))


def judged(row: CheckIn, patient: Patient, now: datetime) -> Response:
    """A row's response with all that judging needs; for services. `patient` must come with its clinic."""
    asked = QuestionnaireSpec.from_json(row.form, row.form_version)
    return Response(
        spec=asked,
        answers=row.answers,
        state=CheckInState(row.state),
        past=evidence.past_of(row.plan, before=row.started_at, but=row),
        context=evidence.context(
            patient, thresholds_of(patient.clinic, patient), taking=asked.taking, now=now
        ),
    )


def answered(row: CheckIn) -> Response:
    """A row's response without context: enough for pages and scores, not for judging. For services."""
    asked = QuestionnaireSpec.from_json(row.form, row.form_version)
    return Response(asked, row.answers, CheckInState(row.state))


def seen_mark(row: CheckIn | None) -> str:
    """What a form says of the response it was made from: whose it is and after which save; "" before the first one."""
    return f"{row.pk}.{row.revision}" if row is not None else ""


def read_seen(seen: str, row: CheckIn) -> int:
    """The save of this response after which a form was made; 0 if it was made before the first, or says nothing."""
    key, _, number = seen.partition(".")
    return (
        int(number) if key == str(row.pk) and number.isascii() and number.isdigit() and len(number) < 7 else 0
    )


def look(session: CheckInSession, *, whole: bool = False) -> ResponseView:
    """A session's response for pages; writes nothing. `whole`: with all that judging needs, for a sheet that shows the
    help that its answers call for."""
    patient = Patient.objects.select_related("clinic").get(pk=session.patient_id)
    row = row_of(session)
    stored = answered(row) if row is not None and not whole else None
    response = stored or load(session, patient, clock.now()).response
    closes_at = None
    if session.occasion_id is not None:
        closes_at = Occasion.objects.values_list("closes_at", flat=True).get(pk=session.occasion_id)
    begun = row.started_at if row is not None else clock.now()
    ahead = Occasion.objects.filter(
        patient=patient, state=OccasionState.PLANNED, due_at__gt=clock.now()
    ).order_by("due_at")
    return ResponseView(
        session=session,
        checkin_id=row.pk if row else None,
        response=response,
        language=patient.language,
        zone=when.known_zone(patient.zone, patient.clinic.zone),
        nonce=row.nonce if row else session.nonce,
        closes_at=closes_at,
        next_due=ahead.values_list("due_at", flat=True).first(),
        may_be_amended=response.is_sent and not session.late and not over_since(patient.pk, begun),
        seen=seen_mark(row),
    )


def keep_as(view: ResponseView) -> str:
    """A meaningless name under which a phone stores answers of this response; the next check-in gets another.

    An unscheduled one has no key until its first page is saved, so the patient and the day name it: a page reopened
    after a lost connection finds what was chosen.
    """
    new = f"{view.session.patient_id} {clock.today(view.zone)}"
    named = view.session.occasion_id or view.checkin_id or new
    return hashlib.sha256(str(named).encode()).hexdigest()[:16]


def row_of(session: CheckInSession) -> CheckIn | None:
    """The row of a response that was begun; for services."""
    rows = CheckIn.objects.select_related("plan", "occasion")
    if session.occasion_id is not None:
        return rows.filter(occasion_id=session.occasion_id).first()
    mine = rows.filter(
        patient_id=session.patient_id, occasion=None, entered_by__isnull=session.user_id is None
    )
    same = mine.filter(nonce=session.nonce).first() if session.nonce else None
    recent = mine.filter(state=CheckInState.OPEN, started_at__gt=clock.now() - UNSCHEDULED_FOR)
    found = same or recent.order_by("-started_at").first()
    return bounds.enough_own(mine, clock.now()) if found is None and session.user_id is None else found


def plan_of(session: CheckInSession) -> Plan:
    """The plan a new response belongs to; for services. Raises NotFound for a patient who never had one."""
    plans = (
        Plan.objects.select_related("clinic")
        .filter(patient_id=session.patient_id)
        .exclude(active_version=None)
    )
    if session.occasion_id is not None:
        plan = plans.filter(occasions=session.occasion_id).first()
    else:
        plan = plans.filter(state__in=LIVE_STATES).first()
    if plan is None and session.plan_id is not None:
        plan = plans.filter(pk=session.plan_id).first()
    plan = plan or plans.order_by("-created_at").first()
    if plan is None:
        raise NotFound(what="plan")
    return plan


def _asked(
    session: CheckInSession,
    patient: Patient,
    plan: Plan,
    past: tuple[Past, ...],
    thresholds: Thresholds,
    now: datetime,
) -> QuestionnaireSpec:
    """The spec of a response begun now."""
    today = when.local_date(now, when.known_zone(patient.zone, patient.clinic.zone))
    form = "weekly"
    if session.occasion_id is not None:
        form = Occasion.objects.values_list("form", flat=True).get(pk=session.occasion_id)
    return spec.decide(
        form=form,
        language=patient.language,
        today=today,
        last_long=scoring.last_long(past),
        taking=evidence.taking(plan, today),
        off=occasions.items_off(patient.clinic),
        own=questionnaire_versions.asked(patient.clinic),
        step_up_at=thresholds.short_form,
    )
