"""Changing an issued plan: one change or several at once, each time one new version from a day on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused, Stale, TaperplanError
from plans.domain.json import Facts, JsonObject
from plans.domain.taper.amendments import Amendment, HoldOpen, StopHere, TakesDose
from plans.models import Patient, Plan, ReviewItem
from plans.services import clock
from plans.services.access import get_item_for, get_plan_for
from plans.services.actors import Actor, May
from plans.services.plans import new_version, plan_effects, review_dates, taken, versions
from plans.services.plans.consequences import (
    DEFAULT_DAYS,
    Changed,
    Consequences,
    Outlook,
    active_version,
    changed,
    digest_of_version,
    plain_change,
    preview_changes,
    preview_revision,
)
from plans.services.plans.locking import patient_and_plan, user_key

__all__ = [
    "DEFAULT_DAYS",
    "Consequences",
    "Outlook",
    "change",
    "made_as_shown",
    "preview_changes",
    "preview_revision",
    "revise",
    "revised_as_shown",
]

LONGEST_NOTE: Final = 2000


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
    """Make one of the changes that a day and a number of days say all of: hold, resume, step_back, slow_down,
    stop_here.

    `params` as in `preview_revision`, with stop_here also `review_on`. Otherwise as `change`, whose refusals it raises,
    and Refused("bad_choice").
    """
    _check_note(note)
    plan = get_plan_for(by, plan_id, May.PLAN)
    _check_seen(plan, seen_lock)
    changes = plain_change(plan, act, params, clock.today(plan.patient.zone))
    return change(
        by=by,
        plan_id=plan_id,
        seen_lock=seen_lock,
        changes=changes,
        note=note,
        review_on=params.get("review_on"),
        item_id=item_id,
        shown=shown,
    )


@dataclass(frozen=True, slots=True)
class ReadyChange:
    """A change that can be made: its rows locked, the change itself, its note, and the review item it answers."""

    patient: Patient
    plan: Plan
    made: Changed
    note: str
    item: ReviewItem | None


def check(
    *,
    by: Actor,
    plan_id: UUID,
    seen_lock: int,
    changes: Sequence[Amendment],
    note: str,
    now: datetime,
    correction: bool = False,
    review_on: str | date | None = None,
    item_id: UUID | None = None,
    shown: str | None = None,
    signed: Collection[str] = (),
    confirmed: Collection[str] = (),
) -> ReadyChange:
    """Everything that `change` checks, in the caller's transaction; raises what it raises, but writes nothing."""
    words = _check_note(note)
    patient, plan = patient_and_plan(by, plan_id)
    item = get_item_for(by, item_id, May.REVIEW, lock=True) if item_id else None
    if item is not None and item.patient_id != patient.pk:
        raise NotFound(what="ReviewItem")
    _check_seen(plan, seen_lock)
    made = changed(plan, patient, changes, now, correction=correction)
    if shown is not None and shown != made.digest:
        raise Stale(what="moves")
    _check_answered(made, signed, confirmed)
    review_dates.review_day(review_on, now.astimezone(clock.zone_of(patient.zone)).date())
    return ReadyChange(patient, plan, made, words, item)


@transaction.atomic
def change(
    *,
    by: Actor,
    plan_id: UUID,
    seen_lock: int,
    changes: Sequence[Amendment],
    note: str,
    correction: bool = False,
    review_on: str | date | None = None,
    item_id: UUID | None = None,
    shown: str | None = None,
    signed: Collection[str] = (),
    confirmed: Collection[str] = (),
    second: Actor | None = None,
) -> UUID:
    """Make the next version: later steps as changed, days before its first day untouched, documents and messages
    replaced.

    `review_on` is the date of the next review of a dose that stays or is held without an end (without one an item will
    ask for it); `correction`: an error is put right, and the version says so; `item_id` the review item it answers;
    `shown` the digest of the preview the clinician saw (None where no page was shown: commands and seeds); `signed` the
    codes of cautions signed with it, `confirmed` the names of products whose strength was confirmed; `second` who gives
    the second signature, where the clinic wants one (`proposals.sign`). Returns the version's key.

    Raises what `preview_changes` raises; Stale (`what` plan or moves) where somebody acted on the plan meanwhile, or
    where the change is not the one that was shown; and Refused("note_missing", "text_too_long", "review_past",
    "review_too_far", "refused_findings", "signatures_missing", or without `second` "second_signature").
    """
    now = clock.now()
    ready = check(
        by=by,
        plan_id=plan_id,
        seen_lock=seen_lock,
        changes=changes,
        note=note,
        now=now,
        correction=correction,
        review_on=review_on,
        item_id=item_id,
        shown=shown,
        signed=signed,
        confirmed=confirmed,
    )
    patient, plan, made, item = ready.patient, ready.plan, ready.made, ready.item
    if made.because and second is None:
        raise Refused(reason="second_signature")
    if any(isinstance(one, TakesDose) for one in changes):
        taken.end(plan, by=by, last=made.day - timedelta(days=1), how="went_on")
    version = new_version.make(
        plan,
        patient,
        act=made.act,
        state=made.state,
        schedule=made.schedule,
        day=made.day,
        note=ready.note,
        by=by,
        now=now,
        item=item,
        keeps=_extra(changes, made) | _answered(plan, signed, confirmed) | versions.second_of(second, now),
        request=made.request,
    )
    if any(isinstance(one, StopHere | HoldOpen) for one in changes):
        today = now.astimezone(clock.zone_of(patient.zone)).date()
        plan.review_on = review_dates.review_day(review_on, today)
        plan.save(update_fields=["review_on"])
    review_dates.settle(plan, by, now, but=item)
    facts = _audited(made, item, version.sha256) | {"second": second.name if second else ""}
    plan_effects.audit(plan, made.act, by, version=version.number, facts=facts)
    return version.pk


def made_as_shown(actor: Actor, *, plan_id: UUID, shown: str, changes: Sequence[Amendment]) -> int | None:
    """The number of the version in force if this person made it by these changes, just as it was shown: a button
    pressed twice.

    None otherwise. Raises NotFound.
    """
    plan = get_plan_for(actor, plan_id, May.PLAN)
    version = active_version(plan)
    if version.issued_by_id != user_key(actor) or digest_of_version(plan) != shown:
        return None
    story = versions.read(version).extra["story"]
    told = story.get("changes", [story])
    same = len(told) == len(changes) and all(
        one.from_day >= version.from_day and all(kept.get(name) == fact for name, fact in one.facts().items())
        for one, kept in zip(changes, told, strict=True)
    )
    return version.number if same else None


def revised_as_shown(actor: Actor, *, plan_id: UUID, shown: str, act: str, params: Facts) -> int | None:
    """As `made_as_shown`, for a change made by `revise`."""
    plan = get_plan_for(actor, plan_id, May.PLAN)
    try:
        changes = plain_change(plan, act, params, clock.today(plan.patient.zone))
    except TaperplanError:
        return None
    return made_as_shown(actor, plan_id=plan_id, shown=shown, changes=changes)


def _check_seen(plan: Plan, seen_lock: int) -> None:
    if plan.lock != seen_lock:
        raise Stale(what="plan", who=versions.last_hand(plan))


def _check_note(note: str) -> str:
    words = note.strip()
    if not words:
        raise Refused(reason="note_missing", where="note")
    if len(words) > LONGEST_NOTE:
        raise Refused(reason="text_too_long", where="note")
    return words


def _check_answered(made: Changed, signed: Collection[str], confirmed: Collection[str]) -> None:
    """Raise Refused where a limit is passed that cannot be signed for, a caution is not signed, or a strength not
    confirmed."""
    if made.refused:
        raise Refused(reason="refused_findings")
    cautions = [one.code for one in made.to_sign if one.code not in signed]
    products = [one for one in made.to_confirm if one not in confirmed]
    if cautions or products:
        raise Refused(reason="signatures_missing", where="signed", cautions=cautions, products=products)


def _answered(plan: Plan, signed: Collection[str], confirmed: Collection[str]) -> JsonObject:
    """What was signed and confirmed for the plan so far and now."""
    before = versions.read(active_version(plan)).extra
    return {
        "signed": sorted({*before.get("signed", ()), *signed}),
        "confirmed": sorted({*before.get("confirmed", ()), *confirmed}),
    }


def _extra(changes: Sequence[Amendment], made: Changed) -> JsonObject:
    """What the version keeps beside the taper. Words for the end of a taper do not fit a dose that stays."""
    found: JsonObject = {"story": made.story}
    if made.held_open:
        found["held_open"] = True
    stays = any(isinstance(one, StopHere) for one in changes)
    return found | {"after": ""} if stays else found


def _audited(made: Changed, item: ReviewItem | None, sha256: str) -> JsonObject:
    return {
        "days": made.days,
        "from_day": made.day.isoformat(),
        "item": str(item.pk) if item else "",
        "sha256": sha256,
        "signed": sorted(one.code for one in made.to_sign),
    }
