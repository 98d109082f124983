"""Continuing a plan from the dose really taken, and returning from hospital, which asks for that dose first.

Earlier days stay as they were; from a given day the plan has the dose really taken and continues from there by the same
method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused, Stale, TaperError
from plans.domain.json import JsonObject
from plans.domain.regimen import DayDose
from plans.domain.taper import dose_records, going_on, maintenance, revisions, supply
from plans.domain.taper.dose_records import ToldBy
from plans.domain.taper.lived_pace import AS_THE_METHOD, LivedPace, lived_pace
from plans.domain.taper.plan_states import PlanAct, PlanState, after
from plans.domain.taper.remaking import in_stock
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import Schedule, StepKind
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
# Changes that later layouts follow, since they stand in the request.
_IN_THE_REQUEST: Final = frozenset(
    act.value
    for act in (
        PlanAct.CHANGE_PRODUCTS,
        PlanAct.CHANGE_SPREAD,
        PlanAct.SWITCH_DRUG,
        PlanAct.BEGIN_DRUG,
        PlanAct.END_DRUG,
        PlanAct.TAPER_ON,
        PlanAct.GO_ON_FROM,
    )
)


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
    agreed: tuple[int, ...] = ()
    keeps: bool = False
    held_open: bool = False


def agreed_ahead(actor: Actor, plan_id: UUID) -> tuple[int, ...]:
    """The versions, newest first, whose changes still lie ahead and would be dropped by laying the steps out again.

    Empty where the method by itself does what was agreed. Raises NotFound; Refused: not_in_this_state.
    """
    plan = get_plan_for(actor, plan_id, May.LOOK)
    return _agreed_ahead(plan, plan.state == PlanState.PAUSED.value, clock.today(plan.patient.zone))


def preview(
    actor: Actor, *, plan_id: UUID, begins: str, back: Return | None = None, as_agreed: bool | None = None
) -> Consequences:
    """Preview going on from the dose really taken, or with `back` the return from hospital; changes nothing.

    `begins` is "today" or "tomorrow"; `as_agreed`: whether steps that were agreed before and still lie ahead are kept,
    or all steps laid out again by the method (needed where `agreed_ahead` names versions). Raises NotFound; Refused:
    not_in_this_state, nothing_recorded, agreed_unsaid, and of a return day_ahead, day_before_stay, bad_choice;
    TaperError where the method, or what was agreed, cannot go on from that dose.
    """
    plan = get_plan_for(actor, plan_id, May.LOOK)
    made = _made(plan, plan.patient, begins, back, clock.now(), as_agreed)
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
    as_agreed: bool | None = None,
    item_id: UUID | None = None,
    shown: str | None = None,
) -> UUID:
    """Make the version that goes on from the dose really taken; with `back` also record the return from hospital.

    `as_agreed` as in `preview`; the version says what became of what was agreed.

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
    made = _made(plan, patient, begins, back, now, as_agreed)
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


class _Ahead(NamedTuple):
    """What the plan still has from `since` on, as agreed, and the request that its method follows.

    `held_open`: its dose is held until somebody resumes.
    """

    request: TaperRequest
    schedule: Schedule
    since: date
    held_open: bool


def _ahead(plan: Plan, back: bool, day: date, regimen: tuple[Intake, ...], *, as_agreed: bool) -> _Ahead:
    """The plan as it goes on; after a stay with what it had before it, carried on from `day` on.

    Unless `as_agreed`, steps that waited for the end of a hold wait no longer.
    """
    present = versions.read(consequences.active_version(plan))
    schedule, said = present.schedule, present
    rows = plan.versions.order_by("-number")
    if back and schedule.steps[-1].kind is StepKind.PAUSE:
        said = versions.read(rows.exclude(kind=PlanAct.PAUSE.value)[0])
    since = max(day, schedule.start) if said is present else schedule.steps[-1].start
    held_open = bool(said.extra.get("held_open"))
    if held_open and not as_agreed:
        earlier = map(versions.read, rows.exclude(kind=PlanAct.PAUSE.value))
        said = next(one for one in earlier if not one.extra.get("held_open"))
    if said is not present:
        schedule = going_on.after_a_stay(
            schedule, before=said.schedule, from_day=max(day, schedule.start), regimen=regimen
        )
    return _Ahead(present.request, schedule, since, held_open)


def _agreed_ahead(plan: Plan, back: bool, today: date) -> tuple[int, ...]:
    """The numbers of the versions whose changes from the stay, or from today, on the method by itself would not make.

    What it makes is compared from the plan's own dose and with its next change on the same day.
    """
    ahead = _ahead(plan, back, today, (), as_agreed=True)
    day = max(today, ahead.schedule.start)
    own, change = dose_records.pattern_on(ahead.schedule, day), ahead.schedule.next_change(day)
    found = tuple(_changes_from(plan, ahead.since)) if own else ()
    if not found or ahead.held_open:
        return found
    first = (change.start - day).days if change is not None else None
    try:
        anew = going_on.laid_out(ahead.request, ahead.schedule, from_day=day, regimen=own, first_days=first)
    except TaperError:
        return found
    return () if maintenance.same_from(anew, ahead.schedule, day) else found


def _changes_from(plan: Plan, since: date) -> list[int]:
    """The versions since the plan was last laid out from a dose that changed days from `since` on, newest first.

    Other products, drugs and ways of sharing the day stand in the request, which is followed anyhow, once begun.
    """
    undone = (PlanAct.PAUSE.value, PlanAct.CORRECT.value)
    rows = list(plan.versions.exclude(kind__in=undone).order_by("-number"))
    found: list[int] = []
    for row, before in pairwise(rows):
        said = versions.read(row)
        if said.extra.get("story", {}).get("agreed_kept"):
            continue
        if row.kind == PlanAct.RETURN.value:
            break
        begun = row.kind in _IN_THE_REQUEST and row.from_day < since
        if not begun and not maintenance.same_from(said.schedule, versions.read(before).schedule, since):
            found.append(row.number)
        if row.kind == PlanAct.GO_ON_FROM.value:
            break
    return found


def _made(
    plan: Plan, patient: Patient, begins: str, back: Return | None, now: datetime, as_agreed: bool | None
) -> _Made:
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
    agreed = _agreed_ahead(plan, back is not None, today)
    if agreed and as_agreed is None:
        raise Refused(reason="agreed_unsaid", where="agreed")
    keeps = bool(agreed and as_agreed)
    ahead = _ahead(plan, back is not None, day, regimen, as_agreed=keeps)
    lay_out = going_on.go_on_as_agreed if keeps else going_on.go_on_from
    recorded = dose_records.taken_on(known, day - _DAY)
    # Where nothing was asked, nobody said that the pace is not to be kept.
    pace = AS_THE_METHOD if agreed else _pace(ahead, day)
    asked = replace(ahead.request, method=pace.method(ahead.request.method))
    schedule = lay_out(
        replace(asked, patient=facts_of(patient, today)),
        ahead.schedule,
        from_day=day,
        regimen=regimen,
        taken=recorded.regimen if recorded else None,
    )
    schedule = pace.kept(schedule, from_day=day, first=True)
    asked = asked.with_products(present.schedule.products)
    schedule = in_stock(asked, schedule, present.schedule, from_day=day)
    # From this day on the plan counts; the record counts for the days before.
    made = _Made(act, state, day, today, regimen, schedule, _until(known, day), agreed)
    return _kept(made, ahead) if keeps else made


def _pace(ahead: _Ahead, day: date) -> LivedPace:
    """The pace of the steps that lie ahead, as far as the method by itself has another."""
    own, change = dose_records.pattern_on(ahead.schedule, day), ahead.schedule.next_change(day)
    if not own or change is None:
        return AS_THE_METHOD
    first = (change.start - day).days
    return lived_pace(ahead.request, ahead.schedule, day, regimen=own, first_days=first)


def _kept(made: _Made, ahead: _Ahead) -> _Made:
    """What was made as it was agreed: a hold that stood stands again."""
    if ahead.held_open:
        return made._replace(state=after(made.state, PlanAct.HOLD_OPEN), keeps=True, held_open=True)
    if revisions.held_until(made.schedule, made.day) is not None:
        return made._replace(state=after(made.state, PlanAct.HOLD), keeps=True)
    return made._replace(keeps=True)


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
    story: JsonObject = {
        "taken": fullest(made.regimen).units,
        "planned": before.units,
        "since": back.since.isoformat() if back is not None else "",
        "told_by": back.told_by if back is not None else "",
    }
    found: JsonObject = {"story": story}
    if made.agreed:
        story |= {"agreed": list(made.agreed), "agreed_kept": made.keeps}
    if made.held_open:
        found["held_open"] = True
    return found if back is None else found | {"stock": dict(back.stock or {})}


def _digest(made: _Made, back: Return | None) -> str:
    asked = ""
    if back is not None:
        doses = [f"{one.time.value} {one.drug} {one.dose.text}" for one in back.regimen]
        stock = sorted((back.stock or {}).items())
        asked = f" {back.since} {back.told_by} {doses} {stock} {back.stock is None}"
    kept = f" {made.agreed} {made.keeps}" if made.agreed else ""
    return digest_of_change(f"{made.act.value}{asked}{kept}", 0, made.day, made.schedule)
