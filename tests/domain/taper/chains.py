"""Random chains of changes: months of one plan's life, changed as a clinic changes it, with the clock going on between.

`Life` keeps what the service keeps (the state, a hold, the plan that waits behind it, every version), so that only
changes that the service would make are made. A change that is refused leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from plans.domain.amounts import Dose
from plans.domain.errors import Refused
from plans.domain.taper import catalogue, maintenance, revisions
from plans.domain.taper.amendments import (
    KINDS,
    Amended,
    Amendment,
    BeginDrug,
    ChangeProducts,
    ChangeSpread,
    EndDrug,
    Hold,
    HoldOpen,
    MoveChange,
    Pace,
    Resume,
    Standing,
    StepBack,
    StepLength,
    StopHere,
    SwitchDrug,
    TakesDose,
    TaperOn,
    amend,
)
from plans.domain.taper.crossover import Crossover, night_first
from plans.domain.taper.drug import Spread
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.plan_states import PlanAct, PlanState, after
from plans.domain.taper.products import Product
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import Schedule, TimeOfDay, times_of_plan
from plans.domain.taper.tablets import tablets
from tests.domain.taper.asking import DRUGS, STORY, ZOLPIDEM, plans, stocked, weekly_plans
from tests.makers_plans import CROSSOVER, THREE, TOGETHER

ONE = timedelta(days=1)
# No number of days is left out that somebody may type.
LENGTHS = (0, 1, 3, 7, 7, 14, 14, 14, 21, 28, 60, 366, 367, 10_000)
LONG_ACTING = [name for name in DRUGS if catalogue.drug(name).long_acting]
OPEN = (PlanState.ACTIVE, PlanState.HELD, PlanState.MAINTENANCE)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A plan to begin with: the story's and its like, or any drug and method, some to a dose that stays."""
    start = {"start": "2026-11-30"}
    known = [STORY, STORY | ZOLPIDEM, CROSSOVER | start, TOGETHER | start, THREE | start]
    asked: dict[str, Any] = draw(st.one_of(st.sampled_from(known), plans(), plans(), weekly_plans()))
    if draw(st.integers(0, 5)) == 0 and "crossover" not in asked:
        half = sum(Dose.parse(one["dose_mg"]).units for one in asked["regimen"]) // 2
        asked = asked | {"goal_mg": Dose(half).text}
    return asked


@dataclass
class Life:
    """A plan and all that happened to it; `today` only goes on."""

    today: date
    made: Amended
    state: PlanState = PlanState.ACTIVE
    held_until: date | None = None
    waiting: Schedule | None = None
    versions: list[tuple[date, Schedule]] = field(default_factory=list)

    @classmethod
    def begun(cls, asked: dict[str, Any]) -> Life:
        """A plan on its first day. Raises TaperError."""
        taper: Taper = build(TaperRequest.from_json(asked))
        made = Amended(taper.request, taper.schedule)
        return cls(taper.schedule.start, made, versions=[(taper.schedule.start, taper.schedule)])

    @property
    def schedule(self) -> Schedule:
        """The version in force."""
        return self.made.schedule

    def passes(self, days: int) -> bool:
        """Let days pass, and the clock do what it does in them; whether a change can still be made."""
        self.today += timedelta(days=days)
        last, goal = self.schedule.last_dose_day(), maintenance.goal_day(self.schedule)
        if self.state is PlanState.HELD and self.held_until is not None and self.held_until < self.today:
            self.state, self.held_until = after(self.state, PlanAct.END_HOLD), None
        if self.state is PlanState.ACTIVE and goal is not None and goal <= self.today:
            self.state = after(self.state, PlanAct.REACH_GOAL)
        return self.state in OPEN and (last is None or last >= self.today)

    def change(self, changes: Sequence[Amendment], taken: tuple[Intake, ...] | None) -> Schedule:
        """Make changes as one version, as the service does; the version before. Raises what the service raises."""
        state = self.state
        for one in changes:
            state = after(state, one.told_as)
        day = min(one.from_day for one in changes)
        if day > self.schedule.end and not self.schedule.maintenance:
            raise Refused(reason="plan_over")
        until = self.held_until if self.state is PlanState.HELD else None
        waiting = self.waiting if self.made.held_open else None
        made = amend(self.made.request, self.schedule, changes, Standing(until, waiting, taken))
        held = None
        if state is PlanState.HELD and not made.held_open:
            held = revisions.held_until(made.schedule, max(day, self.today))
            state = state if held is not None else after(state, PlanAct.END_HOLD)
        before = self.schedule
        same = maintenance.same_from(before, made.schedule, day)
        if same and made.held_open == self.made.held_open and state is self.state:
            raise Refused(reason="changes_nothing", act=changes[0].told_as.value)
        if not self.made.held_open:
            self.waiting = before
        self.made, self.state, self.held_until = made, state, held
        self.versions.append((day, made.schedule))
        return before


# ── one change, drawn ────────────────────────────────────────────────────────────────────────────────────────


def drawn_changes(draw: Any, life: Life) -> list[Amendment]:
    """One to three changes, from yesterday, today or a later day on, mostly all from the same. Any: what draws."""
    first = max(life.schedule.start, life.today + draw(st.integers(-1, 3)) * ONE)
    kinds = draw(
        st.lists(st.sampled_from(KINDS), min_size=1, max_size=draw(st.sampled_from([1, 1, 1, 2, 3])))
    )
    days = [first if draw(st.integers(0, 4)) else first + draw(st.integers(0, 30)) * ONE for _ in kinds]
    return [CHANGES[kind](At(draw, life, day)) for kind, day in zip(kinds, days, strict=True)]


@dataclass(frozen=True)
class At:
    """A day of a life on which a change is drawn."""

    draw: Any
    life: Life
    day: date

    @property
    def taken(self) -> tuple[Intake, ...]:
        """What the plan says of the day."""
        step = self.life.schedule.step_at(self.day)
        return tuple(Intake(one.time, one.drug, one.dose, one.weekdays) for one in step.doses) if step else ()

    @property
    def length(self) -> int:
        """A number of days, as somebody may type it."""
        return int(self.draw(st.sampled_from(LENGTHS)))

    @property
    def yes(self) -> bool:
        """One or the other."""
        return bool(self.draw(st.booleans()))

    def one_of(self, *values: Any) -> Any:
        """One of these."""
        return self.draw(st.sampled_from(values))

    @property
    def drug(self) -> str:
        """A drug that is taken on the day."""
        taken = list(dict.fromkeys(one.drug for one in self.taken))
        return str(self.draw(st.sampled_from(taken or list(self.life.schedule.drugs))))

    def between(self, least: int, most: int) -> int:
        """A whole number."""
        return int(self.draw(st.integers(least, most)))


def _hold(at: At) -> Amendment:
    return Hold(at.day, days=at.length) if at.yes else Hold(at.day, through=at.day + at.length * ONE)


def _move(at: At) -> Amendment:
    if at.yes:
        return MoveChange(at.day, weekday=at.between(-1, 7))
    return MoveChange(at.day, to=at.day + at.between(-5, 40) * ONE, later_too=at.yes)


def _switch(at: At) -> Amendment:
    order = night_first(times_of_plan(at.life.schedule.times))
    part = at.one_of(None, None, Dose.parse("0.5"), Dose.parse("2.5"))
    share = Fraction(at.one_of(100, 100, 75, 50))
    # The page takes 1 to 366.
    days = at.one_of(1, 3, 7, 14, 366)
    return SwitchDrug(at.day, crossover=Crossover(at.one_of(*LONG_ACTING), days, order, part, share))


def _taper_on(at: At) -> Amendment:
    own = PercentOfCurrent(percent=Fraction(at.one_of(5, 10, 25)), interval_days=14)
    return TaperOn(at.day, method=at.one_of(None, own))


CHANGES: Mapping[type[Amendment], Callable[[At], Amendment]] = {
    Hold: _hold,
    HoldOpen: lambda at: HoldOpen(at.day),
    Resume: lambda at: Resume(at.day),
    StepBack: lambda at: StepBack(at.day, hold_days=at.length),
    Pace: lambda at: Pace(at.day, interval_days=at.length, faster=at.yes, count=at.between(0, 3)),
    StepLength: lambda at: StepLength(at.day, days=at.length),
    MoveChange: _move,
    StopHere: lambda at: StopHere(at.day),
    TaperOn: _taper_on,
    TakesDose: lambda at: TakesDose(at.day, regimen=drawn_dose(at.draw, at.taken)),
    ChangeProducts: lambda at: ChangeProducts(at.day, products=drawn_products(at.draw, at.drug)),
    ChangeSpread: lambda at: ChangeSpread(at.day, drug=at.drug, spread=at.one_of(*Spread)),
    SwitchDrug: _switch,
    BeginDrug: lambda at: BeginDrug(at.day, doses=drawn_begun(at.draw, at.taken)),
    EndDrug: lambda at: EndDrug(at.day, drug=at.one_of(at.drug, at.drug, "zolpidem")),
}


def drawn_dose(draw: Any, taken: tuple[Intake, ...]) -> tuple[Intake, ...]:
    """What is really taken: more or less of some doses, one left out, one drug in another's place."""
    found = []
    for one in taken:
        times = draw(
            st.sampled_from([Fraction(1), Fraction(1), Fraction(1, 2), Fraction(3, 4), Fraction(3, 2)])
        )
        stock = tablets(one.drug, stocked(one.drug), 16)
        units = stock.floor(int(one.dose.units * times)) if times != 1 else one.dose.units
        if units and draw(st.integers(0, 7)):
            found.append(replace(one, dose=Dose(units)))
    if not found or draw(st.integers(0, 9)) == 0:
        there = {one.drug for one in found}
        found += [one for one in drawn_begun(draw, tuple(found)) if one.drug not in there]
    return tuple(found)


def drawn_products(draw: Any, drug: str) -> tuple[Product, ...]:
    """Some of the products of a drug, some of them broken otherwise than usual."""
    found = draw(st.lists(st.sampled_from(stocked(drug)), min_size=1, max_size=4, unique=True))
    return tuple(
        replace(one, split=1) if not one.is_measured and draw(st.integers(0, 3)) == 0 else one
        for one in found
    )


def drawn_begun(draw: Any, taken: tuple[Intake, ...]) -> tuple[Intake, ...]:
    """A dose or two of one drug, at times of day of the kind that the plan has."""
    drug = draw(st.sampled_from(DRUGS))
    clock = [one.time for one in taken if one.time.by_clock]
    times = clock or [TimeOfDay.MORNING, TimeOfDay.NIGHT]
    stock = tablets(drug, stocked(drug), 8)
    units = stock.floor(stock.smallest.units * draw(st.integers(1, 8)))
    chosen = draw(st.lists(st.sampled_from(times), min_size=1, max_size=2, unique=True))
    return tuple(Intake(time, drug, Dose(units)) for time in chosen)
