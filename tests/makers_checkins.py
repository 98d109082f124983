"""Check-ins for tests: a clinic with a patient on the story's plan, asked and answering through services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from plans.domain.checkins.clinic_questionnaires import Answer, OwnItem
from plans.domain.checkins.instrument import Kind, QuestionPage
from plans.domain.checkins.occasions import due_at
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.models import CheckIn, Link, Occasion, Patient, Plan
from plans.services import clock, links, reminders
from plans.services.checkins import responses, saving
from plans.services.checkins.saving import SavedPage
from plans.services.checkins.sessions import CheckInSession
from plans.services.links import LinkPurpose, LinkView
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_story_plan

START = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
"""A Monday, 08:00 in New York: an hour before the story's patient is asked for the first time."""

CALM: dict[str, str] = {
    "overall": "same",
    "contact": "no",
    "dose_taken": "planned",
    "alcohol_days": "0",
    "sx_swings_before": "unsure",
    "med_mood": "no",
}
"""What a calm answer is where it is neither "no" nor the lowest step."""


@dataclass(frozen=True)
class Asked:
    """A patient whose first check-in has been asked."""

    clinic: ClinicMade
    patient: Patient
    plan: Plan
    occasion: Occasion
    link: LinkView
    token: str


def on(moment: datetime) -> Any:
    """Stop the machine's clock at a moment (for sessions, too)."""
    return time_machine.travel(moment, tick=False)


def asked(**changes: Any) -> Asked:
    """Issue the story's plan and let the first check-in fall due. Call it with the clock at START."""
    clinic = make_clinic()
    patient = make_patient(clinic.primary, **changes)
    plan = issue_story_plan(clinic.primary, patient)
    occasion = Occasion.objects.get(plan=plan, purpose="baseline")
    reminders.tick(occasion.due_at)
    return opened(clinic, Occasion.objects.get(pk=occasion.pk))


def opened(clinic: ClinicMade, occasion: Occasion) -> Asked:
    """The link of an occasion whose invitation went out."""
    link = Link.objects.get(occasion=occasion, purpose=LinkPurpose.CHECKIN.value)
    token = links.token_of(link)
    return Asked(
        clinic, occasion.patient, occasion.plan, occasion, links.look(token, LinkPurpose.CHECKIN), token
    )


def calm(subject: CheckInSession, page: str, **changes: str) -> dict[str, list[str]]:
    """A page answered by somebody who is well; `changes` by item."""
    state = responses.look(subject)
    return _calm(state.response.spec, state.response.page(page), changes)


def _calm(ask: QuestionnaireSpec, page: QuestionPage, changes: Mapping[str, str]) -> dict[str, list[str]]:
    items = ask.questionnaire(page.questionnaire).items
    found = {}
    for code in page.items:
        if code in changes:
            found[code] = [changes[code]]
        elif items[code].kind is not Kind.TEXT:
            usual = items[code].options[0].value if items[code].options else str(items[code].minimum)
            found[code] = [CALM.get(code, usual)]
    return found


def answer_all(subject: CheckInSession, **changes: str) -> SavedPage:
    """Answer the whole form, page by page, calmly but for `changes`; the last outcome."""
    state = responses.look(subject)
    page = state.response.pages[0]
    for _turn in range(60):
        outcome = saving.save_page(subject, page=page.code, posted=_calm(state.response.spec, page, changes))
        assert not outcome.problems, outcome.problems
        if outcome.following is None:
            return outcome
        page = outcome.following
    raise AssertionError("the form has no end")


def a_question(**changes: Any) -> OwnItem:
    """A question of a clinic's own, asked in both languages before the last page."""
    usual = OwnItem(
        "Did you go for a walk?", "¿Salió a caminar?", Answer.YES_NO, "medicines", "", taking=False
    )
    return replace(usual, **changes)


def many_to_come(plan: Plan, count: int) -> None:
    """Plan check-ins by hand, one a day, after those that the plan's cadence has."""
    zone, at = plan.patient.zone, plan.patient.checkin_time
    after = Occasion.objects.filter(plan=plan).latest("local_date").local_date
    due = [(day, due_at(day, at, zone)) for day in (after + timedelta(days=n) for n in range(2, count + 2))]
    Occasion.objects.bulk_create(
        Occasion(
            clinic_id=plan.clinic_id, patient_id=plan.patient_id, plan=plan, purpose="weekly", form="weekly",
            local_date=day, local_time=at, zone=zone, due_at=moment, closes_at=moment + timedelta(days=3),
            created_at=clock.now(),
        )
        for day, moment in due
    )  # fmt: skip


def checkin_of(occasion: Occasion) -> CheckIn:
    """The check-in of an occasion."""
    return CheckIn.objects.get(occasion=occasion)


def later(hours: float) -> datetime:
    """A number of hours from now, by the clinic's clock."""
    return clock.now() + timedelta(hours=hours)
