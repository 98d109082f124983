"""What a revision would change, computed without making it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from plans.domain.errors import Refused
from plans.domain.json import Facts, JsonObject
from plans.domain.notices import OF_A_VERSION
from plans.domain.outbox import UNSENT
from plans.domain.regimen import DayDose
from plans.domain.taper import dose_records, engine, maintenance, revisions, supply
from plans.domain.taper.amendments import (
    Amendment,
    Hold,
    LayoutAmendment,
    Pace,
    Resume,
    Standing,
    StepBack,
    StopHere,
    TakesDose,
    act_of,
    amend,
)
from plans.domain.taper.cautions import Caution
from plans.domain.taper.clinic_limits import agreed
from plans.domain.taper.limit_rules import LimitLevel, Verdict, gathered
from plans.domain.taper.lived_pace import gaps
from plans.domain.taper.plan_states import PlanAct, PlanState, after
from plans.domain.taper.products import Product
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.second_signature import Trigger, raised_by_change
from plans.domain.taper.snapshot import Snapshot
from plans.domain.taper.supply_watch import HomeStock
from plans.domain.taper.switch_figures import Counted
from plans.domain.taper.taken import Recorded
from plans.models import CheckIn, Patient, Plan, PlanVersion, Work
from plans.services import clock, own_limits, second_signature
from plans.services.access import get_plan_for
from plans.services.actors import Actor, May
from plans.services.people import facts_of
from plans.services.plans import plan_effects, taken, versions
from plans.services.plans.preview import LimitFinding, digest_of_change, grouped, holidays_of

# How many days an act counts when nobody says otherwise; 0 where it counts none.
DEFAULT_DAYS: Final[Mapping[PlanAct, int]] = {
    PlanAct.HOLD: 14,
    PlanAct.STEP_BACK: 14,
    PlanAct.SLOW_DOWN: 21,
    PlanAct.STOP_HERE: 0,
    PlanAct.RESUME: 0,
}
# The acts that a day and a number of days say all of.
_PLAIN: Final[Mapping[PlanAct, Callable[[date, int], Amendment]]] = {
    PlanAct.HOLD: lambda day, days: Hold(day, days=days),
    PlanAct.STEP_BACK: lambda day, days: StepBack(day, hold_days=days),
    PlanAct.SLOW_DOWN: lambda day, days: Pace(day, interval_days=days),
    PlanAct.STOP_HERE: lambda day, _days: StopHere(day),
    PlanAct.RESUME: lambda day, _days: Resume(day),
}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A schedule from a day on: the day's dose of every drug, the next change of any of them (None: none), the last
    dose day (None: it goes on). `held_until` is the last day of a hold in force, `apart` the fewest and the most days
    between two cuts to come (None: there are not two).
    """

    dose: DayDose
    next_change: date | None
    next_dose: DayDose | None
    last_dose: date | None
    end: date
    steps: int
    held_until: date | None = None
    apart: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a change would do, before it is done; `act` and `days` name it. `findings` are limits that only the changed
    plan goes past.

    `messages` are unsent messages of the current version that would be cancelled; `told`: whether the patient gets one,
    at once or within the hour; `to_dispense` are whole units needed from today on (or the plan's first day), as the
    pharmacy sheet counts them, less what should be at home; where a dose stays, for fills begun by `to_dispense_by`.
    `digest` identifies the result, and making the change sends it back. `country` is that of the products; `at_home`
    are whole units that should be there today, reckoned from what was counted on `counted_on` (None: from the fills so
    far), `comes_back` those that the changed plan takes none of.
    `to_sign` and `to_confirm` are what whoever makes the change has to answer for; `refused`: it goes past a limit that
    nobody can sign for, and cannot be made. `answered_since`: check-ins answered since the first day, if that is past.
    `because`: why it needs a second signature, if it does; `story` is what the version would keep of it, for its
    sentence; `counted`: amounts of the plan that count as amounts of another drug after a switch.
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
    told_at_once: bool
    to_dispense: tuple[tuple[Product, int, int], ...]
    to_dispense_by: date | None
    at_home: tuple[tuple[Product, int], ...]
    counted_on: date | None
    schedule: Schedule
    country: str
    digest: str
    present: Schedule
    held_open: bool = False
    refused: bool = False
    to_sign: tuple[Caution, ...] = ()
    to_confirm: tuple[str, ...] = ()
    answered_since: int = 0
    because: tuple[Trigger, ...] = ()
    story: JsonObject = field(default_factory=dict)
    counted: tuple[Counted, ...] = ()

    @property
    def comes_back(self) -> tuple[tuple[Product, int], ...]:
        """What should be at home and is taken no more."""
        last = self.schedule.steps[-1]
        later = [step for step in self.schedule if step.end >= self.from_day] or [last]
        # By name: a tablet that is broken otherwise from now on is still the same tablet.
        taken_of = {take.product.name for step in later for dose in step.doses for take in dose.take}
        return tuple((product, units) for product, units in self.at_home if product.name not in taken_of)


@dataclass(frozen=True, slots=True)
class Changed:
    """A plan with a change made to it: what the act is called, the state it leads to, its first day, the plan after it.

    `story` is what the version keeps of it and its sentence quotes; `request` what later changes go on from; `findings`
    are limits that only the changed plan goes past, `refused` whether one of them cannot be signed for; `because`: why
    it needs a second signature, if it does; `counted`: amounts that a switch reads as another drug's.
    """

    act: PlanAct
    state: PlanState
    day: date
    story: JsonObject
    request: TaperRequest
    schedule: Schedule
    held_open: bool
    findings: tuple[LimitFinding, ...] = ()
    refused: bool = False
    to_sign: tuple[Caution, ...] = ()
    to_confirm: tuple[str, ...] = ()
    because: tuple[Trigger, ...] = ()
    counted: tuple[Counted, ...] = ()

    @property
    def days(self) -> int:
        """The days it counts, 0 where it counts none."""
        return int(self.story.get("days") or 0)

    @property
    def digest(self) -> str:
        """What names it: shown with it, and carried back by whoever confirms it."""
        return _named(self.act.value, self.state.value, self.story, self.day, self.schedule)


def _named(act: str, state: str, story: Facts, day: date, schedule: Schedule) -> str:
    return digest_of_change(json.dumps([act, state, story], sort_keys=True), 0, day, schedule)


def digest_of_version(plan: Plan) -> str:
    """The digest that was shown for the change that made the active version, while the plan's state is still that."""
    version = active_version(plan)
    said = versions.read(version)
    return _named(version.kind, plan.state, said.extra.get("story", {}), version.from_day, said.schedule)


def plain_change(plan: Plan, act: str, params: Facts, today: date) -> tuple[Amendment, ...]:
    """A change by its name, its `days` and `from` ("today" or "tomorrow"). Raises Refused: bad_choice, plan_over."""
    wanted = next((one for one in _PLAIN if one.value == act), None)
    if wanted is None:
        raise Refused(reason="bad_choice", where="act")
    after(PlanState(plan.state), wanted)
    schedule = versions.read(active_version(plan)).schedule
    day = _from_day(schedule, today, tomorrow=params.get("from") == "tomorrow")
    return (_PLAIN[wanted](day, params.get("days", DEFAULT_DAYS[wanted])),)


def _from_day(schedule: Schedule, today: date, *, tomorrow: bool) -> date:
    """The first day an act may change, never one whose doses may be taken already. Raises Refused("plan_over")."""
    day = max(today + timedelta(days=1 if tomorrow else 0), schedule.start)
    if day > schedule.end and not schedule.maintenance:
        raise Refused(reason="plan_over")
    return day


def changed(
    plan: Plan, patient: Patient, changes: Sequence[Amendment], now: datetime, *, correction: bool = False
) -> Changed:
    """The plan with all these changes, as one.

    Raises Refused: no_change, not_in_this_state, plan_over, day_too_early for a day before yesterday, and
    changes_nothing where every dose from the first day on stays as it is; TaperError where one of them cannot be done.
    """
    if not changes:
        raise Refused(reason="no_change", where="changes")
    version = active_version(plan)
    said = versions.read(version)
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    day = _first_day(said.schedule, [one.from_day for one in changes], today)
    state = PlanState(plan.state)
    for one in changes:
        state = after(state, one.told_as)
    made = amend(
        replace(said.request, patient=facts_of(patient, today)),
        said.schedule,
        changes,
        _standing(plan, day),
    )
    same = maintenance.same_from(said.schedule, made.schedule, day)
    if same and made.held_open == bool(said.extra.get("held_open")) and state.value == plan.state:
        apart = maintenance.shortest_interval(said.schedule, day)
        raise Refused(reason="changes_nothing", act=changes[0].told_as.value, days=apart)
    if state is PlanState.HELD and not made.held_open:
        until = revisions.held_until(made.schedule, max(day, today))
        if until is None:
            # The hold is over with this change, or lasts less long than what it does.
            state = after(state, PlanAct.END_HOLD)
    taper = judged(plan, made.schedule, made.request, said.extra.get("confirmed", ()))
    findings = _new_findings(plan, said, taper, day)
    laid_out = [one for one in changes if isinstance(one, LayoutAmendment)]
    to_sign, to_confirm = _to_answer_for(said, taper) if laid_out else ((), ())
    # What was really taken is recorded as it was, above a maximum too: refusing it would leave the plan untrue.
    only_taken = bool(laid_out) and all(isinstance(one, TakesDose) for one in laid_out)
    return Changed(
        act=act_of(changes, correction=correction),
        state=state,
        day=day,
        story=_story(changes, said.schedule, made.schedule, correction=correction),
        request=made.request,
        schedule=made.schedule,
        held_open=made.held_open,
        findings=findings,
        refused=not only_taken and any(one.level is LimitLevel.REFUSED for one in findings),
        to_sign=to_sign,
        to_confirm=to_confirm,
        because=raised_by_change(
            second_signature.of_clinic(plan.clinic),
            changes,
            (one for found in findings for one in found.verdicts),
            facts_of(patient, today),
        ),
        counted=made.counted,
    )


def _to_answer_for(said: Snapshot, taper: engine.Taper) -> tuple[tuple[Caution, ...], tuple[str, ...]]:
    """Cautions to sign that nobody signed for this plan so far, and products whose strength nobody confirmed.

    Steps that only move bring neither: they are asked for where days are laid out anew, with other doses, drugs or
    products.
    """
    signed = said.extra.get("signed", ())
    to_sign = tuple(one for one in taper.cautions if one.must_sign and one.code not in signed)
    unsure = {str(one.facts["product"]) for one in taper.verdicts if one.rule == "unverified_product"}
    return to_sign, tuple(sorted(unsure))


def _first_day(schedule: Schedule, days: Sequence[date], today: date) -> date:
    """The first day of a change: yesterday at the earliest. Raises Refused: plan_over, day_too_early."""
    day = min(days)
    if day > schedule.end and not schedule.maintenance:
        raise Refused(reason="plan_over")
    earliest = max(today - _DAY, schedule.start)
    if day < earliest:
        raise Refused(reason="day_too_early", where="from_day", earliest=earliest.isoformat())
    return day


def _standing(plan: Plan, day: date) -> Standing:
    """What a change starts from beside the plan: a hold that stands, and what was really taken on the day before."""
    told = dose_records.taken_on(taken.records_of(plan), day - _DAY)
    until = plan.held_until if plan.state == PlanState.HELD.value else None
    return Standing(until, _waiting(plan), told.regimen if told else None)


def _waiting(plan: Plan) -> Schedule | None:
    """The plan before a hold without an end; None where no such hold stands."""
    if not versions.read(active_version(plan)).extra.get("held_open"):
        return None
    rows = PlanVersion.objects.filter(plan=plan).order_by("-number")
    found = (versions.read(row) for row in rows)
    return next((one.schedule for one in found if not one.extra.get("held_open")), None)


def _story(
    changes: Sequence[Amendment], before: Schedule, later: Schedule, *, correction: bool
) -> JsonObject:
    """What the version keeps of a change: one by itself, or several, each with its act."""
    told = [_told(one, before, later) for one in changes]
    if len(told) == 1 and not correction:
        return told[0]
    return {
        "changes": [{"act": one.told_as.value, **facts} for one, facts in zip(changes, told, strict=True)]
    }


def _told(change: Amendment, before: Schedule, later: Schedule) -> JsonObject:
    facts = change.facts()
    if isinstance(change, Hold) and change.through is not None:
        was, now = before.next_change(change.from_day), later.next_change(change.from_day)
        facts |= {"days": (now.start - was.start).days if was and now else 0}
    if isinstance(change, StepBack):
        until = revisions.held_until(later, change.from_day + change.hold_days * _DAY)
        facts |= {"held_until": until.isoformat()} if until else {}
    if isinstance(change, TakesDose):
        step = before.step_at(change.from_day)
        facts |= {
            "taken": DayDose.total(change.regimen).units,
            "planned": (step.day if step else DayDose()).units,
        }
    return facts


def active_version(plan: Plan) -> PlanVersion:
    """The active version. Raises Refused("not_in_this_state") for a plan never issued."""
    if plan.active_version is None:
        raise Refused(reason="not_in_this_state", state=plan.state, act="revise")
    return plan.active_version


def preview_revision(actor: Actor, *, plan_id: UUID, act: str, params: Facts) -> Consequences:
    """Preview an act; changes nothing. `params`: `days` (whole number) and `from` ("today" or "tomorrow").

    Raises NotFound; Refused with reason bad_choice and what `preview_changes` raises.
    """
    plan = get_plan_for(actor, plan_id, May.LOOK)
    changes = plain_change(plan, act, params, clock.today(plan.patient.zone))
    return preview_changes(actor, plan_id=plan_id, changes=changes)


def preview_changes(
    actor: Actor, *, plan_id: UUID, changes: Sequence[Amendment], correction: bool = False
) -> Consequences:
    """What one or several changes together would do; changes nothing.

    Raises NotFound; Refused with reason no_change, not_in_this_state, plan_over, day_too_early or changes_nothing;
    TaperError where one cannot be done on this schedule (nothing to hold, no step before, a number out of range).
    """
    plan = get_plan_for(actor, plan_id, May.LOOK)
    made = changed(plan, plan.patient, changes, clock.now(), correction=correction)
    seen = of(
        plan,
        plan.patient,
        act=made.act,
        state=made.state,
        day=made.day,
        days=made.days,
        schedule=made.schedule,
        findings=made.findings,
    )
    return replace(
        seen,
        digest=made.digest,
        held_open=made.held_open,
        refused=made.refused,
        to_sign=made.to_sign,
        to_confirm=made.to_confirm,
        answered_since=_answered_since(plan, made.day),
        because=made.because,
        story=made.story,
        counted=made.counted,
    )


def _answered_since(plan: Plan, day: date) -> int:
    """Check-ins with answers since the first day of a change that is dated back; 0 for any other change."""
    if day >= clock.today(plan.patient.zone):
        return 0
    return CheckIn.objects.filter(plan=plan, local_date__gte=day).exclude(answers={}).count()


def of(
    plan: Plan,
    patient: Patient,
    *,
    act: PlanAct,
    state: PlanState,
    day: date,
    days: int,
    schedule: Schedule,
    findings: tuple[LimitFinding, ...],
    stock: supply.Stock | None = None,
) -> Consequences:
    """Preview replacing the active version by `schedule` from a day on; changes nothing.

    `findings` are limits that only the changed plan goes past, `stock` what is at home where that was counted.
    """
    version = active_version(plan)
    present = versions.read(version)
    held = revisions.held_until(schedule, day) if state is PlanState.HELD else None
    now, today = clock.now(), clock.today(patient.zone)
    # As the pharmacy sheet of the version will count them.
    fills_from = supply.first_fill(schedule, today)
    home = versions.at_home(version, today) if stock is None else HomeStock(stock, today)
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
        findings=findings,
        messages=Work.objects.filter(plan=plan, notice__in=OF_A_VERSION, state__in=UNSENT).count(),
        told=bool(patient.email),
        told_at_once=plan_effects.told_at(plan, present.schedule, schedule, today, now) <= now,
        to_dispense=_to_dispense(
            present.schedule, schedule, present.request.dispense_days, fills_from, dispense_by, home.stock
        ),
        to_dispense_by=dispense_by,
        at_home=supply.whole_units(home.stock),
        counted_on=home.counted_on,
        schedule=schedule,
        country=present.request.country,
        digest=digest_of_change(act.value, days, day, schedule),
        present=present.schedule,
    )


def _outlook(schedule: Schedule, day: date, held: date | None) -> Outlook:
    step, change = schedule.step_at(day), schedule.next_change(day)
    between = gaps(schedule, day)
    return Outlook(
        dose=step.day if step else DayDose(),
        next_change=change.start if change else None,
        next_dose=change.day if change else None,
        last_dose=schedule.last_dose_day(),
        end=schedule.end,
        steps=len(schedule.steps),
        held_until=held,
        apart=(min(between), max(between)) if between else None,
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
        request,
        schedule,
        holidays=holidays_of(plan.clinic),
        confirmed=sure,
        recorded=tuple(recorded),
        agreed=own_limits.of_clinic(plan.clinic),
    )


def findings_of(
    plan: Plan, schedule: Schedule, day: date, taken_so_far: Sequence[Recorded] | None = None
) -> tuple[LimitFinding, ...]:
    """Limits that only `schedule`, put in place of the version in force from a day on, goes past.

    `taken_so_far` are doses really taken (those on record unless given).
    """
    present = versions.read(active_version(plan))
    return _new_findings(plan, present, judged(plan, schedule, present.request, known=taken_so_far), day)


def _new_findings(plan: Plan, present: Snapshot, later: engine.Taper, day: date) -> tuple[LimitFinding, ...]:
    """Limits passed by the changed plan's steps from the day on, but not by the present plan's remaining steps.

    They are compared by rule and figures. What a past step passed does not excuse a new one: a cut repeated after a
    step back is reported again, and so is a second late step back. Nor does the same cut excuse one that comes sooner
    after the change before it, where the finding's own figures do not count days.
    """
    before = present.schedule
    stands = judged(plan, before, present.request).verdicts
    known: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in _from(day, before, stands):
        known[_figures(one)].append(_waited(before, one))
    fresh = []
    for one in _from(day, later.schedule, later.verdicts):
        waited = _waited(later.schedule, one)
        excused = [days for days in known[_figures(one)] if days <= waited]
        if excused:
            known[_figures(one)].remove(max(excused))
        elif (one.level is not LimitLevel.NOTE or agreed(one.facts)) and one.rule != "unverified_product":
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


def _waited(schedule: Schedule, verdict: Verdict) -> int:
    """The days from the change before to the step of a finding on a cut larger than asked for; 0 for any other."""
    if verdict.rule != "faster_than_asked" or not verdict.step:
        return 0
    start = schedule.steps[verdict.step - 1].start
    change = schedule.last_change(start - _DAY)
    return (start - (change.start if change else schedule.start)).days


def _figures(verdict: Verdict) -> tuple[str, str]:
    """A finding without its step numbers, which a revision shifts."""
    facts = {
        name: list(fact.values()) if isinstance(fact, dict) else fact for name, fact in verdict.facts.items()
    }
    return verdict.rule, str(sorted(facts.items(), key=str))


def _to_dispense(
    before: Schedule,
    later: Schedule,
    dispense_days: int,
    fills_from: date,
    by: date | None,
    at_home: supply.Stock,
) -> tuple[tuple[Product, int, int], ...]:
    """Whole units of each product still to dispense from the day on from which fills count: as planned, and after the
    change, less what is at home.

    A dose that stays has no end: with `by`, only fills begun by then count.
    """

    def units(schedule: Schedule) -> dict[str, tuple[Product, int]]:
        # One whole fill beyond the last day, so that the last one is not cut short.
        reach = schedule if by is None else schedule.through(by + timedelta(days=dispense_days))
        planned = supply.plan_supply(reach, dispense_days, from_day=fills_from, stock=at_home)
        found: dict[str, tuple[Product, int]] = {}
        for fill in planned.fills:
            if by is None or fill.first <= by:
                _, so_far = found.get(fill.product.name, (fill.product, 0))
                found[fill.product.name] = fill.product, so_far + fill.whole_units
        return found

    was, now = units(before), units(later)
    nothing = (None, 0)
    return tuple(
        (product, was.get(name, nothing)[1], now.get(name, nothing)[1])
        for name, (product, _) in (was | now).items()
    )
