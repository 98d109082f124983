"""Loading the picture of a plan: doses as stairs, the first version behind them, answers, check-ins and flags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from plans.domain.checkins.flagging import Thresholds
from plans.domain.checkins.lanes import LANES, LaneSet, LaneSpec, lanes_in
from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.errors import NotFound
from plans.domain.taper.schedule import Schedule
from plans.models import CheckIn, Flag, Occasion, Plan, PlanVersion
from plans.services import clock
from plans.services.access import get_plan_for
from plans.services.actors import Actor, May
from plans.services.checkins.rules import thresholds_of
from plans.services.plans import taken_days, versions
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


def picture(actor: Actor, plan_id: UUID, *, lanes: LaneSet = LaneSet.CORE) -> PictureData:
    """The picture of a plan, as of the patient's today, with one set of lanes. Raises NotFound."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    return picture_of(plan, lanes=lanes)


def taken_on(actor: Actor, plan_id: UUID, day: date) -> TakenMark | None:
    """What was reported about a day's doses, as the picture shows it; None if nothing was. Raises NotFound."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    if plan.active_version is None:
        raise NotFound(what="Plan")
    schedule, table = full_schedule(plan), versions.read(plan.active_version).request.equivalence
    today = clock.today(plan.patient.zone)
    marks = taken_days.marks(plan, schedule, stairs_of(schedule, table), _sent(plan), today)
    return next((mark for mark in marks if mark.day == day), None)


def picture_beside(actor: Actor, plan_id: UUID, flagged: Iterable[str]) -> PictureData:
    """The picture for a review item: the lanes of its flagged answers come first. Raises NotFound."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    return picture_of(plan, flagged=tuple(flagged))


def picture_of(
    plan: Plan, *, lanes: LaneSet = LaneSet.CORE, flagged: tuple[str, ...] | None = None
) -> PictureData:
    """The picture for a plan's row; `plan.patient` and its clinic are read. Raises ValueError for a plan never
    issued."""
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
    checkins = _sent(plan)
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
        lanes=_lanes_of(lanes, limits, checkins, occasions)
        if flagged is None
        else _lanes_beside(flagged, limits, checkins, occasions),
        level=level_of(schedule, table) if lanes is LaneSet.LEVEL else None,
        asked=tuple(CheckInPoint(one.local_date, one.state) for one in occasions),
        flags=tuple(
            FlagMark(flag.raised_at.astimezone(zone).date(), flag.severity, flag.rule, flag.facts)
            for flag in flags
        ),
        taken=taken_days.marks(plan, schedule, stairs, checkins, today),
    )


def _sent(plan: Plan) -> list[CheckIn]:
    """The check-ins that were sent, by their days."""
    rows = CheckIn.objects.filter(plan=plan, state=CheckInState.SUBMITTED)
    return list(rows.order_by("local_date", "submitted_at"))


def _ghost(first: Schedule, treads: Sequence[Tread], table: str) -> tuple[Tread, ...]:
    """The first version from the day on which the plan departed from it; empty if it never did."""
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


def _lanes_of(
    shown: LaneSet, thresholds: Thresholds, checkins: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[PictureLane, ...]:
    """The lanes of a set; `checkins` and `occasions` are in the order of their days."""
    return _drawn(lanes_in(shown), thresholds, checkins, occasions)


def _lanes_beside(
    flagged: Iterable[str], thresholds: Thresholds, checkins: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[PictureLane, ...]:
    """The lanes of flagged answers and then the core lanes. `flagged`: codes of items and scales."""
    core = lanes_in(LaneSet.CORE)
    about = [LANES[code] for code in LANES if code in frozenset(flagged) and LANES[code] not in core]
    return _drawn((*about, *core)[:_MOST_BESIDE], thresholds, checkins, occasions)


def _drawn(
    specs: Sequence[LaneSpec],
    thresholds: Thresholds,
    checkins: Sequence[CheckIn],
    occasions: Sequence[Occasion],
) -> tuple[PictureLane, ...]:
    return tuple(_lane(spec, int(getattr(thresholds, spec.watch)), checkins, occasions) for spec in specs)


def _lane(
    spec: LaneSpec, watch: int, checkins: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> PictureLane:
    if spec.items:
        points = {checkin.local_date: spec.value(checkin.answers) for checkin in checkins}
    else:
        # A long scale is not asked every week, so a check-in without it is not a gap.
        points = {
            checkin.local_date: checkin.scores[spec.code]["total"]
            for checkin in checkins
            if spec.code in checkin.scores
        }
    for one in occasions:
        if one.state == OccasionState.MISSED:
            points.setdefault(one.local_date, None)
    return PictureLane(
        spec.code, spec.top, watch, tuple(LanePoint(day, points[day]) for day in sorted(points))
    )
