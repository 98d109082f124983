"""The visit summary on one page to print: for the clinic with its notes, for the patient without them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, cast
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from plans.domain.taper.plan_states import LIVE
from plans.services import visit_summary
from plans.services.accounts import clinic_card
from plans.services.actors import Actor, May
from plans.services.plans import pictures, queries
from plans.services.plans.picture_data import PictureData, PictureLane
from plans.services.plans.queries import PlanPage
from plans.services.review.of_patient import open_items
from plans.services.visit_summary import VisitPage
from plans.web import layout_context
from plans.web.clinician.care_words import care_context, taken_context
from plans.web.clinician.picture import drawing
from plans.web.clinician.plan.steps import takes_by_time
from plans.web.clinician.plan.views import figures
from plans.web.clinician.review_lines import why_words
from plans.web.gate import StaffRequest, staff_page
from plans.web.untyped import Context
from plans.wording import plans
from plans.wording.checkins import change_text
from plans.wording.doses import day_dose_words
from plans.wording.flags import flag_sentence
from plans.wording.lanes import lane_name, lane_scale, severity_name
from plans.wording.review import OUTCOMES
from plans.wording.supply import home_lines, home_words
from plans.wording.taper import forms_as_in
from plans.wording.visit_summary import since_words, then_words

_WEEKS: Final = timedelta(weeks=8)
_MOST_BACK: Final = timedelta(weeks=26)
# What one page of paper has room for.
_MOST: Final = 5
_MOST_CHANGES: Final = 7


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A score then and now, in words; `then` is "" where nothing was answered by then."""

    name: str
    scale: str
    then: str
    now: str
    change: str


@dataclass(frozen=True, slots=True)
class Coming:
    """What begins on a day of the next weeks: a dose with its tablets by time of day, a visit, a review."""

    day: str
    what: str
    takes: tuple[tuple[str, str], ...] = ()


@require_safe
@staff_page(May.LOOK)
def plan_visit(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """The summary of today's visit; `for=patient` is the patient's, `since` the day to compare with."""
    actor = cast(StaffRequest, request).actor
    plan = queries.plan_page(actor, plan_id)
    since, problem = _since(request.GET.get("since", ""), plan)
    found = visit_summary.page(actor, plan_id, since=since)
    data = pictures.picture(actor, plan_id)
    of_patient = request.GET.get("for") == "patient"
    context: Context = {
        "place": "caseload",
        "plan": plan,
        "patient": plan.patient,
        "clinic_card": clinic_card(actor),
        "of_patient": of_patient,
        "language": plan.patient.language,
        "problem": problem,
        "since_typed": request.GET.get("since", "") or found.since.isoformat(),
        "other": _address(plan_id, request.GET.get("since", ""), of_patient=not of_patient),
        **care_context(actor, plan.patient.id),
    }
    if of_patient:
        with translation.override(plan.patient.language):
            said = {**context, **_shared(plan, found, data, clinic=False)}
            context["for_patient"] = SafeString(render_to_string("parts/visit_patient.html", said))
    else:
        context |= {**_shared(plan, found, data, clinic=True), **_of_clinic(actor, plan, found)}
    return layout_context.page(request, "clinic/plan_visit.html", context)


def _address(plan_id: UUID, since: str, *, of_patient: bool) -> str:
    query = {**({"for": "patient"} if of_patient else {}), **({"since": since} if _is_day(since) else {})}
    return reverse("plan-visit", args=[plan_id]) + (f"?{urlencode(query)}" if query else "")


def _is_day(raw: str) -> bool:
    try:
        date.fromisoformat(raw)
    except ValueError:
        return False
    return True


def _since(raw: str, plan: PlanPage) -> tuple[date | None, str]:
    """The day to compare with, and what is wrong with it."""
    if not raw:
        return None, ""
    if not _is_day(raw):
        return None, gettext("This is not a day. Choose one from the calendar, or write it as 2026-11-30.")
    day = date.fromisoformat(raw)
    if day >= plan.patient.today:
        return None, gettext("Choose a day before today to compare with.")
    return day, ""


def _shared(plan: PlanPage, found: VisitPage, data: PictureData, *, clinic: bool) -> Context:
    """What both show, in the language in force."""
    today = plan.patient.today
    first = max(min(found.since, today - _WEEKS), today - _MOST_BACK) - timedelta(days=3)
    with forms_as_in(plan.request.country):
        coming = list(_coming(plan, found, clinic=clinic))
    several = len(plan.schedule.drugs) > 1
    home = home_lines(found.at_home, country=plan.request.country, named=several, clinician=clinic)
    return {
        "title": gettext("Visit summary"),
        "since": since_words(found.since_is, found.since),
        "then": then_words(found.since),
        "picture": drawing.visit(data, (first, today + _WEEKS), clinic=clinic),
        "changes": [line for lane in data.lanes if (line := _change(lane, found.since)) is not None],
        "answered": _answered(found),
        "coming": coming[:_MOST_CHANGES],
        "more_coming": max(0, len(coming) - _MOST_CHANGES),
        "at_home": home,
        "home_words": home_words(found.counted_on, today) if home else "",
        "made": [
            (
                plans.short_day_year(row.made_on),
                plans.version_story(row.kind, row.facts, row.dose) if clinic else "",
                day_dose_words(row.dose, clinician=clinic),
                row,
            )
            for row in plan.versions
            if row.made_on >= found.since
        ][:_MOST],
        "dose_now": day_dose_words(plan.step.day, clinician=clinic) if plan.step is not None else "",
        "takes_now": takes_by_time(plan.step, plan.schedule, clinician=clinic) if plan.step else (),
    }


def _change(lane: PictureLane, since: date) -> AnswerChange | None:
    """A lane's last answer beside the last one by then; None if it was never answered."""
    points = [(point.day, point.value) for point in lane.points if point.value is not None]
    if not points:
        return None
    before = [value for day, value in points if day <= since]
    now = points[-1][1]
    new = points[-1][0] > since
    return AnswerChange(
        name=lane_name(lane.code),
        scale=lane_scale(lane.code, lane.top),
        then=str(before[-1]) if before else "",
        now=str(now) if new else "",
        change=change_text(now - before[-1]) if before and new else "",
    )


def _answered(found: VisitPage) -> tuple[int, int]:
    """How many check-ins were answered and how many missed since then."""
    recent = [one for one in found.facts.answered if one.on > found.since]
    missed = sum(one.missed for one in recent)
    return len(recent) - missed, missed


def _coming(plan: PlanPage, found: VisitPage, *, clinic: bool) -> Iterator[Coming]:
    """The dose now, and what comes in the next weeks, by day; nothing of a plan that nobody follows."""
    today, until = plan.patient.today, plan.patient.today + _WEEKS
    if not plan.in_care or plan.state not in LIVE:
        return
    rows: list[tuple[date, Coming]] = []
    for step in plan.schedule:
        if today < step.start <= until and (plan.schedule.changes(step) or step.n == 1):
            said = day_dose_words(step.day, clinician=clinic)
            takes = takes_by_time(step, plan.schedule, clinician=clinic)
            rows.append((step.start, Coming(plans.weekday_day(step.start), said, takes)))
    for visit in found.visits:
        if visit.on <= until:
            at = f", {visit.at:%H:%M}" if visit.at else ""
            said = gettext("Visit") + at + (f", {visit.with_whom}" if visit.with_whom else "")
            rows.append((visit.on, Coming(plans.weekday_day(visit.on), said)))
    if plan.review_on is not None and today <= plan.review_on <= until:
        rows.append(
            (plan.review_on, Coming(plans.weekday_day(plan.review_on), gettext("Review of the dose")))
        )
    yield from (row for _day, row in sorted(rows, key=lambda one: one[0]))


def _of_clinic(actor: Actor, plan: PlanPage, found: VisitPage) -> Context:
    """What only the clinic's shows: figures, flags, decisions with their notes, open items."""
    items = open_items(actor, plan.patient.id)
    raised = [one for one in found.facts.raised if one.severity != "info"]
    said = [
        (plans.short_day(one.on), severity_name(one.severity), flag_sentence(one.rule, one.facts))
        for one in reversed(raised)
    ]
    decided = [
        (plans.short_day(one.on), str(OUTCOMES.get(one.outcome, one.outcome)), one.note)
        for one in reversed(found.facts.decided)
    ]
    opened = [(severity_name(item.severity), why_words(item)[0]) for item in items]
    return {
        "figures": figures(plan),
        "state": plans.state_words(plan.state, plan.since),
        "raised": said[:_MOST],
        "more_raised": max(0, len(said) - _MOST),
        "decided": decided[:_MOST],
        "more_decided": max(0, len(decided) - _MOST),
        "items": opened[:_MOST],
        "more_items": max(0, len(opened) - _MOST),
        "taken": taken_context(actor, plan.id) if plan.state in LIVE else None,
    }
