"""The data of the picture of one plan: stairs, the first version's ghost, answers, check-ins and flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from plans.domain.taper.schedule import Schedule
from plans.models import CheckIn, DoseMark, Flag, Occasion, Plan, PlanVersion
from plans.services import clock
from plans.services.access import reach_plan
from plans.services.actors import Actor, May
from plans.services.plans import versions
from plans.services.plans.history import full_schedule, schedule_of
from plans.services.plans.picture_data import (
    Asked,
    FlagMark,
    Lane,
    LanePoint,
    PictureData,
    Taken,
    Tread,
    treads_of,
)

# Lanes: code, the items that are added up, the highest value, and the value to look at twice. PHQ-2 and GAD-2 at 3
# (Kroenke 2003 and 2007); our own items at "severe".
_LANES: Final = (
    ("phq2", ("phq_1", "phq_2"), 6, 3),
    ("gad2", ("gad_1", "gad_2"), 6, 3),
    ("sleep", ("sx_sleep",), 4, 3),
    ("swings", ("sx_swings",), 4, 3),
)
# An answer about doses speaks of the last seven days.
_RECALL: Final = 7


def picture(actor: Actor, plan_id: UUID) -> PictureData:
    """Everything the picture of a plan shows, on the patient's today. Raises NotFound."""
    plan = reach_plan(actor, plan_id, May.LOOK)
    return picture_of(plan)


def picture_of(plan: Plan) -> PictureData:
    """The same for a plan's row; `plan.patient` is read. Raises ValueError for a plan never issued."""
    rows = list(PlanVersion.objects.filter(plan=plan).order_by("number"))
    if not rows:
        raise ValueError("a plan without a version has no picture")
    table = versions.read(rows[-1]).request.equivalence
    treads, named = treads_of(full_schedule(plan), table)
    ghost = _ghost(schedule_of(rows[0]), treads, table) if len(rows) > 1 else ()
    occasions = list(
        Occasion.objects.filter(plan=plan).exclude(state="cancelled").order_by("local_date", "id")
    )
    sheets = list(CheckIn.objects.filter(plan=plan, state="submitted").order_by("local_date", "submitted_at"))
    today = clock.today(plan.patient.zone)
    flags = Flag.objects.filter(patient_id=plan.patient_id, raised_at__gte=plan.created_at).order_by(
        "raised_at", "id"
    )
    zone = clock.zone_of(plan.patient.zone)
    return PictureData(
        drug=plan.drug,
        table=named,
        treads=treads,
        today=today,
        ghost=ghost,
        lanes=tuple(_lane(code, items, top, watch, sheets, occasions) for code, items, top, watch in _LANES),
        asked=tuple(Asked(one.local_date, one.state) for one in occasions),
        flags=tuple(
            FlagMark(flag.raised_at.astimezone(zone).date(), flag.severity, flag.rule, flag.facts)
            for flag in flags
        ),
        taken=_taken(sheets, _ticked(plan)),
    )


def _ghost(first: Schedule, treads: Sequence[Tread], table: str) -> tuple[Tread, ...]:
    """The first version from the day on which the plan parted from it; empty where it never did."""
    planned, _ = treads_of(first, table)
    parted = next(
        (
            step.start
            for step in planned
            if not any(t.start <= step.start <= t.end and t.dose == step.dose for t in treads)
        ),
        None,
    )
    if parted is None:
        return ()
    before = [step for step in planned if step.end < parted]
    return tuple(before[-1:]) + tuple(step for step in planned if step.end >= parted)


def _value(answers: Mapping[str, Any], items: Sequence[str]) -> int | None:
    """The sum of answered items; None where one is missing or withheld: nothing is made up."""
    values = [str(answers.get(item, "")) for item in items]
    if not all(len(value) == 1 and value in "01234" for value in values):
        return None
    return sum(int(value) for value in values)


def _lane(
    code: str,
    items: Sequence[str],
    top: int,
    watch: int,
    sheets: Sequence[CheckIn],
    occasions: Sequence[Occasion],
) -> Lane:
    points = {sheet.local_date: _value(sheet.answers, items) for sheet in sheets}
    for one in occasions:
        if one.state == "missed":
            points.setdefault(one.local_date, None)
    return Lane(code, top, watch, tuple(LanePoint(day, points[day]) for day in sorted(points)))


def _ticked(plan: Plan) -> tuple[date, ...]:
    """Days on which the patient ticked off every planned dose as taken."""
    marks: dict[date, list[str]] = defaultdict(list)
    for on, how in DoseMark.objects.filter(plan=plan).values_list("on", "how"):
        marks[on].append(how)
    if not marks:
        return ()
    schedule = full_schedule(plan)
    whole = []
    for on, hows in marks.items():
        step = schedule.step_on(on)
        if step is not None and hows == ["planned"] * len(step.doses):
            whole.append(on)
    return tuple(whole)


def _taken(sheets: Sequence[CheckIn], ticked: Sequence[date] = ()) -> tuple[Taken, ...]:
    """Days reported as taken: ticked off, the seven before an answer "as planned", the day itself for any other."""
    found: dict[Any, str] = dict.fromkeys(ticked, "planned")
    for sheet in sheets:
        how = str(sheet.answers.get("dose_taken", ""))
        if how == "planned":
            for back in range(1, _RECALL + 1):
                found.setdefault(sheet.local_date - timedelta(days=back), how)
        elif how in ("fewer", "extra", "none"):
            found[sheet.local_date] = how
    return tuple(Taken(day, found[day]) for day in sorted(found))
