"""A new version of an issued plan with everything that follows from it: the one way every act makes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from plans.domain.json import Facts, JsonObject
from plans.domain.notices import OF_A_VERSION
from plans.domain.taper.plan_states import PlanAct, PlanState
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.taken import Recorded
from plans.models import ON_PAPER_STATES, Patient, Plan, PlanVersion, ReviewItem
from plans.services import clock, documents, outbox
from plans.services.actors import Actor
from plans.services.checkins import occasions
from plans.services.people import facts_of
from plans.services.plans import plan_effects, versions
from plans.services.plans.consequences import active_version, judged


def make(
    plan: Plan,
    patient: Patient,
    *,
    act: PlanAct,
    state: PlanState,
    schedule: Schedule,
    day: date,
    note: str,
    by: Actor,
    now: datetime,
    item: ReviewItem | None = None,
    keeps: Facts,
    like: PlanVersion | None = None,
    known: Sequence[Recorded] | None = None,
) -> PlanVersion:
    """Write the next version, in the caller's transaction, which holds both rows locked.

    `day` is the first day it speaks for, `state` the plan's state with it, `keeps` what it keeps beside the taper that
    the version before did not say, `like` a version whose documents are asked for again beside those in force,
    `known` doses really taken where those on record are not all. The
    version before is replaced, unsent messages about it are taken back, check-ins laid out again, documents replaced
    (withdrawn where the plan rests), and the patient told, once, where the act is told.
    """
    old = active_version(plan)
    present = versions.read(old)
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    request = replace(present.request, patient=facts_of(patient, today))
    version = versions.write(
        plan=plan,
        number=old.number + 1,
        kind=act.value,
        note=note,
        taper=judged(plan, schedule, request, present.extra.get("confirmed", ()), known),
        reasons=present.reasons,
        extra=_extra(present.extra, by, keeps),
        from_day=day,
        made_on=today,
        by=by,
        now=now,
        item=item,
    )
    PlanVersion.objects.filter(pk=old.pk, replaced_at=None).update(replaced_at=now)
    versions.point_at(plan, version, schedule)
    plan.held_until = versions.held_until(schedule, max(day, today)) if state is PlanState.HELD else None
    plan.state, plan.state_at = state.value, now
    plan.lock += 1
    plan.save()
    outbox.cancel_pending(plan=plan, why="replaced", notices=OF_A_VERSION, now=now)
    occasions.schedule_occasions(plan, now=now)
    if plan.state in ON_PAPER_STATES:
        documents.replace(plan, version, now, like=like)
    else:
        documents.withdraw(plan, now)
    plan_effects.notify(plan, patient, version, act, now, item)
    return version


def _extra(before: Facts, by: Actor, more: Facts) -> JsonObject:
    """What a version keeps beside the taper. What was at home once is of that day: no later version says it again."""
    return {**{key: value for key, value in before.items() if key != "stock"}, "by": by.name, **more}
