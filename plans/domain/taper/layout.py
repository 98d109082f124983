"""Layout of a taper in days: the crossover first, then one drug after another, or the typed rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple

from plans.domain.amounts import Dose
from plans.domain.taper.course import (
    MOST_DAYS,
    MOST_STEPS,
    Course,
    Stretch,
    Walk,
    nearest,
    shrinking,
    too_long,
)
from plans.domain.taper.crossover import Crossover, Regimen, complete, dose_of
from plans.domain.taper.drug import Spread
from plans.domain.taper.gentleness import Gentleness
from plans.domain.taper.kinds import kinds_worked_out
from plans.domain.taper.lowering import Lowering
from plans.domain.taper.methods import OneByOne, Solved
from plans.domain.taper.methods.micro import Micro
from plans.domain.taper.methods.steps import Steps
from plans.domain.taper.methods.target_date import TargetDate
from plans.domain.taper.methods.typed import Typed, TypedRow
from plans.domain.taper.pharmacy import Pharmacy
from plans.domain.taper.preparation import Preparation, PreparationName
from plans.domain.taper.refusals import (
    CannotInterleave,
    GoalNotReached,
    NoPreparation,
    NothingToTaper,
    TooLong,
    TotalAboveStart,
    TotalNeedsOneDrug,
    WeeklyPattern,
)
from plans.domain.taper.request import TaperRequest, after_pauses
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose, TimeOfDay, in_order
from plans.domain.taper.tablets import Tablets
from plans.domain.taper.taken import Intakes
from plans.domain.taper.weekdays import DAYS_A_WEEK, EVERY_DAY, Weekdays

_DAY: Final = timedelta(days=1)
_DAY_ORDER: Final = attrgetter("time.minutes", "drug", "weekdays.days")


class PatternDose(NamedTuple):
    """A dose, in units, that is not taken every day of the week."""

    time: TimeOfDay
    drug: str
    units: int
    weekdays: Weekdays


Pattern = tuple[PatternDose, ...]
AnyDose = tuple[TimeOfDay, str, int, Weekdays]


def _pattern(doses: Iterable[PatternDose]) -> Pattern:
    """The doses that are not taken every day, in the order of the day."""
    weekly = (dose for dose in doses if dose.weekdays is not EVERY_DAY)
    return tuple(sorted(weekly, key=_DAY_ORDER))


class Phase(NamedTuple):
    """A number of days on one regimen, and their kind; None where the doses determine it (typed rows).

    `pattern` are doses for some days of the week, besides those of the `regimen`, which are taken every day.
    """

    days: int
    regimen: Regimen
    kind: StepKind | None
    pattern: Pattern = ()

    @property
    def doses(self) -> list[AnyDose]:
        """All of its nonzero doses."""
        daily = [(time, drug, units, EVERY_DAY) for (time, drug), units in self.regimen.items() if units]
        return [*daily, *self.pattern]


class Layout:
    """One request being laid out.

    After `schedule` has been called, `rate` is the percentage a method solved for, `longer` the numbers of the steps
    that last longer than the interval because the products cannot make a smaller cut, and `asked`, by step number, the
    cut of the method's line at the start of the step (units of its drug, rounded up).
    """

    def __init__(self, request: TaperRequest) -> None:
        self._request = request
        daily = [one for one in request.regimen if one.weekdays is EVERY_DAY]
        self._now: Regimen = {(one.time, one.drug): one.dose.units for one in daily}
        self._pattern = _pattern(
            PatternDose(one.time, one.drug, one.dose.units, one.weekdays) for one in request.regimen
        )
        self._pharmacy = Pharmacy(request.country, request.products, request.max_pieces, request.syringes)
        self.rate: Fraction | None = None
        self.longer: list[int] = []
        self.asked: dict[int, int] = {}
        self._made_of = dict(request.preparation)
        self._walks: dict[str, Walk] = {}

    def schedule(self) -> Schedule:
        """The schedule of the request. Raises TaperError if it cannot be made."""
        request = self._request
        for n, intake in enumerate(request.regimen):
            self._pharmacy.check(intake.drug, intake.dose.units, f"regimen[{n}].dose_mg")
        if self._pattern and (request.crossover or not isinstance(request.method, Typed)):
            raise self._uneven()
        parts = self._crossed(request.crossover) if request.crossover else []
        drug = request.crossover.to if request.crossover else request.drug_order[-1]
        if isinstance(request.method, Typed):
            parts = self._typed(request.method, parts)
        else:
            parts = self._lowered(self._in_time(request.method), parts)
            parts = self._with_stages(request.method, parts)
            parts = self._paused(parts) if request.pauses else parts
        return self._made(drug, parts)

    def switched(self, crossover: Crossover) -> Schedule:
        """The crossover alone: the dose after its last stage stays. Raises TaperError if it cannot be made."""
        return self._made(crossover.to, self._paused(self._crossed(crossover)))

    def _made(self, drug: str, parts: list[Phase]) -> Schedule:
        """The phases as a schedule in which `drug` ends last."""
        request = self._request
        steps = self._steps(parts)
        drugs = dict.fromkeys(intake.drug for intake in request.regimen)
        drugs |= dict.fromkeys([dose.drug for step in steps for dose in step.doses])
        schedule = Schedule(
            drug=drug,
            drugs=tuple(drugs),
            products=tuple(product for name in drugs for product in self._pharmacy.products(name)),
            steps=steps,
        )
        said = tuple(part.kind is not None for part in parts)
        if all(said):
            return schedule
        return kinds_worked_out(schedule, request.equivalence, said=said, taken=self._taken())

    def _uneven(self) -> WeeklyPattern:
        """The refusal of a method that must begin from an even dose, with the doses nearest to the average."""
        n, one = next(
            (n, one) for n, one in enumerate(self._request.regimen) if one.weekdays is not EVERY_DAY
        )
        week = sum(x.dose.units * len(x.weekdays) for x in self._request.regimen if x.drug == one.drug)
        average, stock = week // DAYS_A_WEEK, self._pharmacy.stock(one.drug)
        return WeeklyPattern(
            where=f"regimen[{n}].days_of_week",
            nearest=nearest(stock.floor(average), stock.ceil(average)),
            why="start",
            drug=one.drug,
            week_mg=Dose(week).text,
            average_mg=Dose(average).text,
        )

    def _taken(self) -> list[Intakes]:
        """What was taken before the plan, with the present regimen last."""
        request = self._request
        return [*(one.regimen for one in request.taken_before), request.regimen]

    # ── parts ─────────────────────────────────────────────────────────────────────────────────────────────

    def _crossed(self, crossover: Crossover) -> list[Phase]:
        """The stages of the crossover, the present regimen first."""
        stages = crossover.stages(
            self._now, self._request.drug_order, self._pharmacy, self._request.equivalence
        )
        parts = [Phase(crossover.stage_days, self._now, StepKind.START)]
        parts += [Phase(crossover.stage_days, stage, StepKind.CROSSOVER) for stage in stages]
        self._now = stages[-1]
        return parts

    def _lowered(self, method: OneByOne | Solved, before: list[Phase]) -> list[Phase]:
        """One drug after another, by the method. The first stretch of each is merged into the phase before it."""
        request = self._request
        order = (request.crossover.to,) if request.crossover else request.drug_order
        parts = before or [Phase(0, self._now, StepKind.START)]
        first_day = self._days(parts[:-1])
        if parts[-1].kind is StepKind.CROSSOVER:
            # a last stage longer than the interval delays the first cut, and all later ones with it
            first_day += max(0, parts[-1].days - method.interval_days)
        courses = [
            self._prepared(
                method, self._course(drug, request.goal.units if drug == order[-1] else 0, first_day)
            )
            for drug in order
        ]
        if isinstance(method, TargetDate | Steps):
            walks = method.walks(courses)
        else:
            walks = [
                self._walks[course.drug] if course.drug in self._walks else method.walk(course)
                for course in courses
            ]
        if request.interleave and len(courses) > 1:
            return self._interleaved(method, list(zip(courses, walks, strict=True)), parts)
        for course, walk in zip(courses, walks, strict=True):
            self.rate = walk.rate
            last = parts.pop()
            first = walk.stretches[0]
            kept = max(first.days, last.days if last.kind is StepKind.CROSSOVER else 0)
            parts.append(last._replace(days=kept))
            self.longer += [
                len(parts) + n
                for n, stretch in enumerate(walk.stretches[:-1])
                if stretch.waited and stretch.days > method.interval_days
            ]
            self.asked |= {len(parts) + n: stretch.asked for n, stretch in enumerate(walk.stretches) if n}
            for stretch in walk.stretches[1:]:
                self._now = self._with(course, stretch.doses)
                parts.append(Phase(stretch.days, self._now, StepKind.CUT))
            if any(self._now.values()) and not any(walk.stretches[-1].doses):
                # another drug is still taken: this step to zero does not end the plan, so it lasts as long as any other
                days = method.interval_days
                if isinstance(method, TargetDate) and course is courses[-1]:
                    days = min(days, (method.by - self._date(self._days(parts[:-1]))).days + 1)
                parts[-1] = parts[-1]._replace(days=days)
        return parts

    def _interleaved(
        self, method: OneByOne | Solved, walked: list[tuple[Course, Walk]], before: list[Phase]
    ) -> list[Phase]:
        """The drugs cut in turn, one interval each, so that each falls as many times more slowly as there are drugs.

        Raises CannotInterleave for a method solved for an end, which lowers one drug after another.
        """
        if isinstance(method, TargetDate | Steps):
            raise CannotInterleave(where="interleave", method=method.name)
        slot = 1 if isinstance(method, Micro) else method.interval_days
        cuts: list[tuple[int, int, Stretch]] = []
        for place, (_, walk) in enumerate(walked):
            day = 0
            for kept, stretch in pairwise(walk.stretches):
                day += kept.days
                cuts.append((len(walked) * (day - slot) + (place + 1) * slot, place, stretch))
        parts, begun, part = before[:-1], 0, before[-1]
        for day, place, stretch in sorted(cuts, key=lambda cut: cut[:2]):
            if day > begun:
                parts.append(part._replace(days=day - begun))
            self._now = self._with(walked[place][0], stretch.doses)
            self.asked[len(parts) + 1] = stretch.asked
            part, begun = Phase(0, self._now, StepKind.CUT), day
        return [*parts, part._replace(days=method.interval_days if any(self._now.values()) else 1)]

    def _in_time(self, method: OneByOne | Solved) -> OneByOne | Solved:
        """The method with its time shortened, so that a plan with pauses or nights off still ends as asked.

        A target date is moved earlier by the days of the pauses and the nights off; a count of steps loses the nights
        off.
        """
        if isinstance(method, Steps):
            return replace(method, count=max(1, method.count - len(self._request.end.stages)))
        if not isinstance(method, TargetDate):
            return method
        off = sum(pause.days for pause in self._request.pauses if pause.start <= method.by)
        off += len(self._request.end.stages) * method.interval_days
        return replace(method, by=method.by - timedelta(days=off))

    def _with_stages(self, method: OneByOne | Solved, parts: list[Phase]) -> list[Phase]:
        """The phases with stages before the stop, in which the last dose is taken only on some days of the week."""
        stages = self._request.end.stages
        if not stages:
            return parts
        drug = self._request.crossover.to if self._request.crossover else self._request.drug_order[-1]
        at = max(n for n, part in enumerate(parts) if any(name == drug for _, name, _, _ in part.doses))
        last = parts[at]
        others = {key: units for key, units in last.regimen.items() if key[1] != drug}
        nights = [
            Phase(
                method.interval_days,
                others,
                StepKind.CUT,
                tuple(
                    PatternDose(time, drug, units, on) for time, name, units, _ in last.doses if name == drug
                ),
            )
            for on in stages
        ]
        # steps are numbered from 1; those after the last dose move up by the number of stages
        self.longer = [n + len(stages) if n > at + 1 else n for n in self.longer]
        self.asked = {n + len(stages) if n > at + 1 else n: asked for n, asked in self.asked.items()}
        return [*parts[: at + 1], *nights, *parts[at + 1 :]]

    def _paused(self, parts: list[Phase]) -> list[Phase]:
        """The phases, each extended to the end of a pause in which the next one would begin."""
        moved: list[Phase] = []
        day = self._request.start
        for n, part in enumerate(parts):
            begins = day + timedelta(days=part.days)
            if n < len(parts) - 1:
                begins = after_pauses(self._request.pauses, begins)
            moved.append(part._replace(days=(begins - day).days))
            day = begins
        return moved

    @staticmethod
    def _days(parts: list[Phase]) -> int:
        return sum(part.days for part in parts)

    def _course(self, drug: str, goal: int, days: int) -> Course:
        request = self._request
        times = self._falling(drug, self._now)
        start = tuple(self._now[time, drug] for time in times)
        if sum(start) <= goal:
            raise NothingToTaper(where="goal_mg", goal_mg=Dose(goal).text, total_mg=Dose(sum(start)).text)
        spread = request.spread_of(drug)
        end = self._pharmacy.shared(
            drug, goal, start, "goal_mg", evenly=spread is not Spread.ONE_AFTER_ANOTHER
        )
        gentleness = Gentleness.of(drug, request.equivalence)
        return Course(
            drug=drug,
            times=times,
            start=start,
            goal=goal,
            stock=self._pharmacy.stock(drug),
            table=request.equivalence,
            first_day=self._date(days),
            lowering=Lowering(spread, start, end),
            last=gentleness.last_dose,
            enough=gentleness.last_step,
            coarse=gentleness.too_far,
        )

    def _falling(self, drug: str, regimen: Regimen) -> tuple[TimeOfDay, ...]:
        """The times of day of a drug in the order in which they fall; those that no order names come last."""
        there = in_order(time for time, name in regimen if name == drug)
        return complete((time for time in self._request.falls_first if time in there), there)

    def _prepared(self, method: OneByOne | Solved, course: Course) -> Course:
        """The course with the preparation that suits its plan best (`preparation.py`), or the one asked for.

        Raises NoPreparation if the one asked for does not make the doses.
        """
        wanted = dict(self._request.preparation).get(course.drug)
        found = [
            one
            for one in self._pharmacy.preparations(course.drug)
            if wanted in (None, one.name) and _can(one, course)
        ]
        if wanted is not None and not found:
            raise NoPreparation(where="preparation", drug=course.drug, preparation=wanted.value)
        best = self._best(method, course, found)
        if best is None:
            return course
        self._made_of[course.drug] = best.name
        return replace(course, stock=best.stock, liquid=best.liquid)

    def _best(
        self, method: OneByOne | Solved, course: Course, found: list[Preparation]
    ) -> Preparation | None:
        """The preparation whose plan is gentlest, then simplest; None if none reaches the goal in time.

        Its walk is kept, to be reused if the method lowers each drug separately.
        """
        if len(found) == 1:
            return found[0]
        gentleness = Gentleness.of(course.drug, self._request.equivalence)
        best: tuple[tuple[int, int, int], Preparation, Walk] | None = None
        finest: dict[tuple[PreparationName, Tablets | None], int] = {}
        for n, one in enumerate(found):
            kind = (one.name, one.liquid)
            if one.stock.grain >= finest.get(kind, one.stock.grain + 1):
                continue  # more forms, and no finer doses
            finest[kind] = one.stock.grain
            try:
                walk = self._tried(method, replace(course, stock=one.stock, liquid=one.liquid))
            except TooLong:
                continue
            key = (gentleness.excess(walk.stretches), int(one.name is not PreparationName.TABLETS), n)
            if best is None or key < best[0]:
                best = key, one, walk
            if key[:2] == (0, 0):
                break
        if best is None:
            return None
        self._walks[course.drug] = best[2]
        return best[1]

    def _tried(self, method: OneByOne | Solved, course: Course) -> Walk:
        """The walk of a method for one drug alone; approximate for a method that is solved for all drugs together."""
        if not isinstance(method, TargetDate | Steps):
            return method.walk(course)
        points = max(1, method.points(course.first_day) // len(self._request.drug_order))
        return course.follow(shrinking(course.total, course.keep(points), method.interval_days), endless=True)

    def _with(self, course: Course, doses: tuple[int, ...]) -> Regimen:
        after = {key: units for key, units in self._now.items() if key[1] != course.drug}
        for time, units in zip(course.times, doses, strict=True):
            if units:
                after[time, course.drug] = units
        return after

    def _date(self, days: int) -> date:
        if days > MOST_DAYS:
            raise too_long()
        return self._request.start + timedelta(days=days)

    # ── typed rows ────────────────────────────────────────────────────────────────────────────────────────

    def _typed(self, method: Typed, before: list[Phase]) -> list[Phase]:
        """The rows as phases, equal neighbours merged; a day of zero is added if the goal needs it."""
        parts: list[Phase] = []
        start = self._within()
        for n, row in enumerate(method.rows):
            after, pattern = self._row(row, n, start)
            same = (after, pattern) == (self._now, self._pattern)
            laid = parts or before
            if same and laid:
                laid[-1] = laid[-1]._replace(days=laid[-1].days + row.days)
                continue
            parts.append(Phase(row.days, after, StepKind.START if same else None, pattern))
            self._now, self._pattern = after, pattern
        request = self._request
        now = self._within()
        if not now:
            parts[-1] = parts[-1]._replace(days=1)
        elif request.goal_stated and not request.goal:
            parts.append(Phase(1, {}, StepKind.STOP))
        elif request.goal_stated and all(
            dose_of(now, drug) != request.goal for drug in {name for _, name in now}
        ):
            raise GoalNotReached(
                where="goal_mg",
                goal_mg=request.goal.text,
                last_mg=Dose(sum(now.values())).text,
            )
        return before + parts

    def _within(self) -> Regimen:
        """The largest present dose of each drug at each time of day, over all days of the week."""
        most = dict(self._now)
        for dose in self._pattern:
            most[dose.time, dose.drug] = max(dose.units, most.get((dose.time, dose.drug), 0))
        return most

    def _row(self, row: TypedRow, n: int, start: Regimen) -> tuple[Regimen, Pattern]:
        """The doses of a row that are taken every day, and those for some days of the week."""
        where = f"method.rows[{n}]"
        if row.total is None:
            timed = [one for one in row.timed if one[2]]
            after = {(time, drug): dose.units for time, drug, dose, on in timed if on is EVERY_DAY}
            for i, (_, drug, dose) in enumerate(row.doses):
                if dose:
                    self._pharmacy.check(drug, dose.units, f"{where}.doses[{i}].dose_mg")
            return after, _pattern(PatternDose(time, drug, dose.units, on) for time, drug, dose, on in timed)
        drugs = {drug for _, drug in start}
        if len(drugs) != 1:
            raise TotalNeedsOneDrug(where=f"{where}.total_mg", row=n + 1)
        shared = self._shared(drugs.pop(), row.total, n, start)
        if not row.weekdays:
            return shared, ()
        (on,) = row.weekdays
        return {}, _pattern(PatternDose(time, drug, units, on) for (time, drug), units in shared.items())

    def _shared(self, drug: str, total: Dose, n: int, start: Regimen) -> Regimen:
        """A total shared over the times of day: within the row before, or, if it is higher, the first regimen."""
        where = f"method.rows[{n}].total_mg"
        now = self._within()
        now = now if dose_of(now, drug) >= total else start
        times = self._falling(drug, now)
        within = tuple(now[time, drug] for time in times)
        if total.units > sum(within):
            raise TotalAboveStart(
                where=where, row=n + 1, total_mg=total.text, start_mg=Dose(sum(within)).text
            )
        if not times:
            return {}
        spread = self._request.spread_of(drug)
        doses = self._pharmacy.shared(
            drug, total.units, within, where, evenly=spread is not Spread.ONE_AFTER_ANOTHER
        )
        return {(time, drug): units for time, units in zip(times, doses, strict=True) if units}

    # ── steps ─────────────────────────────────────────────────────────────────────────────────────────────

    def _steps(self, parts: list[Phase]) -> tuple[Step, ...]:
        if sum(part.days for part in parts) > MOST_DAYS or len(parts) > MOST_STEPS:
            raise too_long()
        return tuple(self._numbered(parts))

    def _numbered(self, parts: list[Phase]) -> Iterator[Step]:
        laid = [part.doses for part in parts]
        start, stocks = self._request.start, self._stocks(laid)
        for n, (part, planned) in enumerate(zip(parts, laid, strict=True), start=1):
            doses = [self._pharmacy.timed(*dose, stocks[dose[1]][n - 1]) for dose in planned]
            end = start + timedelta(days=part.days - 1)
            kind = StepKind.STOP if not doses else part.kind or StepKind.CUT
            yield Step(n, start, end, _in_day_order(doses), kind)
            start = end + _DAY

    def _stocks(self, laid: list[list[AnyDose]]) -> dict[str, list[Tablets]]:
        """What each phase is made of, by drug."""
        drugs = dict.fromkeys([drug for doses in laid for _, drug, _, _ in doses])
        return {
            drug: self._pharmacy.takes_for(
                drug,
                [[units for _, name, units, _ in doses if name == drug] for doses in laid],
                self._made_of.get(drug),
            )
            for drug in drugs
        }


def _can(preparation: Preparation, course: Course) -> bool:
    """Whether a preparation makes the doses with which a course begins and ends."""
    first, last = preparation.stocks[0], preparation.stocks[-1]
    return all(map(first.makes, course.start)) and all(map(last.makes, course.lowering.end))


def _in_day_order(doses: list[TimedDose]) -> tuple[TimedDose, ...]:
    return tuple(sorted(doses, key=_DAY_ORDER))
