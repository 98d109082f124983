"""The page of an issued plan: facts, open item, figures, picture, steps, documents, versions, acts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from plans.domain.checkins.lanes import LaneSet
from plans.domain.checkins.states import OccasionState
from plans.domain.documents.calendar import last_shown_day
from plans.domain.documents.kinds import CALENDAR
from plans.domain.documents.states import BEING_DRAWN
from plans.domain.taper.end_limits import low_days
from plans.domain.taper.engine import Taper, assess
from plans.domain.taper.plan_states import (
    LIVE,
    REVISIONS,
    TRANSITIONS,
    PlanAct,
    PlanActor,
    PlanState,
    allowed,
)
from plans.domain.taper.schedule import StepKind
from plans.services import clock, documents
from plans.services.accounts import clinic_card
from plans.services.actors import Actor, May
from plans.services.plans import pictures, proposals, queries, taken
from plans.services.plans.picture_data import ExposureLevel, PictureData, TakenMark
from plans.services.plans.queries import PlanPage, VersionRow
from plans.services.review.of_patient import open_items
from plans.web import layout_context
from plans.web.clinician.care_words import care_context, taken_context
from plans.web.clinician.picture import drawing as picture
from plans.web.clinician.plan.asked import asked_facts
from plans.web.clinician.plan.reviews import reviews
from plans.web.clinician.plan.steps import StepRow, step_rows, totals
from plans.web.clinician.review_lines import item_line
from plans.web.gate import staff_page
from plans.wording import documents as document_words
from plans.wording import plans
from plans.wording.directions import step_words
from plans.wording.doses import day_dose_words, drugs_words
from plans.wording.flags import flag_sentence
from plans.wording.lanes import lane_name, lane_scale, severity_name
from plans.wording.levels import level_missing, level_notes, level_range, set_name
from plans.wording.patient_facts import fact_words
from plans.wording.people import still_to_ask_words
from plans.wording.second_signature import hands_words
from plans.wording.taper import (
    condition_words,
    forms_as_in,
    indication_words,
    listed,
    mark_words,
    reason_words,
    says,
    substance_words,
    table_words,
)

_STEPS_BEFORE: Final = 2
_STEPS_SHOWN: Final = 7


@dataclass(frozen=True, slots=True)
class FigureView:
    """One figure: its name, its value, and a second line."""

    name: str
    value: str
    small: str


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version in words."""

    number: int
    current: bool
    made: str
    by: str
    story: str
    note: str
    last_dose: str
    replaced: str
    reasons: tuple[str, ...] = ()


@require_safe
@staff_page(May.LOOK)
def plan_page(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """An issued plan."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    plan = queries.plan_page(actor, plan_id)
    taper = assess(plan.request, plan.schedule, recorded=plan.recorded, agreed=plan.agreed)
    with forms_as_in(plan.request.country):
        rows = step_rows(taper, plan.patient.today)
        shown = figures(plan)
    document_rows = documents.for_plan(actor, plan_id)
    items = open_items(actor, plan.patient.id)
    taken_now = taken_context(actor, plan_id) if plan.state in LIVE else None
    context = {
        "plan": plan,
        "patient": plan.patient,
        "zone": plan.patient.clinic_zone,
        "state": plans.state_words(plan.state, plan.since),
        "state_name": plans.STATE_NAMES[plan.state],
        "facts": facts_of(plan),
        "still_to_ask": still_to_ask_words(plan.patient.to_ask),
        "reviews": reviews(actor, plan.schedule.drugs),
        "build_up": _build_up(taper, plan.patient.today),
        "figures": shown,
        "item": item_line(items[0], clock.now()) if items else None,
        "more_items": max(0, len(items) - 1),
        "picture": picture_view(actor, plan_id, request.GET),
        "rows": _around_today(rows, plan),
        "all_rows": rows,
        "documents": document_rows,
        "document_choices": document_words.choices(),
        "other_dose_on": taken.other_dose_on_record(actor, plan_id),
        "opened": documents.last_opened(actor, plan_id),
        "days_read": _days_read(plan)
        if any(row.ready and row.kind == CALENDAR.code for row in document_rows)
        else 0,
        # Documents can be requested while the plan is running.
        "clinic_paper": clinic_card(actor).paper if plan.state in LIVE - {PlanState.PAUSED} else "",
        "drawing": any(row.state in BEING_DRAWN for row in document_rows),
        "no_worker": any(row.state in BEING_DRAWN and not row.worker_alive for row in document_rows),
        "versions": tuple(_version(row, plan) for row in plan.versions),
        "acts": _acts(plan, actor),
        "waits": next((one for one in proposals.waits_for(actor, plan.patient.id) if not one.issue), None),
        "may_plan": actor.may(May.PLAN),
        **care_context(actor, plan.patient.id),
        "taken": taken_now,
        "may_record": _may_record(plan, actor),
        "more": _more(plan, actor, taken_now),
        # A plan at maintenance, in follow-up or ended can be replaced by a new one; not if somebody else treats the
        # patient now.
        "may_replace": plan.in_care
        and (plan.state not in LIVE or (plan.state, PlanAct.REPLACE) in TRANSITIONS),
    }
    return layout_context.page(request, "clinic/plan.html", context)


def _may_record(plan: PlanPage, actor: Actor) -> bool:
    """Whether a dose taken otherwise than planned can be recorded."""
    return actor.may(May.PLAN) and plan.state in LIVE and plan.state is not PlanState.PAUSED


def _more(plan: PlanPage, actor: Actor, standing: object) -> tuple[tuple[str, str], ...]:
    """What is done less often, as addresses with their names, for the menu beside the buttons."""
    found = []
    if _may_record(plan, actor) and not standing:
        found.append((reverse("plan-taken", args=[plan.id]), gettext("Takes a different dose")))
    if actor.may(May.PLAN) and plan.goal_on is not None and plan.state in LIVE:
        name = gettext("Change the review date") if plan.review_on else gettext("Set a review date")
        found.append((reverse("plan-review-date", args=[plan.id]), name))
    return tuple(found)


def _build_up(taper: Taper, today: date) -> tuple[str, ...]:
    """How long a drug that was switched to builds up, until it has."""
    return tuple(
        f"{says(one)} {one.source} ({mark_words(one.mark)})."
        for one in taper.verdicts
        if one.rule == "accumulation" and today.isoformat() <= str(one.facts["reached_on"])
    )


def _around_today(rows: tuple[StepRow, ...], plan: PlanPage) -> tuple[StepRow, ...]:
    at = plan.step.n - 1 if plan.step else 0 if plan.patient.today < plan.schedule.start else len(rows)
    first = max(0, min(at - _STEPS_BEFORE, len(rows) - _STEPS_SHOWN))
    return rows[first : first + _STEPS_SHOWN]


def _days_read(plan: PlanPage) -> int:
    """The number of days on the calendar in force; it is offered only if every one was read back correctly."""
    schedule, made_on = plan.present, plan.versions[0].made_on
    return max(0, (last_shown_day(schedule) - max(schedule.start, made_on)).days + 1)


def _acts(plan: PlanPage, actor: Actor) -> tuple[str, ...]:
    """The acts possible now, in the order of the buttons."""
    if not actor.may(May.PLAN) or not plan.in_care or plan.patient.today > plan.schedule.end:
        return ()
    possible = allowed(plan.state, PlanActor.CLINICIAN)
    return tuple(act.value for act in REVISIONS if act in possible)


def facts_of(plan: PlanPage) -> tuple[tuple[str, str], ...]:
    """The line of facts: what matters on the record for this plan."""
    who = plan.patient
    none = gettext("none on record")
    found = [(gettext("For"), indication_words(who.indication))]
    open_, left = set(who.to_ask), gettext("still to ask")
    for code, name, words in (
        ("conditions", gettext("Conditions"), [condition_words(one) for one in who.conditions]),
        ("substances", gettext("Substances"), [substance_words(one) for one in who.substances]),
    ):
        found.append((name, listed(words) or (left if code in open_ else none)))
    also = listed([fact_words(code) for code in who.medicines])
    if also:
        found.append((gettext("Also takes"), also))
    found.append((gettext("Equivalents"), table_words(plan.request.equivalence)))
    found += asked_facts(plan.request, plan.present)
    low = low_days(plan.present, plan.request.equivalence)
    if low:
        found.append(
            (gettext("Under 1 mg of diazepam equivalent"), plans.low_days_words(low, plan.present.days))
        )
    found.append((gettext("Issued by"), hands_words(plan.signed_by, plan.signed_second)))
    return tuple(found)


def _rests(plan: PlanPage) -> bool:
    """Whether nobody follows the plan: the patient is in hospital, or it was ended before its last day."""
    return plan.state is PlanState.PAUSED or bool(plan.ended_because)


def figures(plan: PlanPage) -> tuple[FigureView, ...]:
    """Where the plan stands: the dose, the next change, the last dose, supply and check-ins."""
    return _figures_at_rest(plan) if _rests(plan) else _figures_under_way(plan)


def _figures_at_rest(plan: PlanPage) -> tuple[FigureView, ...]:
    """The figures of a plan that is paused or was ended: nothing of it lies ahead."""
    last = plan.schedule.steps[-1]
    ended = plan.ended_on
    day = plans.short_day_year(ended) if ended is not None else plans.short_day_year(last.start)
    name = gettext("Dose when it ended") if ended is not None else gettext("Last known dose")
    answered = gettext("{n} of {all}").format(n=plan.answered, all=plan.asked)
    return (
        FigureView(name, day_dose_words(last.day, clinician=True), day),
        FigureView(gettext("Check-ins answered"), answered, ""),
    )


def _figures_under_way(plan: PlanPage) -> tuple[FigureView, ...]:
    schedule, today = plan.schedule, plan.patient.today
    step, change = plan.step, plan.next_change
    found = []
    if step is not None:
        # on a day off what the step is stays said beside it
        whole = schedule.steps[step.n - 1]
        by_time = step_words(whole, clinician=True) if whole.doses else ""
        found.append(FigureView(gettext("Dose today"), totals(step), by_time))
        if plan.state is PlanState.MAINTENANCE:
            day = gettext("stays since {day}").format(day=plans.short_day_year(plan.since))
        elif plan.state is PlanState.HELD and plan.held_until is None:
            day = gettext("held until reviewed, since {day}").format(day=plans.short_day_year(plan.since))
        else:
            day = gettext("since {day}, day {n} of {all}").format(
                day=plans.short_day(step.start), n=(today - step.start).days + 1, all=step.days
            )
        count = gettext("{n} of {all}").format(n=step.n, all=len(schedule.steps))
        found.append(FigureView(gettext("Step"), count, day))
    else:
        begun = gettext("begins {day}").format(day=plans.long_day(schedule.start))
        ended = gettext("ended {day}").format(day=plans.long_day(schedule.end))
        over, drugs = today > schedule.end, drugs_words(schedule.drugs, clinician=True)
        found.append(
            FigureView(drugs, gettext("Over") if over else gettext("Not begun"), ended if over else begun)
        )
    if change is not None:
        away = gettext("{day}, in {days}").format(
            day=plans.weekday_day(change.start), days=plans.days_count((change.start - today).days)
        )
        rises = change.kind in (StepKind.RISE, StepKind.STEP_BACK)
        name = gettext("Next change: higher dose") if rises else gettext("Next change")
        found.append(FigureView(name, totals(change), away))
    found.append(_last_dose(plan))
    if plan.run_out is not None:
        fill = gettext("fills of {days}").format(days=plans.days_count(plan.request.dispense_days))
        found.append(FigureView(gettext("Supply planned until"), plans.short_day_year(plan.run_out), fill))
    day = str(plans.WEEKDAYS_PLURAL[plan.patient.checkin_weekday])
    when = f"{day} {plan.patient.checkin_time:%H:%M}"
    if plan.next_checkin is not None:
        when = gettext("{when}, next {day}").format(when=when, day=plans.short_day(plan.next_checkin))
    answered = gettext("{n} of {all}").format(n=plan.answered, all=plan.asked)
    found.append(FigureView(gettext("Check-ins answered"), answered, when))
    return tuple(found)


def _last_dose(plan: PlanPage) -> FigureView:
    if plan.last_dose is None:
        stays = plan.schedule.steps[-1]
        small = (
            gettext("review {day}").format(day=plans.short_day_year(plan.review_on))
            if plan.review_on
            else gettext("no review date")
        )
        return FigureView(gettext("Stays at"), totals(stays), small)
    small = ""
    if plan.version > 1 and plan.first_last_dose is not None:
        moved = (plan.last_dose - plan.first_last_dose).days
        if moved > 0:
            small = gettext("{time} later than version 1").format(time=plans.weeks_count(moved))
        elif moved < 0:
            small = gettext("{time} earlier than version 1").format(time=plans.weeks_count(-moved))
        else:
            small = gettext("as in version 1")
    return FigureView(gettext("Last dose"), plans.short_day_year(plan.last_dose), small)


def _version(row: VersionRow, plan: PlanPage) -> VersionView:
    return VersionView(
        number=row.number,
        current=row.number == plan.version,
        made=plans.short_day(row.made_on),
        by=hands_words(row.by, row.second),
        story=plans.version_story(row.kind, row.facts, row.dose),
        note=row.note,
        last_dose=plans.short_day_year(row.last_dose) if row.last_dose else gettext("stays"),
        replaced=plans.at(row.replaced_at, plan.patient.clinic_zone) if row.replaced_at else "",
        reasons=tuple(reason_words(reason) for reason in row.reasons),
    )


_RECENT_WEEKS: Final = 12
_WHOLE, _RECENT, _OWN = "whole", "recent", "own"
# The fewest days between the first and the last day of a span.
_SHORTEST: Final = 6
# Without a chosen span a narrow screen shows the last weeks, a wide one the whole plan.
_WIDE, _NARROW = "wide-only", "narrow-only"


@dataclass(frozen=True, slots=True)
class PictureTab:
    """One choice above the picture."""

    key: str
    name: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class PictureDrawing:
    """A drawing with the tabs of its span; `css` says on which screens it is shown ("" for all)."""

    css: str
    svg: SafeString
    spans: tuple[PictureTab, ...]


@dataclass(frozen=True, slots=True)
class OwnSpan:
    """The form for a span of one's own: the days in it, the bounds, what is wrong with it, and what else the address
    says."""

    first: str
    last: str
    earliest: str
    latest: str
    problem: str
    lines: str
    address: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One check-in of the picture as a row of the same table."""

    day: str
    address: str
    dose: str
    values: tuple[str, ...]
    events: str


@dataclass(frozen=True, slots=True)
class PictureView:
    """The picture, and the same as a table, for `parts/picture.html`. `notes`: what the level was computed from."""

    drawings: tuple[PictureDrawing, ...]
    sets: tuple[PictureTab, ...]
    lanes: tuple[str, ...]
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...]
    missing: str
    own: OwnSpan


def picture_view(actor: Actor, plan_id: UUID, query: QueryDict) -> PictureView:
    """The picture as the address asks for it, with defaults for what is missing or wrong. Raises NotFound."""
    asked = query.get("lines", "")
    chosen = next((shown for shown in LaneSet if shown.value == asked), LaneSet.CORE)
    data = pictures.picture(actor, plan_id, lanes=chosen)
    span, problem = _own_span(query, data)
    window = query.get("window", "") if span is None else _OWN

    def drawing(name: str, css: str) -> PictureDrawing:
        weeks = _RECENT_WEEKS if name == _RECENT else None
        svg = picture.whole(data, weeks=weeks, span=span, key=f"pic-{name}")
        return PictureDrawing(css, svg, _spans(plan_id, name, chosen, css))

    known = window in (_WHOLE, _RECENT, _OWN)
    both = () if known else (drawing(_WHOLE, _WIDE), drawing(_RECENT, _NARROW))
    names = [f"{lane_name(lane.code)}, {lane_scale(lane.code, lane.top)}" for lane in data.lanes]
    level = data.level
    return PictureView(
        drawings=both or (drawing(window, ""),),
        sets=tuple(
            PictureTab(name.value, set_name(name), _address(plan_id, window, name, span), name == chosen)
            for name in LaneSet
        ),
        lanes=(*names, set_name(LaneSet.LEVEL)) if level is not None else tuple(names),
        rows=_table(data, plan_id),
        notes=level_notes(level.inputs, level.hours, level.table) if level and level.days else (),
        missing=level_missing(level.table) if level is not None and not level.days else "",
        own=OwnSpan(
            first=query.get("from", ""),
            last=query.get("to", ""),
            earliest=data.treads[0].start.isoformat(),
            latest=data.treads[-1].end.isoformat(),
            problem=problem,
            lines=chosen.value if chosen is not LaneSet.CORE else "",
            address=reverse("plan", args=[plan_id]),
        ),
    )


def _own_span(query: QueryDict, data: PictureData) -> tuple[tuple[date, date] | None, str]:
    """The span that the address names by its first and last day, and what is wrong with it."""
    typed = (query.get("from", ""), query.get("to", ""))
    if not any(typed):
        return None, ""
    try:
        first, last = (date.fromisoformat(raw) for raw in typed)
    except ValueError:
        return None, gettext("Give two days, the first and the last, as 2026-11-30. The whole plan is shown.")
    if last < first + timedelta(days=_SHORTEST):
        said = gettext("Give a last day at least {n} days after the first. The whole plan is shown.")
        return None, said.format(n=_SHORTEST)
    if last < data.treads[0].start or first > data.treads[-1].end:
        said = gettext("The plan has no day in this span: it runs from {first} to {last}. It is shown whole.")
        bounds = (plans.long_day(data.treads[0].start), plans.long_day(data.treads[-1].end))
        return None, said.format(first=bounds[0], last=bounds[1])
    return (first, last + timedelta(days=1)), ""


def _spans(plan_id: UUID, current: str, chosen: LaneSet, css: str) -> tuple[PictureTab, ...]:
    names = ((_WHOLE, gettext("Whole plan")), (_RECENT, gettext("Last 12 weeks")))
    return tuple(
        PictureTab(f"{span}{css}", name, _address(plan_id, span, chosen), span == current)
        for span, name in names
    )


def _address(plan_id: UUID, window: str, chosen: LaneSet, span: tuple[date, date] | None = None) -> str:
    own = (span[0], span[1] - timedelta(days=1)) if span is not None else ()
    query = {
        **{name: day.isoformat() for name, day in zip(("from", "to"), own, strict=False)},
        **({"window": window} if window in (_WHOLE, _RECENT) else {}),
        **({"lines": chosen.value} if chosen is not LaneSet.CORE else {}),
    }
    return reverse("plan", args=[plan_id]) + (f"?{urlencode(query)}" if query else "")


def _table(data: PictureData, plan_id: UUID) -> tuple[TableRow, ...]:
    values: dict[date, list[str]] = {}
    missed = {asked.day for asked in data.asked if asked.state == OccasionState.MISSED}
    width = len(data.lanes)
    for at, lane in enumerate(data.lanes):
        for point in lane.points:
            cells = values.setdefault(point.day, [""] * width)
            cells[at] = (
                gettext("missed") if point.day in missed else "" if point.value is None else str(point.value)
            )
    events: dict[date, list[str]] = {}
    for flag in data.flags:
        said = f"{severity_name(flag.severity)}: {flag_sentence(flag.rule, flag.facts)}"
        events.setdefault(flag.day, []).append(said)
    for mark in _changes_taken(data.taken):
        said = picture.taken_words(mark.day, mark.how)
        if mark.amount is not None:
            said = f"{said} ({day_dose_words(mark.amount, clinician=True)})"
        events.setdefault(mark.day, []).append(said)
    levels = _levels(data.level)
    days = {*values, *events} | {tread.start for tread in data.treads if data.level is not None}
    rows = []
    for day in sorted(days, reverse=True):
        tread = data.tread_on(day)
        dose = day_dose_words(tread.day, clinician=True) if tread is not None else ""
        cells = values.get(day, [""] * width)
        if data.level is not None:
            cells = [*cells, levels.get(day, "")]
        address = f"{reverse('plan-day', args=[plan_id])}?on={day.isoformat()}"
        rows.append(TableRow(plans.long_day(day), address, dose, tuple(cells), " ".join(events.get(day, []))))
    return tuple(rows)


def _changes_taken(marks: Iterable[TakenMark]) -> Iterator[TakenMark]:
    """Days reported otherwise than planned; of days in a row with one amount the first."""
    before: TakenMark | None = None
    for mark in marks:
        same = (
            before is not None
            and mark.amount is not None
            and (before.day + timedelta(days=1), before.how, before.amount)
            == (mark.day, mark.how, mark.amount)
        )
        if mark.how != "planned" and not same:
            yield mark
        before = mark


def _levels(level: ExposureLevel | None) -> dict[date, str]:
    days = level.days if level is not None else ()
    return {one.day: level_range(one.low, one.high) for one in days}
