"""The data of the picture of one plan: the dose as steps, the first version behind it, answers, check-ins and flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from plans.domain.checkins.flagging import Thresholds
from plans.domain.checkins.lanes import LANES, LaneSet, LaneSpec, lanes_in
from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.taper.schedule import Schedule
from plans.models import CheckIn, DoseMark, Flag, Occasion, Plan, PlanVersion
from plans.services import clock
from plans.services.access import get_plan_for
from plans.services.actors import Actor, May
from plans.services.checkins.rules import thresholds_of
from plans.services.plans import versions
from plans.services.plans.history import full_schedule, schedule_of
from plans.services.plans.picture_data import (
    CheckInPoint,
    FlagMark,
    LanePoint,
    PictureData,
    PictureLane,
    TakenMark,
    Tread,
    level_of,
    stairs_of,
)

_MOST_BESIDE: Final = 5

# An answer about doses speaks of the last seven days.
_RECALL: Final = 7


def picture(actor: Actor, plan_id: UUID, *, lanes: LaneSet = LaneSet.CORE) -> PictureData:
    """Everything the picture of a plan shows, on the patient's today, with one set of lanes. Raises NotFound."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    return picture_of(plan, lanes=lanes)


def picture_beside(actor: Actor, plan_id: UUID, flagged: Iterable[str]) -> PictureData:
    """The same for a review item: the lanes of the answers that its flags rest on stand first. Raises NotFound."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    return picture_of(plan, flagged=tuple(flagged))


def picture_of(
    plan: Plan, *, lanes: LaneSet = LaneSet.CORE, flagged: tuple[str, ...] | None = None
) -> PictureData:
    """The same for a plan's row; `plan.patient` and its clinic are read. Raises ValueError for a plan never issued."""
    rows = list(PlanVersion.objects.filter(plan=plan).order_by("number"))
    if not rows:
        raise ValueError("a plan without a version has no picture")
    table = versions.read(rows[-1]).request.equivalence
    schedule = full_schedule(plan)
    stairs = stairs_of(schedule, table)
    ghost = _ghost(schedule_of(rows[0]), stairs.treads, table) if len(rows) > 1 else ()
    occasions = list(
        Occasion.objects.filter(plan=plan).exclude(state=OccasionState.CANCELLED).order_by("local_date", "id")
    )
    sheets = list(
        CheckIn.objects.filter(plan=plan, state=CheckInState.SUBMITTED).order_by("local_date", "submitted_at")
    )
    today = clock.today(plan.patient.zone)
    flags = Flag.objects.filter(patient_id=plan.patient_id, raised_at__gte=plan.created_at).order_by(
        "raised_at", "id"
    )
    zone = clock.zone_of(plan.patient.zone)
    limits = thresholds_of(plan.patient.clinic, plan.patient)
    return PictureData(
        stairs=stairs,
        today=today,
        ghost=ghost,
        lanes=_lanes_of(lanes, limits, sheets, occasions)
        if flagged is None
        else _lanes_beside(flagged, limits, sheets, occasions),
        level=level_of(schedule, table) if lanes is LaneSet.LEVEL else None,
        asked=tuple(CheckInPoint(one.local_date, one.state) for one in occasions),
        flags=tuple(
            FlagMark(flag.raised_at.astimezone(zone).date(), flag.severity, flag.rule, flag.facts)
            for flag in flags
        ),
        taken=_taken(sheets, _ticked(plan)),
    )


def _ghost(first: Schedule, treads: Sequence[Tread], table: str) -> tuple[Tread, ...]:
    """The first version from the day on which the plan parted from it; empty where it never did."""
    planned = stairs_of(first, table).treads
    parted = next(
        (
            step.start
            for step in planned
            if not any(t.start <= step.start <= t.end and t.day == step.day for t in treads)
        ),
        None,
    )
    if parted is None:
        return ()
    before = [step for step in planned if step.end < parted]
    return tuple(before[-1:]) + tuple(step for step in planned if step.end >= parted)


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


def _taken(sheets: Sequence[CheckIn], ticked: Sequence[date] = ()) -> tuple[TakenMark, ...]:
    """Days reported as taken: ticked off, the seven before an answer "as planned", the day itself for any other."""
    found: dict[date, str] = dict.fromkeys(ticked, "planned")
    for sheet in sheets:
        how = str(sheet.answers.get("dose_taken", ""))
        if how == "planned":
            for back in range(1, _RECALL + 1):
                found.setdefault(sheet.local_date - timedelta(days=back), how)
        elif how in ("fewer", "extra", "none"):
            found[sheet.local_date] = how
    return tuple(TakenMark(day, found[day]) for day in sorted(found))


def _lanes_of(
    shown: LaneSet, thresholds: Thresholds, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[PictureLane, ...]:
    """The lanes of a set; `sheets` and `occasions` in the order of their days."""
    return _drawn(lanes_in(shown), thresholds, sheets, occasions)


def _lanes_beside(
    flagged: Iterable[str], thresholds: Thresholds, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[PictureLane, ...]:
    """The core lanes after those that flags rest on: what an item is about stands first. `flagged`: codes
    of items and scales."""
    core = lanes_in(LaneSet.CORE)
    about = [LANES[code] for code in LANES if code in frozenset(flagged) and LANES[code] not in core]
    return _drawn((*about, *core)[:_MOST_BESIDE], thresholds, sheets, occasions)


def _drawn(
    specs: Sequence[LaneSpec],
    thresholds: Thresholds,
    sheets: Sequence[CheckIn],
    occasions: Sequence[Occasion],
) -> tuple[PictureLane, ...]:
    return tuple(_lane(spec, int(getattr(thresholds, spec.watch)), sheets, occasions) for spec in specs)


def _lane(
    spec: LaneSpec, watch: int, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> PictureLane:
    if spec.items:
        points = {sheet.local_date: spec.value(sheet.answers) for sheet in sheets}
    else:
        # A long scale is not asked every week: a check-in without it is no gap.
        points = {
            sheet.local_date: sheet.scores[spec.code]["total"]
            for sheet in sheets
            if spec.code in sheet.scores
        }
    for one in occasions:
        if one.state == OccasionState.MISSED:
            points.setdefault(one.local_date, None)
    return PictureLane(
        spec.code, spec.top, watch, tuple(LanePoint(day, points[day]) for day in sorted(points))
    )
