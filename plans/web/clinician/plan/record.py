"""A plan as text for the clinic's own record, to be copied in one go, and as data for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from plans.domain.amounts import NBSP
from plans.domain.taper.clinic_limits import agreed
from plans.domain.taper.engine import assess
from plans.domain.taper.limit_rules import LimitLevel
from plans.services import clock
from plans.services.actors import Actor, May
from plans.services.plans import export, queries
from plans.services.plans.export import ExportKind
from plans.services.plans.queries import PlanPage
from plans.services.review.of_patient import open_items
from plans.web import layout_context
from plans.web.clinician.plan.views import FigureView, facts_of, figures
from plans.web.clinician.review_lines import why_words
from plans.web.forms import single
from plans.web.gate import StaffRequest, staff_page
from plans.wording import plans
from plans.wording.directions import step_words
from plans.wording.lanes import severity_name
from plans.wording.second_signature import hands_words
from plans.wording.taken import regimen_words
from plans.wording.taper import forms_as_in, reason_words, says

_COMING: Final = 6
_NAMES: Final = {
    ExportKind.STEPS: _("Steps (CSV)"),
    ExportKind.DAYS: _("Days (CSV)"),
    ExportKind.ANSWERS: _("Answers (CSV)"),
    ExportKind.WHOLE: _("Everything (JSON)"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.LOOK)
def plan_record(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """The text for the record; a button takes the plan along as a file."""
    actor = cast(StaffRequest, request).actor
    problem = ""
    if request.method == "POST":
        asked = single(request.POST, "what")
        kind = next((kind for kind in ExportKind if kind.value == asked), None)
        if kind is not None:
            return _file(export.export(by=actor, plan_id=plan_id, kind=kind))
        problem = gettext("Choose what to export: steps, days, answers or everything.")
    plan = queries.plan_page(actor, plan_id)
    with forms_as_in(plan.request.country):
        # Records that are pasted into keep no non-breaking spaces.
        text = "\n".join(record_lines(actor, plan)).replace(NBSP, " ")
    context = {
        "plan": plan,
        "patient": plan.patient,
        "text": text,
        "exports": [(kind.value, name) for kind, name in _NAMES.items()],
        "problem": problem,
    }
    return layout_context.page(request, "clinic/plan_record.html", context, status=422 if problem else 200)


def _file(made: export.Export) -> HttpResponse:
    answer = HttpResponse(made.text, content_type=f"{made.media_type}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer


def record_lines(actor: Actor, plan: PlanPage) -> Iterator[str]:
    """The plan in plain lines: who, where the plan stands, what changed last, what comes, findings, open items."""
    who = plan.patient
    yield gettext("{name}, born {born} ({age}), record {record}").format(
        name=who.name, born=plans.long_day(who.born), age=who.age, record=who.record_no
    )
    yield gettext("Taper plan, version {n}: {state}. Written {at}.").format(
        n=plan.version,
        state=plans.state_words(plan.state, plan.since),
        at=plans.long_day(clock.today(who.clinic_zone)),
    )
    yield ""
    yield from (_figure(figure) for figure in figures(plan))
    yield from (f"{name}: {value}" for name, value in facts_of(plan))
    for title, lines in (
        (gettext("Last change"), list(_last_change(plan))),
        (gettext("Dose changes to come"), list(_coming(plan))),
        (gettext("Dose actually taken"), list(_taken(plan))),
        (gettext("Limit findings and reasons given"), list(_findings(plan))),
        (gettext("Open review items"), list(_items(actor, plan))),
    ):
        if lines:
            yield from ("", title, *(f"- {line}" for line in lines))


def _figure(figure: FigureView) -> str:
    small = f" ({figure.small})" if figure.small else ""
    return f"{figure.name}: {figure.value}{small}"


def _last_change(plan: PlanPage) -> Iterator[str]:
    last = plan.versions[0]
    yield gettext("Version {n}, {day}, {who}: {story}").format(
        n=last.number,
        day=plans.long_day(last.made_on),
        who=hands_words(last.by, last.second),
        story=plans.version_story(last.kind, last.facts, last.dose),
    )
    if last.note:
        yield gettext("Reason: {note}").format(note=" ".join(last.note.split()))


def _coming(plan: PlanPage) -> Iterator[str]:
    """The next changes, and how many come after them."""
    steps = [
        step for step in plan.schedule if step.start > plan.patient.today and plan.schedule.changes(step)
    ]
    for step in steps[:_COMING]:
        yield f"{plans.long_day(step.start)}: {step_words(step, clinician=True)}"
    more = len(steps) - _COMING
    if more > 0:
        yield gettext("and {n} more until {day}").format(n=more, day=plans.long_day(steps[-1].start))


def _taken(plan: PlanPage) -> Iterator[str]:
    for one in plan.recorded:
        until = plans.long_day(one.last) if one.last is not None else gettext("now")
        yield gettext("{first} to {last}: {doses}").format(
            first=plans.long_day(one.first), last=until, doses=regimen_words(one.regimen)
        )


def _findings(plan: PlanPage) -> Iterator[str]:
    """What needed a reason, the reasons, and how many notes there are beside them."""
    verdicts = assess(plan.request, plan.schedule, recorded=plan.recorded, agreed=plan.agreed).verdicts
    yield from (
        says(verdict) for verdict in verdicts if verdict.level is not LimitLevel.NOTE or agreed(verdict.facts)
    )
    for row in plan.versions:
        yield from (reason_words(reason) for reason in row.reasons)
    notes = sum(verdict.level is LimitLevel.NOTE and not agreed(verdict.facts) for verdict in verdicts)
    if notes:
        yield ngettext("{n} note on the plan page", "{n} notes on the plan page", notes).format(n=notes)


def _items(actor: Actor, plan: PlanPage) -> Iterator[str]:
    for item in open_items(actor, plan.patient.id):
        yield f"{severity_name(item.severity)}: {why_words(item)[0]}"
