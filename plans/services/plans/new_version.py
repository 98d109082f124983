"""Making a new version of an issued plan with all its consequences; every act goes through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from plans.domain.json import Facts, JsonObject
from plans.domain.notices import OF_A_VERSION
from plans.domain.taper import revisions
from plans.domain.taper.engine import Taper
from plans.domain.taper.plan_states import PlanAct, PlanState
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.snapshot import AcceptedReason
from plans.domain.taper.taken import Recorded
from plans.models import ON_PAPER_STATES, Patient, Plan, PlanVersion, ReviewItem
from plans.services import clock, documents, outbox, own_limits
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
    request: TaperRequest | None = None,
) -> PlanVersion:
    """Write the next version, in the caller's transaction, which has both rows locked.

    `day` is its first day, `state` the plan's state with it, `keeps` what it stores besides the taper that the previous
    version did not, `like` a version whose documents are requested again besides the current ones, `known` doses really
    taken if not only those on record, `request` what later changes go on from if not the previous one. The previous
    version is replaced, its unsent messages are cancelled, check-ins rescheduled, documents replaced (withdrawn if the
    plan is paused), and the patient is told once if the act has a message: at once, or within the hour if neither today
    nor tomorrow changes.
    """
    old = active_version(plan)
    present = versions.read(old)
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    asked = replace(request or present.request, patient=facts_of(patient, today))
    taper = judged(plan, schedule, asked, keeps.get("confirmed", present.extra.get("confirmed", ())), known)
    version = versions.write(
        plan=plan,
        number=old.number + 1,
        kind=act.value,
        note=note,
        taper=taper,
        reasons=_reasons(present.reasons, taper),
        extra=_extra(present.extra, by, keeps),
        from_day=day,
        made_on=today,
        by=by,
        now=now,
        item=item,
    )
    PlanVersion.objects.filter(pk=old.pk, replaced_at=None).update(replaced_at=now)
    versions.point_at(plan, version, schedule)
    plan.held_until = revisions.held_until(schedule, max(day, today)) if state is PlanState.HELD else None
    plan.state, plan.state_at = state.value, now
    plan.lock += 1
    plan.save()
    due = plan_effects.told_at(plan, present.schedule, schedule, today, now)
    never_told = plan_effects.never_told(plan)
    outbox.cancel_pending(plan=plan, why="replaced", notices=OF_A_VERSION, now=now)
    occasions.schedule_occasions(plan, now=now)
    if plan.state in ON_PAPER_STATES:
        documents.replace(plan, version, now, like=like)
    else:
        documents.withdraw(plan, now)
    plan_effects.notify(plan, patient, version, act, now, item, due_at=due, never_told=never_told)
    return version


def _reasons(before: Sequence[AcceptedReason], taper: Taper) -> tuple[AcceptedReason, ...]:
    """The reasons so far; where a finding lies within the clinic's limits today, the limits as they are today."""
    today = own_limits.reasons(taper.verdicts)
    again = {one.rule for one in today}
    return (*(one for one in before if not one.limit or one.rule not in again), *today)


def _extra(before: Facts, by: Actor, more: Facts) -> JsonObject:
    """What a version stores besides the taper. Stock at home, an open hold and a second signature belong to their
    version: later ones do not repeat them."""
    once = ("stock", "held_open", "second")
    return {**{key: value for key, value in before.items() if key not in once}, "by": by.name, **more}
