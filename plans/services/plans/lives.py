"""Effects of changes of care on a plan: pausing it, ending it, and undoing either after a correction.

Only for `plans.services.care`, in its transaction, with the patient's row and then the plan's locked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from plans.domain.json import JsonObject
from plans.domain.people import CareState
from plans.domain.taper import revisions
from plans.domain.taper.plan_states import PlanAct, PlanState, after
from plans.models import ON_PAPER_STATES, Patient, Plan, PlanVersion
from plans.services import documents, outbox
from plans.services.actors import Actor
from plans.services.checkins import occasions
from plans.services.plans import new_version, plan_effects, taken, versions, waiting
from plans.services.plans.consequences import active_version
from plans.services.review import settling

# The end of a plan for each end of care.
END_OF: Final[Mapping[CareState, PlanAct]] = MappingProxyType(
    {
        CareState.TRANSFERRED: PlanAct.TRANSFER,
        CareState.STOPPED_CARE: PlanAct.STOP_CARE,
        CareState.DIED: PlanAct.DIED,
    }
)


def pause(
    plan: Plan, patient: Patient, *, by: Actor, on: date, ask_on: date, note: str, now: datetime
) -> None:
    """Pause the plan from a day on: no reductions, documents or check-ins until the return is recorded.

    A version is made if doses are left; after the last dose only check-ins are paused.
    """
    state = after(PlanState(plan.state), PlanAct.PAUSE)
    schedule = versions.read(active_version(plan)).schedule
    day = max(on, schedule.start)
    plan.paused_on, plan.ask_ward_on = on, ask_on
    taken.end(plan, by=by, last=on - timedelta(days=1), how=taken.BY_A_STAY)
    last = schedule.last_dose_day()
    if last is None or day <= last:
        new_version.make(
            plan,
            patient,
            act=PlanAct.PAUSE,
            state=state,
            schedule=revisions.pause(schedule, from_day=day),
            day=day,
            note=note,
            by=by,
            now=now,
            keeps={"story": {"since": on.isoformat()}},
        )
    else:
        _set(plan, state, now)
        documents.withdraw(plan, now)
        occasions.schedule_occasions(plan, now=now)
    _record(plan, PlanAct.PAUSE, by, from_day=on, note=note)


def end(plan: Plan, *, by: Actor, state: CareState, on: date, note: str, now: datetime) -> None:
    """End the plan for the reason and on the day that care ended. What was taken and answered stays on record."""
    act = END_OF[state]
    plan.ended_because, plan.ended_on, plan.ask_ward_on = state.value, on, None
    _set(plan, after(PlanState(plan.state), act), now)
    outbox.skip_pending(plan=plan, why=state.value, now=now)
    outbox.cancel_pending(plan=plan, why=state.value, now=now)
    documents.withdraw(plan, now)
    occasions.schedule_occasions(plan, now=now)
    settling.end_with(plan, by, now, note=note)
    waiting.lapse(plan, by, now)
    _record(plan, act, by, from_day=on, note=note)


def put_back(
    plan: Plan,
    patient: Patient,
    *,
    by: Actor,
    before: PlanState,
    version: PlanVersion | None,
    today: date,
    note: str,
    now: datetime,
) -> None:
    """Undo a pause or an end that was recorded by mistake: restore the previous state and schedule.

    `version` was active before. If the mistake made a version, another one repeats `version`; the days between stay in
    the history as recorded. Raises Refused("not_in_this_state").
    """
    state = after(PlanState(plan.state), PlanAct.CORRECT, before=before)
    resting = state is PlanState.PAUSED
    plan.ended_because, plan.ended_on = "", None
    # The day to ask the ward may have passed meanwhile: ask today.
    plan.ask_ward_on = today if resting else None
    if plan.state == PlanState.PAUSED.value:
        taken.stands_again(plan)
    plan.paused_on = plan.paused_on if resting else None
    if version is not None and version.pk != plan.active_version_id:
        schedule = versions.read(version).schedule
        new_version.make(
            plan,
            patient,
            act=PlanAct.CORRECT,
            state=state,
            schedule=schedule,
            day=max(today, schedule.start),
            note=note,
            by=by,
            now=now,
            keeps={"story": {"version": version.number}},
            like=version,
        )
    else:
        _set(plan, state, now)
        if state is PlanState.HELD and plan.active_version is not None:
            plan.held_until = revisions.held_until(versions.read(plan.active_version).schedule, today)
            plan.save(update_fields=["held_until"])
        if plan.state in ON_PAPER_STATES:
            documents.put_back(plan, now)
        occasions.schedule_occasions(plan, now=now)
    _record(plan, PlanAct.CORRECT, by, note=note)


def _set(plan: Plan, state: PlanState, now: datetime) -> None:
    plan.state, plan.state_at = state.value, now
    plan.held_until = None
    plan.lock += 1
    plan.save()


def _record(plan: Plan, act: PlanAct, by: Actor, *, note: str, from_day: date | None = None) -> None:
    facts: JsonObject = {"note": note}
    if from_day is not None:
        facts["from_day"] = from_day.isoformat()
    version = plan.active_version.number if plan.active_version else None
    plan_effects.audit(plan, act, by, version=version, facts=facts)
