"""What a revision would change, computed without making it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from plans.domain.errors import Refused
from plans.domain.json import Facts
from plans.domain.notices import OF_A_VERSION
from plans.domain.outbox import UNSENT
from plans.domain.regimen import DayDose
from plans.domain.taper import engine, maintenance, revisions, supply
from plans.domain.taper.limit_rules import LimitLevel, Verdict, gathered
from plans.domain.taper.plan_states import REVISIONS, PlanAct, PlanState, after
from plans.domain.taper.products import Product
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.taken import Recorded
from plans.models import Patient, Plan, PlanVersion, Work
from plans.services import clock
from plans.services.access import get_plan_for
from plans.services.actors import Actor, May
from plans.services.plans import taken, versions
from plans.services.plans.preview import LimitFinding, digest_of_change, grouped, holidays_of

# Each takes a schedule, the first day it changes, its number of days, and the plan's equivalence table.
_ACTS: Final[Mapping[PlanAct, Callable[[Schedule, date, int, str], Schedule]]] = {
    PlanAct.HOLD: lambda plan, day, days, _table: revisions.hold(plan, from_day=day, days=days),
    PlanAct.STEP_BACK: lambda plan, day, days, table: revisions.step_back(
        plan, from_day=day, hold_days=days, table=table
    ),
    PlanAct.SLOW_DOWN: lambda plan, day, days, _table: revisions.slow_down(
        plan, from_day=day, interval_days=days
    ),
    PlanAct.STOP_HERE: lambda plan, day, _days, _table: revisions.stop_here(plan, from_day=day),
    PlanAct.RESUME: lambda plan, day, _days, _table: revisions.resume(plan, from_day=day),
}
# Each act's default number of days; 0 for acts without one.
DEFAULT_DAYS: Final[Mapping[PlanAct, int]] = {
    PlanAct.HOLD: 14,
    PlanAct.STEP_BACK: 14,
    PlanAct.SLOW_DOWN: 21,
    PlanAct.STOP_HERE: 0,
    PlanAct.RESUME: 0,
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """A schedule from a day on: the day's dose of every drug, the next change of any of them (None: none), the last
    dose day (None: it goes on). `held_until` is the last day of a hold in force.
    """

    dose: DayDose
    next_change: date | None
    next_dose: DayDose | None
    last_dose: date | None
    end: date
    steps: int
    held_until: date | None = None


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an act would do. `findings` are limits that only the changed plan passes.

    `messages` are unsent messages of the current version that would be cancelled; `to_dispense` are whole units needed
    from the day on, less what should be at hand; where a dose stays, for fills begun by `to_dispense_by`. `digest`
    identifies the result, and making the change sends it back. `country` is that of the products.
    """

    act: str
    days: int
    from_day: date
    lock: int
    version: int
    before: Outlook
    after: Outlook
    held_until: date | None
    findings: tuple[LimitFinding, ...]
    messages: int
    told: bool
    to_dispense: tuple[tuple[Product, int, int], ...]
    to_dispense_by: date | None
    schedule: Schedule
    country: str
    digest: str


def read_act(raw: str) -> PlanAct:
    """A revising act by its name. Raises Refused("bad_choice")."""
    act = next((act for act in REVISIONS if act.value == raw), None)
    if act is None:
        raise Refused(reason="bad_choice", where="act")
    return act


def _from_day(schedule: Schedule, today: date, *, tomorrow: bool) -> date:
    """The first day an act may change, never one whose doses may be taken already. Raises Refused("plan_over")."""
    day = max(today + timedelta(days=1 if tomorrow else 0), schedule.start)
    if day > schedule.end and not schedule.maintenance:
        raise Refused(reason="plan_over")
    return day


def changed(
    plan: Plan, patient: Patient, act: PlanAct, params: Facts, now: datetime
) -> tuple[date, int, Schedule]:
    """The first day an act changes, its number of days, and the schedule it makes.

    Raises Refused or TaperError; Refused("changes_nothing") where every dose from that day on stays as it is.
    """
    version = active_version(plan)
    said = versions.read(version)
    schedule = said.schedule
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    day = _from_day(schedule, today, tomorrow=params.get("from") == "tomorrow")
    days = params.get("days", DEFAULT_DAYS[act])
    made = _ACTS[act](maintenance.opened(schedule, day), day, days, said.request.equivalence)
    if act is PlanAct.STEP_BACK and plan.state == PlanState.HELD.value:
        made = _still_held(made, day, plan.held_until)
    if maintenance.same_from(schedule, made, day):
        apart = maintenance.shortest_interval(schedule, day)
        raise Refused(reason="changes_nothing", act=act.value, days=apart)
    return day, days, made


def _still_held(schedule: Schedule, day: date, until: date | None) -> Schedule:
    """Extend a step back so that no dose goes down before the present hold would have ended."""
    change = schedule.next_change(day)
    if until is None or change is None or change.start > until:
        return schedule
    return revisions.hold(schedule, from_day=day, days=(until - change.start).days + 1)


def active_version(plan: Plan) -> PlanVersion:
    """The active version. Raises Refused("not_in_this_state") for a plan never issued."""
    if plan.active_version is None:
        raise Refused(reason="not_in_this_state", state=plan.state, act="revise")
    return plan.active_version


def preview_revision(actor: Actor, *, plan_id: UUID, act: str, params: Facts) -> Consequences:
    """Preview an act; changes nothing. `params`: `days` (whole number) and `from` ("today" or "tomorrow").

    Raises NotFound; Refused with reason bad_choice, not_in_this_state, plan_over or changes_nothing; TaperError if the
    act is impossible on this schedule (nothing to hold, no earlier step, a number out of range).
    """
    plan = get_plan_for(actor, plan_id, May.LOOK)
    patient = plan.patient
    wanted = read_act(act)
    state = after(PlanState(plan.state), wanted)
    day, days, schedule = changed(plan, patient, wanted, params, clock.now())
    return of(plan, patient, act=wanted, state=state, day=day, days=days, schedule=schedule)


def of(
    plan: Plan,
    patient: Patient,
    *,
    act: PlanAct,
    state: PlanState,
    day: date,
    days: int,
    schedule: Schedule,
    known: Sequence[Recorded] | None = None,
    stock: supply.Stock | None = None,
) -> Consequences:
    """Preview replacing the active version by `schedule` from a day on; changes nothing.

    `known` are doses really taken (by default those on record), `stock` what was counted at home, if it was.
    """
    version = active_version(plan)
    present = versions.read(version)
    request = present.request
    held = versions.held_until(schedule, day) if state is PlanState.HELD else None
    dispense_by = maintenance.pages_until(schedule, day) or maintenance.pages_until(present.schedule, day)
    return Consequences(
        act=act.value,
        days=days,
        from_day=day,
        lock=plan.lock,
        version=version.number,
        before=_outlook(present.schedule, day, plan.held_until),
        after=_outlook(schedule, day, held),
        held_until=held,
        findings=_new_findings(plan, present.schedule, schedule, request, day, known),
        messages=Work.objects.filter(plan=plan, notice__in=OF_A_VERSION, state__in=UNSENT).count(),
        told=bool(patient.email),
        to_dispense=_to_dispense(present.schedule, schedule, request, day, dispense_by, stock),
        to_dispense_by=dispense_by,
        schedule=schedule,
        country=request.country,
        digest=digest_of_change(act.value, days, day, schedule),
    )


def _outlook(schedule: Schedule, day: date, held: date | None) -> Outlook:
    step, change = schedule.step_at(day), schedule.next_change(day)
    return Outlook(
        dose=step.day if step else DayDose(),
        next_change=change.start if change else None,
        next_dose=change.day if change else None,
        last_dose=schedule.last_dose_day(),
        end=schedule.end,
        steps=len(schedule.steps),
        held_until=held,
    )


def judged(
    plan: Plan,
    schedule: Schedule,
    request: TaperRequest,
    confirmed: Collection[str] = (),
    known: Sequence[Recorded] | None = None,
) -> engine.Taper:
    """Judge a revised schedule: limits, cautions and supply.

    `confirmed` are names of products whose strength was confirmed when the plan was issued; `known` are doses really
    taken, by default those on record.
    """
    sure = frozenset(product for product in schedule.products if product.name in confirmed)
    recorded = taken.records_of(plan) if known is None else known
    return engine.assess(
        request, schedule, holidays=holidays_of(plan.clinic), confirmed=sure, recorded=tuple(recorded)
    )


def _new_findings(
    plan: Plan,
    before: Schedule,
    later: Schedule,
    request: TaperRequest,
    day: date,
    taken_so_far: Sequence[Recorded] | None = None,
) -> tuple[LimitFinding, ...]:
    """Limits passed by the changed plan's steps from the day on, but not by the present plan's remaining steps.

    They are compared by rule and figures. What a past step passed does not excuse a new one: a cut repeated after a
    step back is reported again, and so is a second late step back.
    """
    known = Counter(_figures(one) for one in _from(day, before, judged(plan, before, request).verdicts))
    fresh = []
    for one in _from(day, later, judged(plan, later, request, known=taken_so_far).verdicts):
        if known[_figures(one)]:
            known[_figures(one)] -= 1
        elif one.level is not LimitLevel.NOTE and one.rule != "unverified_product":
            fresh.append(one)
    return grouped(gathered(fresh))


def _from(day: date, schedule: Schedule, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The findings on single steps that begin on or after a day."""
    return [
        one
        for verdict in verdicts
        for one in verdict.each
        if one.step and schedule.steps[one.step - 1].start >= day
    ]


def _figures(verdict: Verdict) -> tuple[str, str]:
    """A finding without its step numbers, which a revision shifts."""
    facts = {
        name: list(fact.values()) if isinstance(fact, dict) else fact for name, fact in verdict.facts.items()
    }
    return verdict.rule, str(sorted(facts.items(), key=str))


def _to_dispense(
    before: Schedule,
    later: Schedule,
    request: TaperRequest,
    day: date,
    by: date | None,
    stock: supply.Stock | None = None,
) -> tuple[tuple[Product, int, int], ...]:
    """Whole units of each product still to dispense from a day on: as planned, and after the change.

    A dose that stays has no end: with `by`, only fills begun by then count. `stock` is what was counted at home;
    without it, what should be left of earlier fills.
    """
    at_hand, dispense_days = stock, request.dispense_days
    if at_hand is None:
        written = before.through(day)
        first = supply.counted(
            supply.supplied(before), {one.product: one.whole_units for one in request.stock}
        )
        planned = supply.plan_supply(written, dispense_days, stock=first)
        at_hand = supply.on_hand(written, planned, day, first)

    def units(schedule: Schedule) -> dict[Product, int]:
        # One whole fill beyond the last day, so that the last one is not cut short.
        reach = schedule if by is None else schedule.through(by + timedelta(days=dispense_days))
        planned = supply.plan_supply(reach, dispense_days, from_day=day, stock=at_hand)
        found: dict[Product, int] = {}
        for fill in planned.fills:
            if by is None or fill.first <= by:
                found[fill.product] = found.get(fill.product, 0) + fill.whole_units
        return found

    was, now = units(before), units(later)
    return tuple(
        (product, was.get(product, 0), now.get(product, 0)) for product in dict.fromkeys((*was, *now))
    )
