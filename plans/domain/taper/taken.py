"""What was taken, day by day: before the plan, by the plan, and as reported, which overrides both.

Limits look back: the base of a cut, and whether a dose rises, depend on what was actually taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple, Protocol

from plans.domain.amounts import Dose
from plans.domain.regimen import DayDose
from plans.domain.taper.request import Intake, TakenBefore
from plans.domain.taper.schedule import Schedule, TimeOfDay
from plans.domain.taper.weekdays import DAYS_A_WEEK, EVERY_DAY, Weekdays

# How long the present doses are assumed to have been taken if nothing else is known: no window looks further back.
_DAYS_BEFORE: Final = timedelta(days=366)
_DAY: Final = timedelta(days=1)


class TimedIntake(Protocol):
    """A dose of one drug at one time of day, on some days of the week or all."""

    @property
    def time(self) -> TimeOfDay:
        """When in the day."""

    @property
    def drug(self) -> str:
        """The generic name."""

    @property
    def dose(self) -> Dose:
        """How much of it."""

    @property
    def weekdays(self) -> Weekdays:
        """On which days."""


Intakes = Sequence[TimedIntake]


def is_weekly(doses: Iterable[TimedIntake]) -> bool:
    """Whether the days with these doses differ by the day of the week."""
    return any(one.weekdays is not EVERY_DAY for one in doses)


def on_weekday(doses: Intakes, weekday: int) -> Intakes:
    """The doses taken on a day of the week (0: Monday)."""
    return [one for one in doses if weekday in one.weekdays]


def fullest(doses: Intakes) -> DayDose:
    """The most of each drug on any day with these doses."""
    if not is_weekly(doses):
        return DayDose.total(doses)
    most: dict[str, Dose] = {}
    for weekday in range(DAYS_A_WEEK):
        for drug, dose in DayDose.total(on_weekday(doses, weekday)):
            most[drug] = max(dose, most.get(drug, dose))
    return DayDose.of(most)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recorded doses of every day from `first` to `last`, both included; `last` is None while it continues."""

    first: date
    last: date | None
    regimen: tuple[Intake, ...]

    @property
    def day(self) -> DayDose:
        """The total of each of these days."""
        return DayDose.total(self.regimen)


class DoseStretch(NamedTuple):
    """The same doses, by the day of the week, from `first` to `last`, both included."""

    first: date
    last: date
    doses: Intakes


@dataclass(frozen=True, slots=True)
class Lived:
    """What is taken when the plan is made, and every day from a year before it to its end, in order, without gaps."""

    now: Intakes
    days: tuple[DoseStretch, ...]

    @property
    def weekly(self) -> bool:
        """Whether any days differ by the day of the week."""
        return is_weekly(self._all)

    @property
    def drugs(self) -> tuple[str, ...]:
        """Every drug that was taken."""
        return tuple(dict.fromkeys([one.drug for one in self._all]))

    @property
    def _all(self) -> Intakes:
        return [*self.now, *[one for day in self.days for one in day.doses]]

    def before(self, schedule: Schedule) -> list[Intakes]:
        """What was taken on the day before each step; before the first, what is taken when the plan is made."""
        found = [self.now]
        at = 0
        for step in schedule.steps[1:]:
            while self.days[at].last < step.start - _DAY:
                at += 1
            found.append(self.days[at].doses)
        return found


def lived(
    schedule: Schedule,
    *,
    now: Intakes,
    before: Sequence[TakenBefore] = (),
    recorded: Sequence[Recorded] = (),
) -> Lived:
    """The days of a plan as far as they are known.

    `now` is what is taken when the plan is made, and is assumed for all earlier days not otherwise known; `before` are
    stretches ending the day before the plan, newest last; `recorded` doses override planned ones. If fewer than seven
    days are recorded of a week whose days differ, only those days change.
    """
    found: list[DoseStretch] = []
    last = schedule.start - _DAY
    for one in reversed(before):
        first = last - timedelta(days=one.days) + _DAY
        found.append(DoseStretch(first, last, one.regimen))
        last = first - _DAY
    found.append(DoseStretch(last - _DAYS_BEFORE, last, now))
    found.reverse()
    found += [DoseStretch(step.start, step.end, step.doses) for step in schedule]
    for told in recorded:
        _overlay(found, told)
    return Lived(now, tuple(found))


def _overlay(found: list[DoseStretch], told: Recorded) -> None:
    """Put recorded days in place of what was there."""
    first = max(told.first, found[0].first)
    last = found[-1].last if told.last is None else min(told.last, found[-1].last)
    if last < first:
        return
    if (last - first).days + 1 < DAYS_A_WEEK:
        told = _within_weeks(found, told, first, last)
    kept = [one._replace(last=min(one.last, first - _DAY)) for one in found if one.first < first]
    later = [one._replace(first=max(one.first, last + _DAY)) for one in found if one.last > last]
    found[:] = [*kept, DoseStretch(first, last, told.regimen), *later]


def _within_weeks(found: list[DoseStretch], told: Recorded, first: date, last: date) -> Recorded:
    """A record of a few days, completed with the other days of the week if the days of that week differ."""
    planned = next(one.doses for one in found if one.first <= first <= one.last)
    if not is_weekly(planned):
        return told
    days = {(first + n * _DAY).weekday() for n in range((last - first).days + 1)}
    rest = [(one, Weekdays(day for day in one.weekdays.days if day not in days)) for one in planned]
    week = [Intake(one.time, one.drug, one.dose, left) for one, left in rest if left.days]
    week += [replace(one, weekdays=Weekdays(days)) for one in told.regimen]
    return replace(told, regimen=tuple(week))
