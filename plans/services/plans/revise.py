"""Revisions of an issued plan: hold, step back, slow down, stay here, resume; each makes a version from a day on."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused, Stale
from plans.domain.json import Facts, JsonObject
from plans.domain.taper.plan_states import PlanAct, PlanState, after
from plans.services import clock
from plans.services.access import get_item_for
from plans.services.actors import Actor, May
from plans.services.plans import new_version, plan_effects, review_dates, versions
from plans.services.plans.consequences import (
    DEFAULT_DAYS,
    Consequences,
    Outlook,
    changed,
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
    params: Facts,
    note: str,
    item_id: UUID | None = None,
    shown: str | None = None,
) -> UUID:
    """Make the next version: later steps move, days before its first day stay, documents and messages are replaced.

    `act` is hold, step_back, slow_down, stop_here or resume; `params` as in `preview_revision`, with stop_here also
    `review_on`, the date of the next review (without one an item will ask for it); `item_id` the review item it
    answers; `shown` the digest of the preview that the clinician saw (None for commands and seeds, which show no page).
    Returns the version's key. Raises what `preview_revision` raises; Stale (`what` plan or moves) if somebody acted on
    the plan meanwhile, or the change is not the one shown; and Refused("note_missing", "text_too_long", "review_past"
    or "review_too_far").
    """
    now = clock.now()
    words = note.strip()
    if not words:
        raise Refused(reason="note_missing", where="note")
    if len(words) > LONGEST_NOTE:
        raise Refused(reason="text_too_long", where="note")
    patient, plan = patient_and_plan(by, plan_id)
    item = get_item_for(by, item_id, May.REVIEW, lock=True) if item_id else None
    if item is not None and item.patient_id != patient.pk:
        raise NotFound(what="ReviewItem")
    if plan.lock != seen_lock:
        raise Stale(what="plan", who=versions.last_hand(plan))
    wanted = read_act(act)
    state = after(PlanState(plan.state), wanted)
    day, days, schedule = changed(plan, patient, wanted, params, now)
    if shown is not None and shown != digest_of_change(wanted.value, days, day, schedule):
        raise Stale(what="moves")
    keeps = _extra(wanted, {"days": days})
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    held = versions.held_until(schedule, max(day, today)) if state is PlanState.HELD else None
    if wanted is PlanAct.STEP_BACK and held is not None:
        keeps["story"]["held_until"] = held.isoformat()
    if state is PlanState.HELD and held is None:
        # The step back lasts longer than the hold.
        state = after(state, PlanAct.END_HOLD)
    version = new_version.make(
        plan,
        patient,
        act=wanted,
        state=state,
        schedule=schedule,
        day=day,
        note=words,
        by=by,
        now=now,
        item=item,
        keeps=keeps,
    )
    if wanted is PlanAct.STOP_HERE:
        plan.review_on = review_dates.review_day(params.get("review_on"), today)
        plan.save(update_fields=["review_on"])
    review_dates.settle(plan, by, now, but=item)
    plan_effects.audit(
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


def _extra(act: PlanAct, story: Facts) -> JsonObject:
    """What the version stores besides the taper. Text for the end of a taper does not fit a dose that stays."""
    found: JsonObject = {"story": dict(story)}
    return found | {"after": ""} if act is PlanAct.STOP_HERE else found
