"""What the picture of dose and answers is drawn from: plain data on one time axis, no pixels and no sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.taper import equivalence, exposure
from plans.domain.taper.exposure import DrugInputs
from plans.domain.taper.schedule import Schedule, Step, StepKind


@dataclass(frozen=True, slots=True)
class Tread:
    """One stair: the dose a day from `start` to `end`, both included. `dose` is in mg of the picture's drug."""

    n: int
    start: date
    end: date
    dose: Dose
    kind: StepKind
    makeable: bool = True


@dataclass(frozen=True, slots=True)
class LanePoint:
    """An answer of one day; None where the check-in was missed, so that the line breaks."""

    day: date
    value: int | None


@dataclass(frozen=True, slots=True)
class Lane:
    """One score or answer over time: `top` is the instrument's highest value, `watch` the value to look at twice."""

    code: str
    top: int
    watch: int
    points: tuple[LanePoint, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A check-in on the axis. `state`: planned, invited, answered or missed."""

    day: date
    state: str


@dataclass(frozen=True, slots=True)
class FlagMark:
    """A flag on the axis: urgent, high or routine, and the rule with its facts for the sentence."""

    day: date
    severity: str
    rule: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What was reported of a day: as planned, or fewer, extra or none."""

    day: date
    how: str


@dataclass(frozen=True, slots=True)
class LevelDay:
    """The lowest and highest relative level of a day, in percent of the average on the first day's regimen."""

    day: date
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Level:
    """The relative level over a plan, day by day, and what it was assumed from.

    `days` is empty where `table`, the plan's, cannot add its drugs up: two drugs have no common level then.
    """

    days: tuple[LevelDay, ...]
    inputs: tuple[DrugInputs, ...]
    table: str


@dataclass(frozen=True, slots=True)
class PictureData:
    """The whole picture. `table` names the equivalence table when several drugs are drawn as diazepam, else ""."""

    drug: str
    table: str
    treads: tuple[Tread, ...]
    today: date | None = None
    ghost: tuple[Tread, ...] = ()
    lanes: tuple[Lane, ...] = ()
    level: Level | None = None
    asked: tuple[Asked, ...] = ()
    flags: tuple[FlagMark, ...] = ()
    taken: tuple[Taken, ...] = ()

    def dose_on(self, day: date) -> Dose | None:
        """The dose a day in force on a day; None outside the plan."""
        return next((t.dose for t in self.treads if t.start <= day <= t.end), None)


def level_of(schedule: Schedule, table: str) -> Level:
    """The relative level of a schedule: an illustration from half-lives, never a measured value."""
    try:
        found = exposure.curve(schedule, table=table)
    except TaperError:
        return Level((), (), table)
    percent = exposure.FULL // 100
    days = [
        LevelDay(
            schedule.start + timedelta(days=n),
            (low + percent // 2) // percent,
            (high + percent // 2) // percent,
        )
        for n, (low, high) in enumerate(found.days())
    ]
    return Level(tuple(days), found.inputs, table)


def treads_of(schedule: Schedule, table: str) -> tuple[tuple[Tread, ...], str]:
    """The stairs of a schedule, and the table they were converted with ("" if nothing was).

    Milligrams of two drugs do not add up: with several drugs the stairs are diazepam equivalents by the plan's table.
    Where the table does not cover them all, the drug being tapered is drawn alone.
    """
    several = len(schedule.drugs) > 1
    if several:
        try:
            return tuple(_tread(step, _as_diazepam(step, table)) for step in schedule), table
        except TaperError:
            several = False
    return tuple(_tread(step, step.total(schedule.drug)) for step in schedule), ""


def _as_diazepam(step: Step, table: str) -> Dose:
    return sum((equivalence.to_diazepam(d.dose, d.drug, table) for d in step.doses), Dose(0))


def _tread(step: Step, dose: Dose) -> Tread:
    return Tread(step.n, step.start, step.end, dose, step.kind)
