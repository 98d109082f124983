"""Continuing a plan from the dose really taken, and returning from hospital, which asks for that dose first.

Earlier days stay as they were; from a given day the plan has the dose really taken and continues from there by the same
method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused, Stale
from plans.domain.json import JsonObject
from plans.domain.regimen import DayDose
from plans.domain.taper import dose_records, going_on, supply
from plans.domain.taper.dose_records import ToldBy
from plans.domain.taper.plan_states import PlanAct, PlanState, after
from plans.domain.taper.request import Intake
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.taken import Recorded, fullest
from plans.models import Patient, Plan, PlanVersion
from plans.services import care, clock
from plans.services.access import get_item_for, get_plan_for
from plans.services.actors import Actor, May
from plans.services.checkins import occasions
from plans.services.people import facts_of
from plans.services.plans import consequences, new_version, plan_effects, taken, versions
from plans.services.plans.consequences import Consequences
from plans.services.plans.locking import patient_and_plan
from plans.services.plans.preview import digest_of_change

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Return:
    """What is recorded when a patient returns from hospital.

    `regimen` is what is taken since `since`, according to `told_by`. `as_before`: the plan goes on from its dose before
    the stay instead. `stock` are whole units at home (mL of a liquid) by product name; None: not known.
    """

    regimen: tuple[Intake, ...]
    since: date
    told_by: str
    as_before: bool = False
    stock: Mapping[str, int] | None = None


class _Made(NamedTuple):
    act: PlanAct
    state: PlanState
    day: date
    today: date
    regimen: tuple[Intake, ...]
    schedule: Schedule
    known: tuple[Recorded, ...]


def preview(actor: Actor, *, plan_id: UUID, begins: str, back: Return | None = None) -> Consequences:
    """Preview going on from the dose really taken, or with `back` the return from hospital; changes nothing.

    `begins` is "today" or "tomorrow". Raises NotFound; Refused: not_in_this_state, nothing_recorded, and of a return
    day_ahead, day_before_stay, bad_choice; TaperError where the method cannot go on from that dose.
    """
    plan = get_plan_for(actor, plan_id, May.LOOK)
    made = _made(plan, plan.patient, begins, back, clock.now())
    seen = consequences.of(
        plan,
        plan.patient,
        act=made.act,
        state=made.state,
        day=made.day,
        days=0,
        schedule=made.schedule,
        findings=consequences.findings_of(plan, made.schedule, made.day, made.known),
        stock=supply.counted(supply.supplied(made.schedule), back.stock or {}) if back is not None else None,
    )
    return replace(seen, digest=_digest(made, back))


@transaction.atomic
def go_on(
    *,
    by: Actor,
    plan_id: UUID,
    seen_lock: int,
    begins: str,
    note: str,
    back: Return | None = None,
    item_id: UUID | None = None,
    shown: str | None = None,
) -> UUID:
    """Make the version that goes on from the dose really taken; with `back` also record the return from hospital.

    Returns the version's key. Raises what `preview` raises; Stale (`what` plan or moves) if somebody acted meanwhile or
    the change is not the one shown; Refused("note_missing", "text_too_long").
    """
    now, words = clock.now(), note.strip()
    if not words:
        raise Refused(reason="note_missing", where="note")
    if len(words) > taken.LONGEST_NOTE:
        raise Refused(reason="text_too_long", where="note")
    patient, plan = patient_and_plan(by, plan_id)
    item = get_item_for(by, item_id, May.REVIEW, lock=True) if item_id else None
    if item is not None and item.patient_id != patient.pk:
        raise NotFound(what="ReviewItem")
    if plan.lock != seen_lock:
        raise Stale(what="plan", who=versions.last_hand(plan))
    plan.patient = patient
    made = _made(plan, patient, begins, back, now)
    if shown is not None and shown != _digest(made, back):
        raise Stale(what="moves")
    before = fullest(dose_records.pattern_on(_present(plan), made.today))
    if back is not None:
        care.come_back(plan, patient, by=by, on=made.today, note=words, now=now)
        taken.keep(
            plan,
            patient,
            by=by,
            from_day=back.since,
            regimen=back.regimen,
            told_by=back.told_by,
            note=words,
            item=item,
        )
    taken.end(plan, by=by, last=made.day - _DAY, how="went_on")
    if made.schedule is _present(plan):
        return _follow_up_again(plan, patient, made, by=by, note=words, now=now)
    version = new_version.make(
        plan,
        patient,
        act=made.act,
        state=made.state,
        schedule=made.schedule,
        day=made.day,
        note=words,
        by=by,
        now=now,
        item=item,
        keeps=_extra(made, back, before),
        known=made.known,
        like=_before_the_stay(plan) if back is not None else None,
    )
    facts = {
        "from_day": made.day.isoformat(),
        "item": str(item.pk) if item else "",
        "sha256": version.sha256,
    }
    plan_effects.audit(plan, made.act, by, version=version.number, facts=facts)
    if back is not None:
        care.messages_again(patient, now)
    return version.pk


def _follow_up_again(
    plan: Plan, patient: Patient, made: _Made, *, by: Actor, note: str, now: datetime
) -> UUID:
    """Resume follow-up check-ins for a patient who returns after the plan's last dose and takes nothing."""
    plan.state, plan.state_at = after(made.state, PlanAct.LAST_DOSE).value, now
    plan.lock += 1
    plan.save()
    occasions.schedule_occasions(plan, now=now)
    version = consequences.active_version(plan)
    facts = {"from_day": made.day.isoformat(), "note": note}
    plan_effects.audit(plan, made.act, by, version=version.number, facts=facts)
    care.messages_again(patient, now)
    return version.pk


def _present(plan: Plan) -> Schedule:
    return versions.read(consequences.active_version(plan)).schedule


def _before_the_stay(plan: Plan) -> PlanVersion | None:
    """The version that was in force when the plan was paused."""
    return plan.versions.exclude(kind=PlanAct.PAUSE.value).order_by("-number").first()


def _made(plan: Plan, patient: Patient, begins: str, back: Return | None, now: datetime) -> _Made:
    act = PlanAct.GO_ON_FROM if back is None else PlanAct.RETURN
    state = after(PlanState(plan.state), act)
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    day = today + _DAY if begins == "tomorrow" else today
    present = versions.read(consequences.active_version(plan))
    day = max(day, present.schedule.start)
    known = taken.records_of(plan)
    if back is None:
        standing = taken.current(plan)
        if standing is None:
            raise Refused(reason="nothing_recorded")
        regimen = standing.regimen
    else:
        _check_back(plan, back, today)
        # Doses on the ward are not known day by day: the reported dose counts at least for the day before.
        since = min(back.since, day - _DAY)
        known = dose_records.in_force((*known, Recorded(since, None, back.regimen)))
        # Before its first day a plan has no dose today: it begins with that day's dose.
        regimen = dose_records.pattern_on(present.schedule, day) if back.as_before else back.regimen
    if present.schedule.step_on(day) is None and not regimen:
        # After the last dose there is nothing to continue or change.
        return _Made(act, state, day, today, regimen, present.schedule, known)
    request = replace(present.request, patient=facts_of(patient, today))
    recorded = dose_records.taken_on(known, day - _DAY)
    schedule = going_on.go_on_from(
        request, present.schedule, from_day=day, regimen=regimen, taken=recorded.regimen if recorded else None
    )
    # From this day on the plan counts; the record counts for the days before.
    return _Made(act, state, day, today, regimen, schedule, _until(known, day))


def _until(known: Sequence[Recorded], day: date) -> tuple[Recorded, ...]:
    return tuple(
        one if one.last is not None and one.last < day else replace(one, last=day - _DAY)
        for one in known
        if one.first < day
    )


def check_since(actor: Actor, plan_id: UUID, since: date) -> None:
    """Check the day since which a returned patient takes a dose. Raises NotFound; Refused: day_ahead,
    day_before_stay."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    _check_since(plan, since, clock.today(plan.patient.zone))


def _check_since(plan: Plan, since: date, today: date) -> None:
    if since > today:
        raise Refused(reason="day_ahead", where="since")
    if plan.paused_on is not None and since < plan.paused_on:
        raise Refused(reason="day_before_stay", where="since", earliest=plan.paused_on.isoformat())


def _check_back(plan: Plan, back: Return, today: date) -> None:
    _check_since(plan, back.since, today)
    if back.told_by not in {one.value for one in ToldBy}:
        raise Refused(reason="bad_choice", where="told_by")


def _extra(made: _Made, back: Return | None, before: DayDose) -> JsonObject:
    """What the version stores besides the taper: the difference that led to it, and the stock at home."""
    story = {
        "taken": fullest(made.regimen).units,
        "planned": before.units,
        "since": back.since.isoformat() if back is not None else "",
        "told_by": back.told_by if back is not None else "",
    }
    return {"story": story} | ({} if back is None else {"stock": dict(back.stock or {})})


def _digest(made: _Made, back: Return | None) -> str:
    asked = ""
    if back is not None:
        doses = [f"{one.time.value} {one.drug} {one.dose.text}" for one in back.regimen]
        stock = sorted((back.stock or {}).items())
        asked = f" {back.since} {back.told_by} {doses} {stock} {back.stock is None}"
    return digest_of_change(f"{made.act.value}{asked}", 0, made.day, made.schedule)
