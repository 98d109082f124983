"""One day of a plan: what was to be taken, what was taken, what was answered, and what was done.

A page of its own, which the plan page also opens under its picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from plans.domain.taper.schedule import Step, StepKind
from plans.services import audit, clock, dose_marks
from plans.services.actors import Actor, May
from plans.services.checkins import checkin_list
from plans.services.checkins import queries as responses
from plans.services.checkins.checkin_list import CheckinRow
from plans.services.plans import pictures, queries, taken
from plans.services.plans.picture_data import TakenMark, TakenSource
from plans.services.plans.queries import PlanPage
from plans.web import layout_context
from plans.web.clinician.audit_lines import audit_lines
from plans.web.clinician.checkin_words import answer_rows, state_text
from plans.web.gate import StaffRequest, staff_page
from plans.wording import plans
from plans.wording.checkins import purpose_text
from plans.wording.doses import day_dose_words
from plans.wording.drugs import time_words
from plans.wording.flags import flag_sentence
from plans.wording.taken import TOLD_BY, amount_words, reported_words
from plans.wording.taper import drug_words, forms_as_in, kind_words, take_words

_DAY: Final = timedelta(days=1)
_ACTS_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One dose to take: when, of which drug, how much, made of what, and how the patient marked it."""

    time: str
    drug: str
    dose: str
    pieces: str
    marked: str


@dataclass(frozen=True, slots=True)
class CheckInOfDay:
    """A check-in of the day: its state in words, why it was flagged, what stands out, and the rest."""

    row: CheckinRow
    said: str
    flags: tuple[str, ...]
    first: list[dict[str, object]]
    rest: list[dict[str, object]]


@require_safe
@staff_page(May.LOOK)
def plan_day(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """A day of the plan; the day that the address names, or today with a word about it."""
    actor = cast(StaffRequest, request).actor
    plan = queries.plan_page(actor, plan_id)
    first, last = plan.schedule.start, max(plan.schedule.end, plan.patient.today)
    day, problem = _asked(request.GET.get("on", ""), plan, first, last)
    step = plan.schedule.step_on(day)
    mark = pictures.taken_on(actor, plan_id, day)
    with forms_as_in(plan.request.country):
        lines = _lines(plan, step, day)
    zone = clock.zone_of(plan.patient.zone)
    acts = audit.days_events(
        actor,
        patient_id=plan.patient.id,
        first=datetime.combine(day, time(), zone),
        before=datetime.combine(day + _DAY, time(), zone),
        size=_ACTS_SHOWN,
    )
    context = {
        "place": "caseload",
        "plan": plan,
        "patient": plan.patient,
        "day": day,
        "problem": problem,
        "where": _where(plan, step, day),
        "in_hospital": step is not None and step.kind is StepKind.PAUSE,
        "planned": day_dose_words(step.day, clinician=True) if step is not None else "",
        "lines": lines,
        "taken": _taken(mark, plan, step, day),
        "source": _source(actor, plan, mark, day),
        "checkins": [_checkin(actor, row) for row in checkin_list.on_day(actor, plan.patient.id, day)],
        **audit_lines(acts),
        "before": _address(plan_id, day - _DAY) if day > first else "",
        "after": _address(plan_id, day + _DAY) if day < last else "",
        "more_acts": acts.before is not None,
    }
    return layout_context.page(request, "clinic/plan_day.html", context)


def _address(plan_id: UUID, day: date) -> str:
    return f"{reverse('plan-day', args=[plan_id])}?on={day.isoformat()}"


def _asked(raw: str, plan: PlanPage, first: date, last: date) -> tuple[date, str]:
    """The day asked for, and what is wrong with it: then the nearest to today that the plan has."""
    nearest = min(max(plan.patient.today, first), last)
    if not raw:
        return nearest, ""
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        return nearest, gettext("This is not a day. Choose one from the calendar, or write it as 2026-11-30.")
    if first <= day <= last:
        return day, ""
    said = gettext("The plan has no such day. It runs from {first} to {last}; choose a day between them.")
    return nearest, said.format(first=plans.long_day(first), last=plans.long_day(last))


def _where(plan: PlanPage, step: Step | None, day: date) -> str:
    if step is None:
        return (
            gettext("After the last dose") if day > plan.schedule.start else gettext("Before the first day")
        )
    nth, steps = (day - step.start).days + 1, len(plan.schedule.steps)
    if day > step.end or (plan.schedule.maintenance and step.n == steps):
        # A dose that stays has no last day.
        said = gettext("Step {n} of {all}, day {day}").format(n=step.n, all=steps, day=nth)
    else:
        said = gettext("Step {n} of {all}, day {day} of {days}").format(
            n=step.n, all=steps, day=nth, days=step.days
        )
    kind = plan.schedule.as_read().steps[step.n - 1].kind
    return said if kind in (StepKind.START, StepKind.CUT) else f"{said}: {kind_words(kind)}"


def _lines(plan: PlanPage, step: Step | None, day: date) -> list[DoseLine]:
    if step is None or step.kind is StepKind.PAUSE:
        return []
    marks = dose_marks.marks_on(plan.id, day)
    said = {"planned": gettext("marked as taken"), "other": gettext("marked: something else")}
    found = []
    for dose in step.doses:
        mark = marks.get((dose.time.value, dose.drug))
        found.append(
            DoseLine(
                time_words(dose.time),
                drug_words(dose.drug, clinician=True),
                dose.dose.mg,
                ", ".join(take_words(take) for take in dose.take),
                said.get(mark.how, "") if mark is not None else "",
            )
        )
    return found


def _taken(mark: TakenMark | None, plan: PlanPage, step: Step | None, day: date) -> str:
    if mark is None:
        return (
            gettext("This day is to come.")
            if day > plan.patient.today
            else gettext("No dose was reported for this day.")
        )
    if mark.amount is None or step is None:
        return reported_words(mark.how)
    return amount_words(mark.amount, step.day, as_planned=mark.how == "planned")


def _source(actor: Actor, plan: PlanPage, mark: TakenMark | None, day: date) -> str:
    """How it is known."""
    if mark is None:
        return ""
    if mark.source is TakenSource.TICKS:
        return gettext("Marked by the patient, dose by dose.")
    if mark.source is TakenSource.RECORD:
        told = taken.of_day(actor, plan.id, day)
        if told is None:
            return ""
        said = gettext("Recorded by {who} on {on}: reported by {by}, since {since}. {note}").format(
            who=told.by,
            on=plans.long_day(told.at.astimezone(clock.zone_of(plan.patient.clinic_zone)).date()),
            by=TOLD_BY.get(told.told_by, told.told_by),
            since=plans.long_day(told.first),
            note=told.note,
        )
        return said.strip()
    on = plans.long_day(mark.told_on) if mark.told_on is not None else ""
    if mark.told_on == day:
        return gettext("From the check-in of this day, about the seven days before it.")
    return gettext("From the check-in of {day}, about the seven days before it.").format(day=on)


def _checkin(actor: Actor, row: CheckinRow) -> CheckInOfDay:
    said = f"{purpose_text(row.purpose)}: {state_text(row.state)}"
    if row.checkin_id is None:
        return CheckInOfDay(row, said, (), [], [])
    detail = responses.response_detail(actor, row.checkin_id)
    rows = answer_rows(detail.table)
    scales = len(detail.table.scales)
    stands = [n for n, one in enumerate(rows) if n < scales or one["changed"] or _flagged(one)]
    return CheckInOfDay(
        row,
        said,
        tuple(dict.fromkeys(flag_sentence(flag.rule, flag.facts) for flag in detail.flags)),
        [rows[n] for n in stands],
        [one for n, one in enumerate(rows) if n not in stands],
    )


def _flagged(row: dict[str, object]) -> bool:
    return any(cast(dict[str, bool], row["severity_is"]).values())
