"""State changes by the clock (holds that end, last doses, goals reached, follow-ups over), and ending a plan."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.errors import Refused, Stale
from plans.domain.taper.plan_states import FOLLOW_UP_DAYS, EndReason, PlanAct, PlanState, after
from plans.models import LIVE_STATES, Patient, Plan
from plans.services import clock, documents, outbox, rows
from plans.services.actors import SYSTEM, Actor
from plans.services.checkins import occasions
from plans.services.plans import plan_effects, waiting
from plans.services.plans.locking import patient_and_plan
from plans.services.review import settling

_DAY: Final = timedelta(days=1)


def advance(now: datetime) -> int:
    """Advance every plan whose day has come; returns how many. Idempotent.

    A day has come when it is over in the patient's zone. Raises RowsFailed after all rows if any failed.
    """
    # The earliest zone is 14 hours ahead of UTC: nobody's date is later than this.
    latest = (now + timedelta(hours=14)).date()
    due = Plan.objects.filter(
        Q(state__in=(PlanState.ACTIVE, PlanState.HELD), last_day__lt=latest)
        | Q(state=PlanState.HELD, held_until__lt=latest)
        | Q(state=PlanState.ACTIVE, goal_on__lte=latest)
        | Q(state=PlanState.FOLLOW_UP, last_day__lt=latest - FOLLOW_UP_DAYS * _DAY)
    )
    return rows.count_each(due, "state_at", lambda key: _advance_one(key, now))


def _advance_one(plan_id: UUID, now: datetime) -> bool:
    # The patient first, as everywhere: a concurrent scheduling of check-ins would create the same rows.
    patient_id = Plan.objects.values_list("patient_id", flat=True).get(pk=plan_id)
    free = Patient.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=patient_id)
    if free.values_list("pk").first() is None:
        return False
    plan = (
        Plan.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("patient", "active_version")
        .filter(pk=plan_id)
        .first()
    )
    if plan is None:
        return False
    today = now.astimezone(clock.zone_of(plan.patient.zone)).date()
    acts = []
    # A hold may end on the day on which the final dose is reached.
    while (act := _due(plan, today)) is not None:
        plan.state = after(PlanState(plan.state), act).value
        plan.held_until = None
        acts.append(act)
    if not acts:
        return False
    plan.state_at = now
    plan.lock += 1
    plan.save(update_fields=["state", "state_at", "held_until", "lock"])
    if plan.state not in LIVE_STATES:
        documents.withdraw(plan, now)
    occasions.schedule_occasions(plan, now=now)
    for act in acts:
        _record(plan, act, SYSTEM)
    return True


def _due(plan: Plan, today: date) -> PlanAct | None:
    """The act that the clock calls for today, if any."""
    state, last = PlanState(plan.state), plan.last_day
    if state is PlanState.FOLLOW_UP:
        over = last is not None and last + FOLLOW_UP_DAYS * _DAY < today
        return PlanAct.END_FOLLOW_UP if over else None
    if state not in (PlanState.ACTIVE, PlanState.HELD):
        return None
    # Only for a plan that ends at zero: a dose that stays has no last day.
    if last is not None and last < today:
        return PlanAct.LAST_DOSE
    if state is PlanState.HELD:
        over = plan.held_until is not None and plan.held_until < today
        return PlanAct.END_HOLD if over else None
    return PlanAct.REACH_GOAL if plan.goal_on is not None and plan.goal_on <= today else None


@transaction.atomic
def stop(
    *, by: Actor, plan_id: UUID, seen_lock: int, note: str, because: str = EndReason.STOPPED.value
) -> None:
    """End a plan for good: no more check-ins, no more messages about it. What was taken and answered stays.

    Raises Stale, Refused("note_missing"), Refused("bad_choice") for a reason that is no `EndReason`, or
    Refused("not_in_this_state").
    """
    now = clock.now()
    if not note.strip():
        raise Refused(reason="note_missing", where="note")
    if because not in tuple(EndReason):
        raise Refused(reason="bad_choice", where="because")
    patient, plan = patient_and_plan(by, plan_id)
    if plan.lock != seen_lock:
        raise Stale(what="plan")
    plan.state = after(PlanState(plan.state), PlanAct.STOP).value
    plan.state_at = now
    plan.held_until = plan.ask_ward_on = None
    plan.ended_because, plan.ended_on = because, now.astimezone(clock.zone_of(patient.zone)).date()
    plan.lock += 1
    plan.save()
    outbox.skip_pending(plan=plan, why="stopped", now=now)
    outbox.cancel_pending(plan=plan, why="stopped", now=now)
    documents.withdraw(plan, now)
    occasions.schedule_occasions(plan, now=now)
    settling.end_with(plan, by, now, note=note.strip()[:2000])
    waiting.lapse(plan, by, now)
    _record(plan, PlanAct.STOP, by, note=note.strip()[:2000])


def _record(plan: Plan, act: PlanAct, by: Actor, note: str = "") -> None:
    version = plan.active_version.number if plan.active_version else None
    plan_effects.audit(plan, act, by, version=version, facts={"note": note} if note else None)
