"""Data for the picture of doses and answers: on one time axis, without pixels or sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.json import Facts
from plans.domain.regimen import DayDose
from plans.domain.taper import equivalence, exposure
from plans.domain.taper.exposure import DrugInputs
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.domain.taper.weekdays import DAYS_A_WEEK


@dataclass(frozen=True, slots=True)
class Tread:
    """One stair: the day's dose of every drug from `start` to `end`, both included.

    `dose` is the height it is drawn at, which with several drugs is not a dose that anybody takes: see `Stairs`. If the
    days of a week differ, it is their average, and `day` is the total of seven of them.
    """

    n: int
    start: date
    end: date
    dose: Dose
    day: DayDose
    kind: StepKind
    makeable: bool = True


@dataclass(frozen=True, slots=True)
class LanePoint:
    """A value on one day; None if the check-in was missed, so that the line breaks."""

    day: date
    value: int | None


@dataclass(frozen=True, slots=True)
class PictureLane:
    """One score or answer over time: `top` is the instrument's highest value, `watch` the flag threshold."""

    code: str
    top: int
    watch: int
    points: tuple[LanePoint, ...]


@dataclass(frozen=True, slots=True)
class CheckInPoint:
    """A check-in on the axis. `state`: planned, invited, answered or missed."""

    day: date
    state: str


@dataclass(frozen=True, slots=True)
class FlagMark:
    """A flag on the axis: its priority, and the rule and facts for its sentence."""

    day: date
    severity: str
    rule: str
    facts: Facts


class TakenSource(StrEnum):
    """How it is known what was taken on a day."""

    # the clinic recorded the dose really taken
    RECORD = "record"
    # the patient ticked the doses of the day
    TICKS = "ticks"
    # an answer of a check-in covers the day
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class TakenMark:
    """What was reported for a day: as planned, or fewer, extra, none or other.

    `amount` is the day's dose of every drug where it is known in milligrams, and `height` what it is drawn at, beside
    the stairs. `told_on` is the day of the answer.
    """

    day: date
    how: str
    amount: DayDose | None = None
    height: Dose | None = None
    source: TakenSource = TakenSource.ANSWER
    told_on: date | None = None


@dataclass(frozen=True, slots=True)
class LevelDay:
    """A day's lowest and highest relative level, in percent of the average on the first day's regimen."""

    day: date
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ExposureLevel:
    """The relative level over a plan by day, with its assumptions; `hours` are the times of the doses.

    `days` is empty if the plan's `table` cannot convert its drugs: then two drugs have no common level.
    """

    days: tuple[LevelDay, ...]
    inputs: tuple[DrugInputs, ...]
    table: str
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Stairs:
    """The stairs of a schedule. With one drug their height is its dose in mg.

    With several drugs it is the diazepam equivalent by `table`; if the table lacks one of them, only the drug `alone`
    is drawn. Otherwise both are "".
    """

    drugs: tuple[str, ...]
    treads: tuple[Tread, ...]
    table: str = ""
    alone: str = ""


@dataclass(frozen=True, slots=True)
class PictureData:
    """The whole picture: the stairs of the plan, and what stands on the same axis. `ghost` is another version of it."""

    stairs: Stairs
    today: date | None = None
    ghost: tuple[Tread, ...] = ()
    ghost_version: int = 1
    lanes: tuple[PictureLane, ...] = ()
    level: ExposureLevel | None = None
    asked: tuple[CheckInPoint, ...] = ()
    flags: tuple[FlagMark, ...] = ()
    taken: tuple[TakenMark, ...] = ()

    @property
    def treads(self) -> tuple[Tread, ...]:
        """The stairs in order."""
        return self.stairs.treads

    def tread_on(self, day: date) -> Tread | None:
        """The stair on a day; None outside the plan."""
        return next((t for t in self.treads if t.start <= day <= t.end), None)


def level_of(schedule: Schedule, table: str) -> ExposureLevel:
    """The relative level of a schedule: an illustration computed from half-lives, never measured."""
    try:
        found = exposure.curve(schedule, table=table)
    except TaperError:
        return ExposureLevel((), (), table)
    percent = exposure.FULL // 100
    days = [
        LevelDay(
            schedule.start + timedelta(days=n),
            (low + percent // 2) // percent,
            (high + percent // 2) // percent,
        )
        for n, (low, high) in enumerate(found.days())
    ]
    return ExposureLevel(tuple(days), found.inputs, table, tuple(found.hours.values()))


def stairs_of(schedule: Schedule, table: str) -> Stairs:
    """The stairs of a schedule. Milligrams of different drugs do not add up, so several drugs are drawn as diazepam
    equivalents by the plan's table; if it lacks one of them, only the drug being tapered is drawn.
    """
    drugs, tapered = schedule.drugs, schedule.drug
    if len(drugs) == 1:
        return Stairs(drugs, _treads(schedule, lambda step: _average(step, tapered)))
    try:
        return Stairs(drugs, _treads(schedule, lambda step: _as_diazepam(step, table)), table=table)
    except TaperError:
        return Stairs(drugs, _treads(schedule, lambda step: _average(step, tapered)), alone=tapered)


def height_of(day: DayDose, stairs: Stairs) -> Dose | None:
    """Where a day's dose is drawn beside the stairs, by the same rule; None if the plan's table lacks one of its drugs
    or if a drug is not among those of the stairs. `day` is one day, not a week."""
    if any(drug not in stairs.drugs for drug in day.drugs):
        return None
    if len(stairs.drugs) == 1 or stairs.alone:
        return day.dose(stairs.alone or stairs.drugs[0])
    try:
        return sum((equivalence.to_diazepam(dose, drug, stairs.table) for drug, dose in day), Dose(0))
    except TaperError:
        return None


def _treads(schedule: Schedule, height: Callable[[Step], Dose]) -> tuple[Tread, ...]:
    return tuple(
        Tread(step.n, step.start, step.end, height(step), step.day, step.kind) for step in schedule.as_read()
    )


def _average(step: Step, drug: str) -> Dose:
    """What a day of a step adds up to of a drug; the average of a week where its days differ."""
    return Dose(step.week(drug).units // DAYS_A_WEEK)


def _as_diazepam(step: Step, table: str) -> Dose:
    drugs = dict.fromkeys(dose.drug for dose in step.doses)
    return sum((equivalence.to_diazepam(_average(step, drug), drug, table) for drug in drugs), Dose(0))
