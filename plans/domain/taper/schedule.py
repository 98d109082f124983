"""Schedule: what to take on every day of a plan, as contiguous steps.

Laws (tested with Hypothesis over every method): steps are contiguous and numbered from 1; every day has exactly one
regimen; every dose equals the sum of what is taken for it; the kind of a step is true (`StepKind`), and a day above the
day before it is never called a cut.

A schedule that does not end at zero continues with its last regimen: its `end` is that of the written steps.

The days of a step may differ by the day of the week (nights off, for example). `Step.doses` is then the pattern of the
whole week; use `Step.on`, `Schedule.step_on` or `Schedule.spans` for what is taken on a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from operator import is_
from typing import ClassVar, Final, Self

from plans.domain.amounts import Dose, total
from plans.domain.errors import TaperError
from plans.domain.regimen import DayDose
from plans.domain.taper.products import Product, Take
from plans.domain.taper.weekdays import DAYS_A_WEEK, EVERY_DAY, Weekdays

# The clock time each name stands for where an hour is needed (ours).
_NAMED: Final = {
    "morning": 8 * 60,
    "midday": 12 * 60,
    "afternoon": 15 * 60,
    "evening": 18 * 60,
    "night": 22 * 60,
    "bedtime": 23 * 60,
}
_CLOCK: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")


MINUTES_A_DAY: Final = 24 * 60


class TimeOfDay(str):
    """A time of day of a regimen: one of six names, or a clock time from "00:00" to "23:59".

    A str, so that it is written and read back unchanged; ordered by `minutes`. Raises ValueError for any other text.
    """

    __slots__ = ("minutes",)
    minutes: int  # after midnight: the sort key of times of day
    MORNING: ClassVar[TimeOfDay]
    MIDDAY: ClassVar[TimeOfDay]
    AFTERNOON: ClassVar[TimeOfDay]
    EVENING: ClassVar[TimeOfDay]
    NIGHT: ClassVar[TimeOfDay]
    BEDTIME: ClassVar[TimeOfDay]

    def __new__(cls, text: str) -> Self:
        """The time of day for a text. Raises ValueError if it is none."""
        if text not in _NAMED and not _CLOCK.match(text):
            raise ValueError(text)
        time = super().__new__(cls, text)
        time.minutes = int(text[:2]) * 60 + int(text[3:]) if time.by_clock else _NAMED[text]
        return time

    @property
    def value(self) -> str:
        """The text used in requests and answers: "morning", "06:30"."""
        return str(self)

    @property
    def by_clock(self) -> bool:
        """Whether it is a clock time rather than a name."""
        return self not in _NAMED

    @property
    def hour(self) -> int:
        """The hour of the day it falls in, 0 to 23."""
        return self.minutes // 60


TimeOfDay.MORNING = TimeOfDay("morning")
TimeOfDay.MIDDAY = TimeOfDay("midday")
TimeOfDay.AFTERNOON = TimeOfDay("afternoon")
TimeOfDay.EVENING = TimeOfDay("evening")
TimeOfDay.NIGHT = TimeOfDay("night")
TimeOfDay.BEDTIME = TimeOfDay("bedtime")

# The six names in the order of the day, and those a plan offers unless it uses others.
DAY_ORDER: Final = tuple(TimeOfDay(name) for name in _NAMED)
USUAL_TIMES: Final = (TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.EVENING, TimeOfDay.NIGHT)
MOST_TIMES: Final = 8


def in_order(times: Iterable[TimeOfDay]) -> tuple[TimeOfDay, ...]:
    """Different times of day in the order of the day."""
    return tuple(sorted(set(times), key=lambda time: time.minutes))


def times_of_plan(used: Iterable[TimeOfDay]) -> tuple[TimeOfDay, ...]:
    """The times of day of a plan that uses these, in order: only clock times, or the usual names plus those used."""
    found = set(used)
    return in_order(found if any(time.by_clock for time in found) else found | set(USUAL_TIMES))


class StepKind(StrEnum):
    """What a step is compared with the day before it; of several that fit, `plans.domain.taper.kinds` takes the first.

    STOP: nothing is taken. CROSSOVER: a stage the engine made. STEP_BACK: that revision, back to the previous step.
    RISE: more of a drug, or a larger single dose of it, than before. SWAP: other drugs, equivalent. CUT: less. SPREAD:
    the same milligrams of each drug at other times of day. HOLD: the same, kept longer on purpose. START: the first
    step, if it is what is taken already. PAUSE: a hospital stay, during which the ward decides what is taken; its doses
    are the last known ones.
    """

    START = "start"
    CUT = "cut"
    HOLD = "hold"
    STEP_BACK = "step_back"
    CROSSOVER = "crossover"
    STOP = "stop"
    RISE = "rise"
    SWAP = "swap"
    SPREAD = "spread"
    PAUSE = "pause"


class BrokenSchedule(TaperError):
    """A schedule that breaks its own laws: always a bug, never caused by user input."""

    code = "broken_schedule"
    shown = frozenset({"why", "step"})


@dataclass(frozen=True, slots=True)
class TimedDose:
    """A dose of one drug at one time of day, the takes that make it exactly, and its days of the week."""

    time: TimeOfDay
    drug: str
    dose: Dose
    take: tuple[Take, ...]
    weekdays: Weekdays = EVERY_DAY


@dataclass(frozen=True, slots=True)
class Step:
    """One regimen from `start` to `end`, both days included.

    `doses` are in the order of the day, without zeros; if its days differ (`weekly`) they are those of a week.
    """

    n: int
    start: date
    end: date
    doses: tuple[TimedDose, ...]
    kind: StepKind

    @property
    def days(self) -> int:
        """The number of days the step lasts, at least one."""
        return (self.end - self.start).days + 1

    @property
    def weekly(self) -> bool:
        """Whether its days differ by the day of the week."""
        return any(dose.weekdays is not EVERY_DAY for dose in self.doses)

    @property
    def day(self) -> DayDose:
        """The total of every drug on each of its days; over a week if they differ."""
        if not self.weekly:
            return DayDose.total(self.doses)
        return replace(DayDose.of({drug: self.week(drug) for drug in self._drugs}), weekly=True)

    @property
    def fullest(self) -> DayDose:
        """The most of each drug on any of its days."""
        return DayDose.of({drug: self.total(drug) for drug in self._drugs})

    @property
    def _drugs(self) -> set[str]:
        return {dose.drug for dose in self.doses}

    @property
    def row_units(self) -> dict[str, int | list[int]]:
        """The daily totals as stored in a row (`DayDose.from_units`): seven counts per drug if the days differ."""
        if not self.weekly:
            return dict(self.day.units)
        return {drug: [day.total(drug).units for day in self.week_of_days] for drug in sorted(self._drugs)}

    def week(self, drug: str) -> Dose:
        """The total of one drug over seven days."""
        return Dose(sum(d.dose.units * len(d.weekdays) for d in self.doses if d.drug == drug))

    def total(self, drug: str) -> Dose:
        """The daily total of one drug, of the largest day if its days differ; zero if there is none.

        The total over all drugs is `day`.
        """
        if not self.weekly:
            return total(d.dose for d in self.doses if d.drug == drug)
        return max(day.total(drug) for day in self.week_of_days)

    def at(self, time: TimeOfDay, drug: str) -> Dose:
        """The dose of a drug at a time of day, the largest if its days differ; zero if there is none."""
        if not self.weekly:
            return total(d.dose for d in self.doses if d.time == time and d.drug == drug)
        return max(day.at(time, drug) for day in self.week_of_days)

    @property
    def week_of_days(self) -> tuple[Step, ...]:
        """The step as it is on each day of the week, Monday first."""
        return tuple(self.of_weekday(weekday) for weekday in range(DAYS_A_WEEK))

    def of_weekday(self, weekday: int) -> Step:
        """The step with only the doses of one day of the week (0: Monday); itself if its days do not differ."""
        if not self.weekly:
            return self
        kept = [dose for dose in self.doses if weekday in dose.weekdays]
        return replace(
            self,
            doses=tuple(
                [
                    replace(dose, weekdays=EVERY_DAY) if dose.weekdays is not EVERY_DAY else dose
                    for dose in kept
                ]
            ),
        )

    def on(self, day: date) -> Step:
        """The step with only the doses of one date; itself if its days do not differ."""
        return self.of_weekday(day.weekday())

    @property
    def spans(self) -> tuple[Step, ...]:
        """Its days in order, equal neighbours merged; itself if its days do not differ."""
        if not self.weekly:
            return (self,)
        found: list[Step] = []
        week = self.week_of_days
        for n in range(self.days):
            day = self.start + timedelta(days=n)
            now = week[day.weekday()]
            if found and found[-1].doses == now.doses:
                found[-1] = replace(found[-1], end=day)
            else:
                found.append(replace(now, start=day, end=day))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps of one version of a plan, in order. `drug` is the drug being tapered (after a crossover, the new one).

    `drugs` are all drugs that occur; `products` is what the pharmacy stocks for this plan.
    """

    drug: str
    drugs: tuple[str, ...]
    products: tuple[Product, ...]
    steps: tuple[Step, ...]
    # Whether the days of any step differ by the day of the week; and what is taken on any day, in order of first use.
    weekly: bool = field(init=False, compare=False, repr=False)
    used: tuple[Product, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.steps:
            raise BrokenSchedule(why="no_steps")
        day, one_day = self.steps[0].start, timedelta(days=1)
        checked: set[int] = set()  # a dose kept for many steps is one object, checked once
        used: dict[Product, None] = {}
        weekly = False
        for n, step in enumerate(self.steps, start=1):
            if step.n != n or step.start != day or step.end < step.start:
                raise BrokenSchedule(why="not_contiguous", step=n)
            for dose in step.doses:
                if id(dose) in checked:
                    continue
                checked.add(id(dose))
                weekly = weekly or dose.weekdays is not EVERY_DAY
                units = 0
                for take in dose.take:
                    units += take.units
                    used[take.product] = None
                if units != dose.dose.units or not units:
                    raise BrokenSchedule(why="take_is_not_dose", step=n)
            day = step.end + one_day
        object.__setattr__(self, "weekly", weekly)
        object.__setattr__(self, "used", tuple(used))

    @property
    def spans(self) -> tuple[Step, ...]:
        """The steps day by day, equal neighbours merged; several with the same number if the days of a step differ.

        Use these for anything counted, drawn or handed out by the day.
        """
        return tuple(span for step in self.steps for span in step.spans) if self.weekly else self.steps

    @property
    def start(self) -> date:
        """The first day."""
        return self.steps[0].start

    @property
    def end(self) -> date:
        """The last day."""
        return self.steps[-1].end

    @property
    def days(self) -> int:
        """The number of days from the first to the last, both included."""
        return (self.end - self.start).days + 1

    @property
    def drugs_taken(self) -> tuple[str, ...]:
        """The drugs with a dose on any day, in the plan's order; at least one."""
        taken = {dose.drug for step in self.steps for dose in step.doses}
        return tuple(drug for drug in self.drugs if drug in taken) or (self.drug,)

    @property
    def products_taken(self) -> tuple[Product, ...]:
        """The products of `drugs` used on any day, in the plan's order."""
        taken = {product for product in self.used if product.drug in self.drugs}
        listed = tuple(product for product in self.products if product in taken)
        return listed + tuple(sorted(taken - set(listed)))

    def each_once(self) -> Schedule:
        """The same schedule with each product once: itself unless a product differs from another in its pieces alone.

        A change of products may say that a tablet is broken otherwise from then on, or a liquid drawn otherwise. To the
        pharmacy and on paper it is the same tablet; here it is the one that makes the finest pieces. Kinds are those
        of `as_read`.
        """
        shown = self.as_read()
        finest: dict[tuple[str, bool], Product] = {}
        every = dict.fromkeys((*self.products, *self.used))
        for product in every:
            key = (product.name, product.to_order)
            if key not in finest or product.smallest < finest[key].smallest:
                finest[key] = product
        if len(finest) == len(every):
            return shown
        one = {product: finest[product.name, product.to_order] for product in every}

        def made(dose: TimedDose) -> TimedDose:
            return replace(dose, take=tuple(replace(take, product=one[take.product]) for take in dose.take))

        return replace(
            self,
            products=tuple(dict.fromkeys(one[product] for product in self.products)),
            steps=tuple(replace(step, doses=tuple(map(made, step.doses))) for step in shown.steps),
        )

    def as_read(self) -> Schedule:
        """The same steps with the kinds that somebody who reads them understands: nothing is called a hold that nobody
        asked for. The rest of a step has the kind of the step that it continues, after a hospital stay START.
        """
        steps: list[Step] = []
        for step in self.steps:
            if step.n > 1 and step.kind is StepKind.HOLD and not self.held(step):
                before = steps[-1].kind
                step = replace(step, kind=StepKind.START if before is StepKind.PAUSE else before)
            steps.append(step)
        return self if all(map(is_, steps, self.steps)) else replace(self, steps=tuple(steps))

    @property
    def drugs_ended(self) -> tuple[tuple[str, date], ...]:
        """The drugs that `as_of` left out, each with its last day with a dose, earliest first."""
        last = {dose.drug: step.end for step in self.spans for dose in step.doses}
        ended = [(drug, day) for drug, day in last.items() if drug not in self.drugs]
        return tuple(sorted(ended, key=lambda one: (one[1], one[0])))

    def as_of(self, day: date) -> Schedule:
        """The same steps seen from a day on: `drugs` and `products` without those that no later day uses.

        The schedule unchanged if the plan is over by then.
        """
        coming = {dose.drug for step in self.steps if step.end >= day for dose in step.doses}
        if self.maintenance:
            coming |= {dose.drug for dose in self.steps[-1].doses}
        if not coming:
            return self
        return replace(
            self,
            drugs=tuple(drug for drug in self.drugs if drug in coming),
            products=tuple(product for product in self.products if product.drug in coming),
        )

    @property
    def times(self) -> tuple[TimeOfDay, ...]:
        """The times of day with a dose on any day, in the order of the day."""
        return in_order(dose.time for step in self.steps for dose in step.doses)

    @property
    def maintenance(self) -> bool:
        """Whether the plan does not end at zero: its last regimen continues after `end`."""
        return bool(self.steps[-1].doses)

    def through(self, day: date) -> Schedule:
        """The same schedule, its last regimen extended at least through a day if it continues after its end."""
        last = self.steps[-1]
        if not self.maintenance or day <= self.end:
            return self
        return replace(self, steps=(*self.steps[:-1], replace(last, end=day)))

    def step_on(self, day: date) -> Step | None:
        """The step in force on a day, with that day's doses; None before the start, or after a plan ended at zero."""
        step = self.step_at(day)
        return None if step is None else step.on(day)

    def step_at(self, day: date) -> Step | None:
        """The step in force on a day, with all days of its week; None when `step_on` is."""
        if day > self.end and self.maintenance:
            return self.steps[-1]
        if not self.start <= day <= self.end:
            return None
        return next(step for step in self.steps if step.start <= day <= step.end)

    def changes(self, step: Step) -> bool:
        """Whether a step's regimen differs from that of the step before it; false for the first."""
        return step.n > 1 and step.doses != self.steps[step.n - 2].doses

    def held(self, step: Step) -> bool:
        """Whether a step is a hold that somebody asked for, and not the rest of a step.

        The rest of a step made of other pieces, or taken again after a hospital stay, is the same dose too, and so a
        HOLD; it ends on its planned day and is no hold that could be ended.
        """
        if step.kind is not StepKind.HOLD or step.n == 1:
            return False
        before = self.steps[step.n - 2]
        same = before.doses == self.steps[step.n - 1].doses and before.kind is not StepKind.PAUSE
        return same or self.held(before)

    def next_change(self, day: date) -> Step | None:
        """The first step beginning after `day` whose regimen differs from the step before it."""
        return next((step for step in self.steps if step.start > day and self.changes(step)), None)

    def last_change(self, day: date) -> Step | None:
        """The latest step begun on or before `day` whose regimen differs from the step before it."""
        begun = (step for step in reversed(self.steps) if step.start <= day)
        return next((step for step in begun if self.changes(step)), None)

    def last_dose_day(self) -> date | None:
        """The last day with anything to take if the plan goes to zero; None if it ends on a maintenance dose."""
        if self.steps[-1].doses:
            return None
        if not self.weekly:
            return self.steps[-1].start - timedelta(days=1)
        taken = [span.end for span in self.spans if span.doses]
        return taken[-1] if taken else self.start - timedelta(days=1)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)
