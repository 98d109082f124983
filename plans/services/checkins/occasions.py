"""Occasions: check-ins scheduled ahead, so that every live plan always has some weeks of them.

An occasion whose invitation has gone out is never moved or cancelled here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

from plans.domain.checkins import clinic_rules
from plans.domain.checkins import occasions as when
from plans.domain.checkins.clinic_rules import Cadence
from plans.domain.checkins.occasions import Due, DueFacts, Ladder, Purpose
from plans.domain.checkins.states import OccasionState
from plans.domain.errors import Refused
from plans.domain.people import CareState
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.schedule import StepKind
from plans.models import LIVE_STATES, Clinic, Heartbeat, Occasion, Patient, Plan, PlanStep, PlanVersion
from plans.services import clock, heartbeat
from plans.services.rows import each

SCHEDULE_WITHIN: Final = timedelta(days=when.AHEAD_DAYS - 7)
# Plans per tick that are checked for check-ins far enough ahead.
LOOK_AT: Final = 2000
_KEPT = (OccasionState.INVITED, OccasionState.ANSWERED, OccasionState.MISSED)
# Not scheduled here: the patient's own, and those a clinician requested.
_NOT_SCHEDULED = (Purpose.UNSCHEDULED.value, Purpose.EXTRA.value)


@transaction.atomic
def schedule_occasions(plan: Plan, *, now: datetime) -> None:
    """Create, move and cancel the planned check-ins of a plan to fit it as it is now, 28 days ahead.

    Idempotent. Planned check-ins are cancelled if the plan has ended or is paused for a hospital stay, or the patient
    is not in care; nothing else stops them, least of all a hold.
    """
    patient, clinic = plan.patient, plan.clinic
    mine = Occasion.objects.filter(plan=plan).exclude(purpose__in=_NOT_SCHEDULED)
    rows = list(
        mine.filter(state=OccasionState.PLANNED).select_for_update(no_key=True).order_by("due_at", "id")
    )
    if (
        plan.state not in LIVE_STATES
        or plan.state == PlanState.PAUSED
        or patient.care_state != CareState.IN_CARE
    ):
        _cancel(rows, now)
        return
    zone = when.known_zone(patient.zone, clinic.zone)
    today = when.local_date(now, zone)
    # A row already due is about to be sent: an edit at noon, or a move to a zone where it is tomorrow already, must not
    # remove what was to go out this morning.
    waiting = [row for row in rows if row.due_at <= now or row.local_date < today]
    free = {(row.purpose, row.local_date): row for row in rows if row not in waiting}
    at = when.daytime(patient.checkin_time)
    wanted = _wanted(plan, rows, waiting, zone, now)
    kept: list[Occasion] = list(waiting)
    fresh: list[Occasion] = []
    for due in wanted:
        row = free.pop((due.purpose.value, due.on), None)
        moment = when.due_at(due.on, at, zone)
        if row is None:
            fresh.append(_new(plan, due, moment, zone, now))
        else:
            # Moved to an hour of today that has passed: due now, not lost.
            row.due_at, row.local_time, row.zone, row.form = max(moment, now), at, zone, due.form
            kept.append(row)
    _cancel(list(free.values()), now)
    _close_in_turn([*kept, *fresh], cadence_of(clinic).ladder)
    Occasion.objects.bulk_update(kept, ["due_at", "local_time", "zone", "form", "closes_at"])
    Occasion.objects.bulk_create(fresh)


def _wanted(plan: Plan, rows: list[Occasion], waiting: list[Occasion], zone: str, now: datetime) -> list[Due]:
    patient = plan.patient
    at = when.daytime(patient.checkin_time)
    today = when.local_date(now, zone)
    others = Occasion.objects.filter(patient=patient, local_date__gte=today - timedelta(days=when.APART_DAYS))
    extra = Q(state=OccasionState.PLANNED, purpose=Purpose.EXTRA.value)
    taken = list(others.filter(Q(state__in=_KEPT) | extra).values_list("local_date", flat=True))
    taken += [row.local_date for row in waiting]
    planned = {(row.purpose, row.local_date) for row in rows}
    course = _course(plan, patient, rows, zone, now)
    due = when.spread(when.planned(course, today=today), taken)
    return [
        one for one in due if when.due_at(one.on, at, zone) > now or (one.purpose.value, one.on) in planned
    ]


def _course(plan: Plan, patient: Patient, rows: list[Occasion], zone: str, now: datetime) -> DueFacts:
    asked = Occasion.objects.filter(plan=plan, purpose=Purpose.BASELINE.value, state__in=_KEPT).exists()
    planned = next((row for row in rows if row.purpose == Purpose.BASELINE.value), None)
    baseline = None
    if not asked and plan.state != PlanState.FOLLOW_UP:
        first = when.first_day(now, when.daytime(patient.checkin_time), zone)
        baseline = max(planned.local_date, first) if planned is not None else first
    begun = (
        PlanVersion.objects.filter(plan=plan).order_by("number").values_list("issued_at", flat=True).first()
    )
    cadence = cadence_for(patient)
    return DueFacts(
        begins=when.local_date(begun or now, zone),
        baseline=baseline,
        weekday=patient.checkin_weekday,
        cuts=_cuts(plan),
        last_dose=plan.last_day if plan.ends_at_zero else None,
        every_weeks=cadence.every_weeks,
        after_cut_days=cadence.after_cut_days,
        stays_since=when.local_date(plan.state_at, zone) if plan.state == PlanState.MAINTENANCE else None,
        maintenance_weeks=cadence.maintenance_weeks,
    )


def cadence_of(clinic: Clinic) -> Cadence:
    """A clinic's cadence; defaults for what it did not set or set outside the limits."""
    settings = clinic.settings
    return Cadence(
        every_weeks=_whole(settings.get("checkin_every_weeks"), 1, *clinic_rules.EVERY_WEEKS),
        after_cut_days=_whole(
            settings.get("after_cut_days"), when.AFTER_CUT_DAYS, *clinic_rules.AFTER_CUT_DAYS
        ),
        items_off=items_off(clinic),
        ladder=clinic_rules.usable_ladder(settings.get("ladder")),
        maintenance_weeks=_whole(
            settings.get("maintenance_weeks"), when.MAINTENANCE_WEEKS, *clinic_rules.EVERY_WEEKS_STAYING
        ),
    )


def items_off(clinic: Clinic) -> tuple[str, ...]:
    """The optional items that a clinic leaves out."""
    off = clinic.settings.get("items_off")
    return tuple(one for one in clinic_rules.optional_items() if isinstance(off, list) and one in off)


def cadence_for(patient: Patient) -> Cadence:
    """A patient's cadence: the clinic's, except for what was set for this patient."""
    return clinic_rules.own_cadence(patient.cadence, cadence_of(patient.clinic))


def _whole(raw: object, usual: int, least: int, most: int) -> int:
    """A clinic's own value if it is within the limits, else the default."""
    return raw if isinstance(raw, int) and least <= raw <= most else usual


def _cuts(plan: Plan) -> tuple[date, ...]:
    steps = PlanStep.objects.filter(version_id=plan.active_version_id, kind=StepKind.CUT).order_by("n")
    return tuple(step.days.lower for step in steps)


def _new(plan: Plan, due: Due, moment: datetime, zone: str, now: datetime) -> Occasion:
    return Occasion(
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        plan=plan,
        purpose=due.purpose.value,
        form=due.form,
        local_date=due.on,
        local_time=when.daytime(plan.patient.checkin_time),
        zone=zone,
        due_at=moment,
        closes_at=when.closes(moment, None),
        created_at=now,
    )


def make(plan: Plan, due: Due, zone: str, now: datetime) -> Occasion:
    """Create one occasion besides the scheduled ones, in the caller's transaction; it closes as they do."""
    moment = when.due_at(due.on, when.daytime(plan.patient.checkin_time), zone)
    row = _new(plan, due, moment, zone, now)
    row.closes_at = when.closes(moment, None, cadence_of(plan.clinic).ladder)
    row.save(force_insert=True)
    return row


def _close_in_turn(rows: list[Occasion], ladder: Ladder) -> None:
    """Set when each closes: after 72 hours or what the clinic set, or when the next one is due."""
    rows.sort(key=lambda row: row.due_at)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        row.closes_at = when.closes(row.due_at, following.due_at if following is not None else None, ladder)


def _cancel(rows: list[Occasion], now: datetime) -> None:
    Occasion.objects.filter(pk__in=[row.pk for row in rows], state=OccasionState.PLANNED).update(
        state=OccasionState.CANCELLED, settled_at=now
    )


def ask_tomorrow(plan_id: UUID, *, now: datetime) -> date:
    """Schedule an extra check-in for tomorrow at the patient's usual hour; returns its local date.

    Runs in the transaction of the caller, who has checked access. Planned check-ins on the days next to it give way, as
    always. Raises Refused("no_plan") if the plan has ended or the patient is not in care, and Refused("asked_anyway")
    with `on` if one falls due tomorrow already.
    """
    patient_id = Plan.objects.values_list("patient_id", flat=True).get(pk=plan_id)
    # The patient is locked first, as everywhere.
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    plan = (
        Plan.objects.select_for_update(of=("self",), no_key=True)
        .select_related("clinic", "patient")
        .get(pk=plan_id)
    )
    if plan.state not in LIVE_STATES or patient.care_state != CareState.IN_CARE:
        raise Refused(reason="no_plan")
    zone = when.known_zone(patient.zone, plan.clinic.zone)
    on = when.local_date(now, zone) + timedelta(days=1)
    coming = Occasion.objects.filter(patient=patient, state=OccasionState.PLANNED, local_date__gte=on)
    if coming.filter(local_date=on).exists():
        raise Refused(reason="asked_anyway", on=on.isoformat())
    make(plan, Due(Purpose.EXTRA, on), zone, now)
    schedule_occasions(plan, now=now)
    return on


def schedule_ahead(now: datetime) -> tuple[int, int]:
    """Schedule check-ins for those of the next few thousand plans that need more; how many, and how many failed."""
    short, looked_at = _short_plans(now)
    scheduled, failed = each(short, "id", lambda key: _schedule_plan(key, now))
    looked_at()
    return len(scheduled), failed


def _short_plans(now: datetime) -> tuple[QuerySet[Plan], Callable[[], None]]:
    """Those of the next few thousand live plans whose check-ins do not reach far enough, and a function to mark the
    page as done. A plan with its whole follow-up scheduled is never short.

    Plans are checked in pages, since a query over every check-in of a large clinic takes seconds; there is a week's
    time for all.
    """
    seen = (
        Heartbeat.objects.filter(name=heartbeat.SCHEDULING_ROUND).values_list("facts", flat=True).first()
        or {}
    )
    live = Plan.objects.filter(state__in=LIVE_STATES, patient__care_state=CareState.IN_CARE)
    further = live if seen.get("after", "end") in ("", "end") else live.filter(pk__gt=seen["after"])
    keys = list(further.order_by("id").values_list("id", flat=True)[:LOOK_AT])
    after = str(keys[-1]) if len(keys) == LOOK_AT else "end"
    first = seen.get("after", "end") in ("", "end")
    began = clock.real_now().isoformat() if first else seen.get("began", "")

    def looked_at() -> None:
        if after != seen.get("after", "end"):
            heartbeat.beat(heartbeat.SCHEDULING_ROUND, {"after": after, "began": began})

    until = when.local_date(now, "UTC") + SCHEDULE_WITHIN
    whole = Q(ends_at_zero=True, last_day__isnull=False, reach__gt=F("last_day") + timedelta(weeks=25))
    reaching = Plan.objects.filter(pk__in=keys).annotate(
        reach=Max("occasions__local_date", filter=~Q(occasions__state=OccasionState.CANCELLED))
    )
    # A plan without any check-in is always short: there is nothing to compare.
    return reaching.filter(Q(reach=None) | Q(reach__lt=until) & ~whole), looked_at


def _schedule_plan(key: UUID, now: datetime) -> bool:
    patient_id = Plan.objects.values_list("patient_id", flat=True).get(pk=key)
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    plan = (
        Plan.objects.select_for_update(of=("self",), no_key=True)
        .select_related("patient", "clinic")
        .get(pk=key)
    )
    schedule_occasions(plan, now=now)
    return True
