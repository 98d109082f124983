"""Changing an issued plan: hold, step back, slow down, stay here, resume, each a new version from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused, Stale
from plans.domain.notices import OF_A_VERSION
from plans.domain.taper.plan_states import PlanAct, PlanState, after
from plans.models import Patient, Plan, PlanVersion, ReviewItem
from plans.services import clock, documents, outbox
from plans.services.access import reach_item
from plans.services.actors import Actor, May
from plans.services.checkins import occasions
from plans.services.people import facts_of
from plans.services.plans import review_dates, told, versions
from plans.services.plans.consequences import (
    DEFAULT_DAYS,
    Consequences,
    Outlook,
    active_version,
    changed,
    judged,
    preview_revision,
    read_act,
)
from plans.services.plans.locking import patient_and_plan
from plans.services.plans.preview import digest_of_change

__all__ = ["DEFAULT_DAYS", "Consequences", "Outlook", "preview_revision", "revise"]

LONGEST_NOTE: Final = 2000


@transaction.atomic
def revise(
    *,
    by: Actor,
    plan_id: UUID,
    seen_lock: int,
    act: str,
    params: Mapping[str, Any],
    note: str,
    item_id: UUID | None = None,
    shown: str | None = None,
) -> UUID:
    """Make the next version: later steps moved, days before its first day untouched, old papers and letters replaced.

    `act` is hold, step_back, slow_down, stop_here or resume; `params` as in `preview_revision`, with stop_here also
    `review_on`, the date of the next review (without one an item will ask for it); `item_id` the review item it
    answers; `shown` the digest of the preview the clinician saw (None where no page was shown: commands and seeds).
    Returns the version's key. Raises what `preview_revision` raises; Stale (`what` plan or moves) where somebody acted
    on the plan meanwhile, or where the change is not the one that was shown; and Refused("note_missing",
    "text_too_long", "review_past" or "review_too_far").
    """
    now = clock.now()
    words = note.strip()
    if not words:
        raise Refused(reason="note_missing", where="note")
    if len(words) > LONGEST_NOTE:
        raise Refused(reason="text_too_long", where="note")
    patient, plan = patient_and_plan(by, plan_id)
    item = reach_item(by, item_id, May.REVIEW, lock=True) if item_id else None
    if item is not None and item.patient_id != patient.pk:
        raise NotFound(what="ReviewItem")
    if plan.lock != seen_lock:
        raise Stale(what="plan", who=versions.last_hand(plan))
    wanted = read_act(act)
    state = after(PlanState(plan.state), wanted)
    old = active_version(plan)
    present = versions.read(old)
    day, days, schedule = changed(plan, patient, wanted, params, now)
    if shown is not None and shown != digest_of_change(wanted.value, days, day, schedule):
        raise Stale(what="moves")
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    request = replace(present.request, patient=facts_of(patient, today))
    step = schedule.step_on(day)
    held = versions.held_until(schedule, day) if state is PlanState.HELD else None
    story = {"days": days, "dose": step.total(schedule.drug).mg if step else ""}
    if wanted is PlanAct.STEP_BACK and held is not None:
        story["held_until"] = held.isoformat()
    version = versions.write(
        plan=plan,
        number=old.number + 1,
        kind=wanted.value,
        note=words,
        taper=judged(plan, schedule, request, present.extra.get("confirmed", ())),
        reasons=present.reasons,
        extra=_extra(by, present.extra, wanted, story),
        from_day=day,
        made_on=today,
        by=by,
        now=now,
        item=item,
    )
    PlanVersion.objects.filter(pk=old.pk, replaced_at=None).update(replaced_at=now)
    versions.point_at(plan, version, schedule)
    if state is PlanState.HELD and held is None:
        # The step back lasts longer than the hold that stood.
        state = after(state, PlanAct.END_HOLD)
    if wanted is PlanAct.STOP_HERE:
        plan.review_on = review_dates.review_day(params.get("review_on"), today)
    plan.held_until = held
    plan.state, plan.state_at = state.value, now
    plan.lock += 1
    plan.save()
    _follow(plan, patient, version, item, wanted, now)
    review_dates.settle(plan, by, now, but=item)
    told.record(
        plan,
        wanted,
        by,
        version=version.number,
        facts={
            "days": days,
            "from_day": day.isoformat(),
            "item": str(item.pk) if item else "",
            "sha256": version.sha256,
        },
    )
    return version.pk


def _extra(by: Actor, before: Mapping[str, Any], act: PlanAct, story: Mapping[str, Any]) -> dict[str, Any]:
    """What the version keeps beside the taper. Words for the end of a taper do not fit a dose that stays."""
    found = {**before, "by": by.name, "story": dict(story)}
    return found | {"after": ""} if act is PlanAct.STOP_HERE else found


def _follow(
    plan: Plan, patient: Patient, version: PlanVersion, item: ReviewItem | None, act: PlanAct, now: datetime
) -> None:
    """Everything that follows from a new version: unsent letters, check-in dates, papers, the letter to the patient."""
    outbox.cancel_pending(plan=plan, why="replaced", notices=OF_A_VERSION, now=now)
    occasions.lay_out(plan, now=now)
    documents.replace(plan, version, now)
    told.tell(plan, patient, version, act, now, item)
