"""Changes to a plan as data: what a clinician chose, from which day, and the plan that several changes together give.

`amend` applies any number of changes in order, as one revision. Changes that move or repeat steps work on the steps
(`revisions`). Changes that need a new layout and share a first day are combined and laid out once, starting from what
is taken on that day (`going_on.laid_out`). Days before the first day of a change are left as they are.

    amend(request, schedule, [StepBack(day, hold_days=14), Pace(day, interval_days=21)])

Each kind is one class; its code is the plan act recorded in the version and the audit trail.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import ClassVar, Final, NamedTuple

from plans.domain.amounts import ZERO, Dose
from plans.domain.json import JsonObject
from plans.domain.taper import catalogue, maintenance, revisions
from plans.domain.taper.crossover import Crossover, complete
from plans.domain.taper.dose_records import pattern_on
from plans.domain.taper.drug import Spread
from plans.domain.taper.going_on import laid_out, order_now
from plans.domain.taper.lived_pace import AS_THE_METHOD, LivedPace, lived_pace
from plans.domain.taper.methods import AnyMethod
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.plan_states import PlanAct
from plans.domain.taper.products import Product
from plans.domain.taper.refusals import (
    AlreadyTaken,
    HeldOpen,
    NoMethodToUse,
    NoProductHere,
    NotHeld,
    NothingLater,
    NothingToCross,
    NotMakeable,
    NotTaken,
    OutsidePlan,
    SwitchRefused,
)
from plans.domain.taper.remaking import in_stock, remade
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import Schedule, StepKind
from plans.domain.taper.switch_figures import Counted, counted
from plans.domain.taper.taken import Intakes, is_weekly


class Amended(NamedTuple):
    """The request as amended, the schedule, and whether its dose is held until somebody resumes.

    `counted` are the amounts of the plan that count as amounts of another drug after a switch.
    """

    request: TaperRequest
    schedule: Schedule
    held_open: bool = False
    counted: tuple[Counted, ...] = ()


class Standing(NamedTuple):
    """What a change starts from besides the plan itself.

    `held_until`: the last day of a hold in force. `waiting`: the plan as it was before an open-ended hold; its later
    steps wait. `taken`: what was really taken on the day before, if it differs from the plan.
    """

    held_until: date | None = None
    waiting: Schedule | None = None
    taken: Intakes | None = None


AS_PLANNED: Final = Standing()


@dataclass(frozen=True, slots=True)
class Amendment(ABC):
    """One change, from a given day."""

    act: ClassVar[PlanAct]
    from_day: date

    @property
    def told_as(self) -> PlanAct:
        """The plan act it is recorded as."""
        return self.act

    def facts(self) -> JsonObject:
        """Facts for its sentence besides the day; kept in the version."""
        return {}


@dataclass(frozen=True, slots=True)
class StepAmendment(Amendment):
    """A change that moves or repeats steps."""

    @abstractmethod
    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """The schedule after the change. Raises TaperError where the change cannot be made on this schedule."""


class NewLayout(NamedTuple):
    """Input of a new layout: the request as changed so far, what is taken, for how long, and whether it continues.

    `begun` are drugs added by the same change, `counted` amounts that count as those of another drug after a switch,
    `pace` is what is kept of the pace lived so far.
    """

    request: TaperRequest
    regimen: tuple[Intake, ...]
    first_days: int | None
    stays: bool
    begun: frozenset[str] = frozenset()
    counted: tuple[Counted, ...] = ()
    pace: LivedPace = AS_THE_METHOD


@dataclass(frozen=True, slots=True)
class LayoutAmendment(Amendment):
    """A change after which the days are laid out again, from what is taken on its first day."""

    @abstractmethod
    def drafted(self, draft: NewLayout) -> NewLayout:
        """The draft with this change applied. Raises TaperError where the change cannot be made."""


# ── steps that move ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Hold(StepAmendment):
    """Keep the dose for a number of days longer, or through a given day."""

    act = PlanAct.HOLD
    days: int = 0
    through: date | None = None

    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """Move the next change, and all later ones with it."""
        if self.through is not None:
            return revisions.hold_through(schedule, from_day=self.from_day, through=self.through)
        return revisions.hold(schedule, from_day=self.from_day, days=self.days)

    def facts(self) -> JsonObject:
        """The length of the hold."""
        return {"through": self.through.isoformat()} if self.through is not None else {"days": self.days}


@dataclass(frozen=True, slots=True)
class HoldOpen(StepAmendment):
    """Hold the dose until somebody has reviewed it and resumes; no change comes before that."""

    act = PlanAct.HOLD_OPEN

    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """Drop all later changes."""
        return revisions.hold_open(schedule, from_day=self.from_day)


@dataclass(frozen=True, slots=True)
class Resume(StepAmendment):
    """End a hold: the next change comes on this day."""

    act = PlanAct.RESUME

    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """Move the next change to the day."""
        return revisions.resume(schedule, from_day=self.from_day)


@dataclass(frozen=True, slots=True)
class StepBack(StepAmendment):
    """Return to the previous dose for a number of days, then continue down; a hold in force is kept."""

    act = PlanAct.STEP_BACK
    hold_days: int = 14

    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """Insert the previous dose, then the present one again."""
        made = revisions.step_back(
            schedule, from_day=self.from_day, hold_days=self.hold_days, table=request.equivalence
        )
        change, until = made.next_change(self.from_day), standing.held_until
        if until is None or change is None or change.start > until:
            return made
        return revisions.hold(made, from_day=self.from_day, days=(until - change.start).days + 1)

    def facts(self) -> JsonObject:
        """The days at the previous dose."""
        return {"days": self.hold_days}


@dataclass(frozen=True, slots=True)
class Pace(StepAmendment):
    """Longer intervals, or shorter ones if `faster`, for `count` steps starting with the present one (0: all)."""

    act = PlanAct.SLOW_DOWN
    interval_days: int = 0
    faster: bool = False
    count: int = 0

    @property
    def told_as(self) -> PlanAct:
        """Slowing down or speeding up."""
        return PlanAct.SPEED_UP if self.faster else PlanAct.SLOW_DOWN

    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """Change the lengths of steps."""
        return revisions.pace(
            schedule,
            from_day=self.from_day,
            interval_days=self.interval_days,
            faster=self.faster,
            count=self.count,
        )

    def facts(self) -> JsonObject:
        """The new interval, and for how many steps."""
        return {"days": self.interval_days} | ({"count": self.count} if self.count else {})


@dataclass(frozen=True, slots=True)
class StepLength(StepAmendment):
    """Set the total length in days of the step in force on the day."""

    act = PlanAct.STEP_LENGTH
    days: int = 0

    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """Lengthen or shorten one step."""
        return revisions.step_length(schedule, from_day=self.from_day, days=self.days)

    def facts(self) -> JsonObject:
        """The new length."""
        return {"days": self.days}


@dataclass(frozen=True, slots=True)
class MoveChange(StepAmendment):
    """Move the next change, alone or with all later ones; or move every change to a given day of the week."""

    act = PlanAct.MOVE_CHANGE
    to: date | None = None
    later_too: bool = True
    weekday: int | None = None

    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """Move the changes to their new days."""
        if self.to is not None:
            return revisions.move_change(
                schedule, from_day=self.from_day, to=self.to, later_too=self.later_too
            )
        if self.weekday is None:
            raise NothingLater(where="to", day=self.from_day.isoformat())
        return revisions.on_weekday(schedule, from_day=self.from_day, weekday=self.weekday)

    def facts(self) -> JsonObject:
        """The new day."""
        return {"to": self.to.isoformat()} if self.to is not None else {"weekday": self.weekday}


@dataclass(frozen=True, slots=True)
class StopHere(StepAmendment):
    """Stay at the dose of the day: all later changes are cancelled."""

    act = PlanAct.STOP_HERE

    def steps(self, request: TaperRequest, schedule: Schedule, standing: Standing) -> Schedule:
        """Cancel later changes."""
        return revisions.stop_here(schedule, from_day=self.from_day)


# ── days laid out anew ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class TakesDose(LayoutAmendment):
    """A dose really taken from the day on; the plan continues from it."""

    act = PlanAct.GO_ON_FROM
    regimen: tuple[Intake, ...] = ()

    def drafted(self, draft: NewLayout) -> NewLayout:
        """Start from this regimen, kept for one interval."""
        drugs = [intake.drug for intake in self.regimen if intake.drug not in draft.request.drugs]
        draft = _beside_switch(draft, drugs, where="regimen")
        return draft._replace(regimen=self.regimen, first_days=None, stays=False)


@dataclass(frozen=True, slots=True)
class ChangeProducts(LayoutAmendment):
    """Replace products of the same drugs, keeping the same doses where they can be made."""

    act = PlanAct.CHANGE_PRODUCTS
    products: tuple[Product, ...] = ()

    def drafted(self, draft: NewLayout) -> NewLayout:
        """Put the products in place of those of the same drugs."""
        drugs = {product.drug for product in self.products}
        kept = tuple(product for product in draft.request.products or () if product.drug not in drugs)
        return draft._replace(request=draft.request.with_products((*kept, *self.products)))

    def facts(self) -> JsonObject:
        """Which products."""
        return {"products": [product.name for product in self.products]}


@dataclass(frozen=True, slots=True)
class ChangeSpread(LayoutAmendment):
    """Change how lower doses of a drug are shared over the times of day."""

    act = PlanAct.CHANGE_SPREAD
    drug: str = ""
    spread: Spread = Spread.IN_TURN

    def drafted(self, draft: NewLayout) -> NewLayout:
        """Keep the regimen and share later doses in the new way."""
        _check_taken(draft.regimen, self.drug, self.from_day)
        chosen = dict(draft.request.spread) | {self.drug: self.spread}
        return draft._replace(request=replace(draft.request, spread=tuple(chosen.items())))

    def facts(self) -> JsonObject:
        """The drug and its new spread."""
        return {"drug": self.drug, "spread": self.spread.value}


@dataclass(frozen=True, slots=True)
class SwitchDrug(LayoutAmendment):
    """Switch to another drug in stages from the day on, then taper it by the plan's method."""

    act = PlanAct.SWITCH_DRUG
    crossover: Crossover
    products: tuple[Product, ...] = ()

    def drafted(self, draft: NewLayout) -> NewLayout:
        """Begin the first stage on the day, the plan's mg counted as mg of the new drug.

        Raises NoMethodToUse, NothingToCross, SwitchRefused and PairNotCovered.
        """
        if isinstance(draft.request.method, Typed):
            raise NoMethodToUse(where="to", why="typed")
        if is_weekly(draft.regimen):
            raise NoMethodToUse(where="to", why="weekly")
        to = self.crossover.to
        drugs = tuple(dict.fromkeys(one.drug for one in draft.regimen))
        if set(drugs) <= {to}:
            raise NothingToCross(where="to", drug=to)
        for drug in draft.begun - {to}:
            raise SwitchRefused(where="to", why="ahead", drug=drug, to=to)
        mine = tuple(product for product in self.products if product.drug == to)
        kept = tuple(product for product in draft.request.products or () if product.drug != to or not mine)
        if not mine and not any(product.drug == to for product in kept):
            mine = catalogue.default_products(to, draft.request.country)
        order = complete(self.crossover.order, draft.request.falls_first)
        crossover = replace(self.crossover, order=order)
        read, found = counted(draft.request, crossover, order_now(draft.request, drugs))
        request = replace(read, crossover=crossover).with_products((*kept, *mine))
        return draft._replace(request=request, first_days=0, stays=False, counted=found)

    def facts(self) -> JsonObject:
        """The new drug."""
        return {"drug": self.crossover.to}


@dataclass(frozen=True, slots=True)
class BeginDrug(LayoutAmendment):
    """Add a drug from the day on; the others continue unchanged."""

    act = PlanAct.BEGIN_DRUG
    doses: tuple[Intake, ...] = ()

    def drafted(self, draft: NewLayout) -> NewLayout:
        """Add the doses of the drug to the regimen."""
        for dose in self.doses:
            if any(one.drug == dose.drug for one in draft.regimen):
                raise AlreadyTaken(where="drug", drug=dose.drug)
        drugs = [dose.drug for dose in self.doses]
        draft = _beside_switch(draft, drugs, where="drug")
        goal = draft.request.goal
        if goal and drugs and not draft.stays:
            raise SwitchRefused(where="drug", why="goal", drug=drugs[0], mg=goal.text)
        return draft._replace(regimen=(*draft.regimen, *self.doses), begun=draft.begun | frozenset(drugs))

    def facts(self) -> JsonObject:
        """The added drug."""
        return {"drug": self.doses[0].drug} if self.doses else {}


@dataclass(frozen=True, slots=True)
class EndDrug(LayoutAmendment):
    """Stop one of several drugs from the day on."""

    act = PlanAct.END_DRUG
    drug: str = ""

    def drafted(self, draft: NewLayout) -> NewLayout:
        """Remove the drug from the regimen."""
        _check_taken(draft.regimen, self.drug, self.from_day)
        return draft._replace(regimen=tuple(one for one in draft.regimen if one.drug != self.drug))

    def facts(self) -> JsonObject:
        """The stopped drug."""
        return {"drug": self.drug}


@dataclass(frozen=True, slots=True)
class TaperOn(LayoutAmendment):
    """Taper from a maintenance dose to zero: first change on the day, by `method` (None: the plan's own)."""

    act = PlanAct.TAPER_ON
    method: AnyMethod | None = None

    def drafted(self, draft: NewLayout) -> NewLayout:
        """Keep the present regimen until the day, then apply the method down to zero. Raises NoMethodToUse."""
        method = self.method or draft.request.method
        if isinstance(method, Typed):
            raise NoMethodToUse(where="on_percent", why="taper_on")
        request = replace(draft.request, method=method, goal=ZERO, goal_stated=False)
        pace = draft.pace if self.method is None else AS_THE_METHOD
        return draft._replace(request=request, first_days=0, stays=False, pace=pace)


def _beside_switch(draft: NewLayout, drugs: Sequence[str], *, where: str) -> NewLayout:
    """The draft with these drugs about to be added beside a switch of the plan, which replaces no drug added later.

    A switch that is over is left out of the request from then on. Raises SwitchRefused while it lies ahead.
    """
    crossover = draft.request.crossover
    if crossover is None:
        return draft
    taken = {one.drug for one in draft.regimen}
    added = [drug for drug in drugs if drug not in taken | {crossover.to}]
    if not added:
        return draft
    if taken != {crossover.to}:
        raise SwitchRefused(where=where, why="ahead", drug=added[0], to=crossover.to)
    kept = tuple(one for one in draft.request.preparation if one[0] != crossover.to)
    return draft._replace(request=replace(draft.request, crossover=None, preparation=kept))


def _check_taken(regimen: Sequence[Intake], drug: str, day: date) -> None:
    if not any(one.drug == drug for one in regimen):
        raise NotTaken(where="drug", drug=drug, day=day.isoformat())


KINDS: Final[tuple[type[Amendment], ...]] = (
    Hold,
    HoldOpen,
    Resume,
    StepBack,
    Pace,
    StepLength,
    MoveChange,
    StopHere,
    TaperOn,
    TakesDose,
    ChangeProducts,
    ChangeSpread,
    SwitchDrug,
    BeginDrug,
    EndDrug,
)


def act_of(changes: Sequence[Amendment], *, correction: bool = False) -> PlanAct:
    """The plan act that names a version made by these changes."""
    if correction:
        return PlanAct.CORRECT_ERROR
    return changes[0].told_as if len(changes) == 1 else PlanAct.SEVERAL


def amend(
    request: TaperRequest,
    schedule: Schedule,
    changes: Sequence[Amendment],
    standing: Standing = AS_PLANNED,
) -> Amended:
    """The plan with all changes applied in order.

    Raises OutsidePlan for a day before the plan, HeldOpen where a change would move steps that wait for a hold to end,
    and whatever each change raises.
    """
    made = Amended(request, schedule, held_open=standing.waiting is not None)
    for lays_out, some in groupby(changes, key=_together):
        group = list(some)
        if group[0].from_day < schedule.start:
            raise OutsidePlan(
                where="from_day",
                day=group[0].from_day.isoformat(),
                start=schedule.start.isoformat(),
                end=schedule.end.isoformat(),
            )
        if lays_out is not None:
            made = _laid_out(made, [one for one in group if isinstance(one, LayoutAmendment)], standing)
            continue
        for one in group:
            if isinstance(one, StepAmendment):
                made = _moved(made, one, standing)
    return made


def _together(change: Amendment) -> date | None:
    """The day shared by changes that are laid out together; None for a change that moves steps, made one at a time."""
    return change.from_day if isinstance(change, LayoutAmendment) else None


def _moved(made: Amended, change: StepAmendment, standing: Standing) -> Amended:
    if made.held_open:
        return _while_held_open(made, change, standing)
    schedule = maintenance.opened(made.schedule, change.from_day)
    opens = isinstance(change, HoldOpen)
    later = change.steps(made.request, schedule, standing)
    made_now = in_stock(_stocked(made), later, made.schedule, from_day=change.from_day)
    return made._replace(schedule=made_now, held_open=opens)


def _while_held_open(made: Amended, change: StepAmendment, standing: Standing) -> Amended:
    """Resume, or stay for good: during an open-ended hold there are no later steps for any other change to move."""
    day = change.from_day
    if isinstance(change, StopHere):
        return made._replace(held_open=False)
    if not isinstance(change, Resume):
        raise HeldOpen(where="from_day", day=day.isoformat())
    if standing.waiting is not None:
        try:
            later = revisions.resume_open(made.schedule, before=standing.waiting, from_day=day)
            begun = min(day, made.schedule.steps[-1].start)
            later = in_stock(_stocked(made), later, made.schedule, standing.waiting, from_day=begun)
            return made._replace(schedule=later, held_open=False)
        except NotHeld:
            # The dose changed during the hold, so the waiting steps no longer follow from it: apply the method again.
            pass
    asked, pace = _stocked(made), AS_THE_METHOD
    if standing.waiting is not None:
        begun = made.schedule.steps[-1].start
        held = pattern_on(standing.waiting, begun)
        pace = lived_pace(asked, standing.waiting, begun, regimen=held, first_days=0)
        asked = replace(asked, method=pace.method(asked.method))
    draft = NewLayout(asked, pattern_on(made.schedule, day), 0, stays=False, pace=pace)
    return _from_draft(made, draft, day, standing)._replace(held_open=False)


def _stocked(made: Amended) -> TaperRequest:
    """The request with the plan's own products spelled out, in case it left them to the country."""
    return made.request.with_products(made.schedule.products)


def _laid_out(made: Amended, group: Sequence[LayoutAmendment], standing: Standing) -> Amended:
    day, schedule = group[0].from_day, made.schedule
    regimen = pattern_on(schedule, day)
    if not regimen and not any(isinstance(one, TakesDose | BeginDrug) for one in group):
        raise NothingLater(where="from_day", day=day.isoformat())
    change = schedule.next_change(day)
    first = (change.start - day).days if change is not None else None
    asked = _stocked(made)
    pace = lived_pace(asked, schedule, day, regimen=regimen, first_days=first)
    asked = replace(asked, method=pace.method(asked.method))
    draft = NewLayout(asked, regimen, first, stays=change is None and schedule.maintenance, pace=pace)
    for one in group:
        draft = one.drafted(draft)
    _check_made(draft)
    if all(isinstance(one, ChangeProducts) for one in group):
        same = remade(draft.request, schedule, from_day=day)
        if same is not None:
            return made._replace(request=draft.request, schedule=same)
    made = _from_draft(made, draft, day, standing)
    for switch in [one for one in group if isinstance(one, SwitchDrug)]:
        _check_switched(made.schedule, switch)
    return made


def _check_switched(schedule: Schedule, switch: SwitchDrug) -> None:
    """Check that a switch is in the schedule. Raises SwitchRefused where the target date leaves no time for it."""
    # A stage above what was really taken is a rise.
    stages = (StepKind.CROSSOVER, StepKind.RISE)
    if not any(step.start >= switch.from_day and step.kind in stages for step in schedule):
        raise SwitchRefused(where="to", why="target_date", to=switch.crossover.to)


def _check_made(draft: NewLayout) -> None:
    """Check that every drug taken or switched to has a product. Raises NoProductHere."""
    request = draft.request
    to = () if request.crossover is None else (request.crossover.to,)
    listed = {product.drug for product in request.products or ()}
    for drug in (*(one.drug for one in draft.regimen), *to):
        if drug not in listed and not catalogue.default_products(drug, request.country):
            raise NoProductHere(where="drug", drug=drug)


def _from_draft(made: Amended, draft: NewLayout, day: date, standing: Standing) -> Amended:
    try:
        laid = _laid(made, draft, day, standing)
    except NotMakeable as refusal:
        higher = refusal.nearest["higher"] if refusal.nearest else None
        if not draft.counted or refusal.where != "goal_mg" or higher is None:
            raise
        # The equivalent of the goal cannot be made: the plan ends at the next dose above it that can.
        goal = Dose.parse(higher)
        found = tuple(one._replace(becomes=goal) if one.what == "goal" else one for one in draft.counted)
        draft = draft._replace(request=replace(draft.request, goal=goal), counted=found)
        laid = _laid(made, draft, day, standing)
    held_open = made.held_open and draft.stays
    return Amended(draft.request.with_products(laid.products), laid, held_open, draft.counted)


def _laid(made: Amended, draft: NewLayout, day: date, standing: Standing) -> Schedule:
    laid = laid_out(
        draft.request,
        replace(made.schedule, products=draft.request.products or made.schedule.products),
        from_day=day,
        regimen=draft.regimen,
        first_days=draft.first_days,
        stays=draft.stays,
        taken=standing.taken,
    )
    return draft.pace.kept(laid, from_day=day, first=draft.first_days is None)
