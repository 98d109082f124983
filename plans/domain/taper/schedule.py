"""A schedule: what to take on every day of a plan, as contiguous steps.

Laws (tested with Hypothesis over every method): steps are contiguous and numbered from 1; every day has exactly one
regimen; every dose equals the sum of what is taken for it; the kind of a step tells the truth (`StepKind`), and a day
that is more than the day before it is never called a cut.

A schedule that does not end at zero goes on with its last regimen: its `end` is that of the written steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar, Final, Self

from plans.domain.amounts import Dose, total
from plans.domain.errors import TaperError
from plans.domain.regimen import DayDose
from plans.domain.taper.products import Product, Take

# The clock time each name is taken to mean where an hour is needed (ours).
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

    A text, so that it is written and read back as it is; times are ordered by `minutes`. Raises ValueError for any
    other text.
    """

    __slots__ = ("minutes",)
    minutes: int  # after midnight: what times of day are ordered by
    MORNING: ClassVar[TimeOfDay]
    MIDDAY: ClassVar[TimeOfDay]
    AFTERNOON: ClassVar[TimeOfDay]
    EVENING: ClassVar[TimeOfDay]
    NIGHT: ClassVar[TimeOfDay]
    BEDTIME: ClassVar[TimeOfDay]

    def __new__(cls, text: str) -> Self:
        """The time of day of a text. Raises ValueError where it is none."""
        if text not in _NAMED and not _CLOCK.match(text):
            raise ValueError(text)
        time = super().__new__(cls, text)
        time.minutes = int(text[:2]) * 60 + int(text[3:]) if time.by_clock else _NAMED[text]
        return time

    @property
    def value(self) -> str:
        """As requests and answers write it: "morning", "06:30"."""
        return str(self)

    @property
    def by_clock(self) -> bool:
        """Whether it is a clock time and no name."""
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

# The six names in the order of the day, and those of them that a plan has to choose from unless it uses another.
DAY_ORDER: Final = tuple(TimeOfDay(name) for name in _NAMED)
USUAL_TIMES: Final = (TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.EVENING, TimeOfDay.NIGHT)
MOST_TIMES: Final = 8


def in_order(times: Iterable[TimeOfDay]) -> tuple[TimeOfDay, ...]:
    """Different times of day in the order of the day."""
    return tuple(sorted(set(times), key=lambda time: time.minutes))


def times_of_plan(used: Iterable[TimeOfDay]) -> tuple[TimeOfDay, ...]:
    """The times of day of a plan that uses these, in order: clock times alone, or the usual names and what is used."""
    found = set(used)
    return in_order(found if any(time.by_clock for time in found) else found | set(USUAL_TIMES))


class StepKind(StrEnum):
    """What a step is beside the day before it. `plans.domain.taper.kinds` says which; the first that fits stands.

    STOP: nothing is taken. CROSSOVER: a stage the engine made. STEP_BACK: that revision, back to the step before.
    RISE: more of a drug, or a larger single dose of it, than before. SWAP: other drugs, equivalent. CUT: less.
    SPREAD: the same milligrams of each drug at other times of day. HOLD: the same, kept for longer on purpose. START:
    the first step, where it is what is taken already. PAUSE: a hospital stay, in which the ward decides what is taken;
    its doses are the last that were known.
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
    """A schedule that breaks its own laws: always a fault of ours, never of a person's input."""

    code = "broken_schedule"
    shown = frozenset({"why", "step"})


@dataclass(frozen=True, slots=True)
class TimedDose:
    """A dose of one drug at one time of day, and what exactly is taken for it."""

    time: TimeOfDay
    drug: str
    dose: Dose
    take: tuple[Take, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One regimen from `start` to `end`, both days included.

    `doses` are in the order of the day, zero ones left out.
    """

    n: int
    start: date
    end: date
    doses: tuple[TimedDose, ...]
    kind: StepKind

    @property
    def days(self) -> int:
        """How many days the step lasts, at least one."""
        return (self.end - self.start).days + 1

    @property
    def day(self) -> DayDose:
        """What each of its days adds up to, of every drug."""
        return DayDose.total(self.doses)

    def total(self, drug: str) -> Dose:
        """The dose of a whole day of one drug; zero if there is none. What is taken in all is `day`."""
        return total(d.dose for d in self.doses if d.drug == drug)

    def at(self, time: TimeOfDay, drug: str) -> Dose:
        """The dose of a drug at a time of day; zero if there is none."""
        return total(d.dose for d in self.doses if d.time == time and d.drug == drug)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps of one version of a plan, in order. `drug` is the drug being tapered (after a crossover, the new one).

    `drugs` are all drugs that occur; `products` is what the pharmacy stocks for this plan.
    """

    drug: str
    drugs: tuple[str, ...]
    products: tuple[Product, ...]
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise BrokenSchedule(why="no_steps")
        day = self.steps[0].start
        checked: set[int] = set()  # a dose that stays the same for many steps is one object, summed up once
        for n, step in enumerate(self.steps, start=1):
            if step.n != n or step.start != day or step.end < step.start:
                raise BrokenSchedule(why="not_contiguous", step=n)
            for dose in step.doses:
                if id(dose) in checked:
                    continue
                checked.add(id(dose))
                if sum([take.units for take in dose.take]) != dose.dose.units or not dose.dose:
                    raise BrokenSchedule(why="take_is_not_dose", step=n)
            day = step.end + timedelta(days=1)

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
        """How many days from the first to the last, both included."""
        return (self.end - self.start).days + 1

    @property
    def drugs_taken(self) -> tuple[str, ...]:
        """The drugs that any day holds a dose of, in the plan's order; at least one."""
        taken = {dose.drug for step in self.steps for dose in step.doses}
        return tuple(drug for drug in self.drugs if drug in taken) or (self.drug,)

    @property
    def products_taken(self) -> tuple[Product, ...]:
        """The products that any day holds of `drugs`, in the plan's order."""
        taken = {take.product for step in self.steps for dose in step.doses for take in dose.take}
        taken = {product for product in taken if product.drug in self.drugs}
        listed = tuple(product for product in self.products if product in taken)
        return listed + tuple(sorted(taken - set(listed)))

    @property
    def drugs_ended(self) -> tuple[tuple[str, date], ...]:
        """The drugs that `as_of` left out, each with the last day that holds a dose of it, earliest first."""
        last = {dose.drug: step.end for step in self.steps for dose in step.doses}
        ended = [(drug, day) for drug, day in last.items() if drug not in self.drugs]
        return tuple(sorted(ended, key=lambda one: (one[1], one[0])))

    def as_of(self, day: date) -> Schedule:
        """The same steps as read from a day on: drugs of which no later day holds a dose are left out of `drugs`, and
        their products with them. Of a plan that is over by then, the schedule as it is."""
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
        """The times of day at which any day holds a dose, in the order of the day."""
        return in_order(dose.time for step in self.steps for dose in step.doses)

    @property
    def maintenance(self) -> bool:
        """Whether the plan does not end at zero: its last regimen goes on after `end`."""
        return bool(self.steps[-1].doses)

    def through(self, day: date) -> Schedule:
        """The same schedule with its last regimen written out at least through a day, if it goes on after its end."""
        last = self.steps[-1]
        if not self.maintenance or day <= self.end:
            return self
        return replace(self, steps=(*self.steps[:-1], replace(last, end=day)))

    def step_on(self, day: date) -> Step | None:
        """The step in force on a day; None before the first day, and after the last of a plan that ends at zero."""
        if day > self.end and self.maintenance:
            return self.steps[-1]
        if not self.start <= day <= self.end:
            return None
        return next(step for step in self.steps if step.start <= day <= step.end)

    def changes(self, step: Step) -> bool:
        """Whether a step begins with another regimen than the step before it; the first one changes nothing."""
        return step.n > 1 and step.doses != self.steps[step.n - 2].doses

    def next_change(self, day: date) -> Step | None:
        """The first step that begins after `day` with another regimen than the step before it."""
        return next((step for step in self.steps if step.start > day and self.changes(step)), None)

    def last_change(self, day: date) -> Step | None:
        """The latest step begun on or before `day` with another regimen than the step before it."""
        begun = (step for step in reversed(self.steps) if step.start <= day)
        return next((step for step in begun if self.changes(step)), None)

    def last_dose_day(self) -> date | None:
        """The last day with anything to take if the plan goes to zero; None if it ends on a maintenance dose."""
        if self.steps[-1].doses:
            return None
        return self.steps[-1].start - timedelta(days=1)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)
