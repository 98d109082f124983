"""Doses really taken, as somebody told them: who may have told, for which days, and what stands where two records meet.

A record counts from its first day until a later one begins, until a day from which all is taken as planned again, or
until the plan goes on from it. Of two that speak of the same day the one recorded last stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.errors import Refused
from plans.domain.regimen import DayDose
from plans.domain.taper.request import Intake
from plans.domain.taper.schedule import Schedule, TimeOfDay
from plans.domain.taper.taken import Recorded

# Our own choice: what is older belongs into a note, since no window of a limit looks so far back.
MOST_BACK: Final = timedelta(days=90)
_DAY: Final = timedelta(days=1)


class ToldBy(StrEnum):
    """Who said what is taken."""

    PATIENT = "patient"
    CARER = "carer"
    WARD = "ward"
    PHARMACY = "pharmacy"
    GP = "gp"
    OTHER = "other"


def check_day(day: date, *, today: date, plan_start: date) -> None:
    """Whether a record may begin on a day: today or at most 90 days back, and not before the plan's first day.

    Raises Refused: day_ahead, day_too_far_back or day_before_plan, with the fact `earliest`.
    """
    if day > today:
        raise Refused(reason="day_ahead", where="from_day")
    if day < plan_start:
        raise Refused(reason="day_before_plan", where="from_day", earliest=plan_start.isoformat())
    if day < today - MOST_BACK:
        raise Refused(reason="day_too_far_back", where="from_day", earliest=(today - MOST_BACK).isoformat())


def in_force(records: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """What stands of records in the order in which they were made, by day: the one made last rules from its first day.

    A record of which no day is left is left out.
    """
    found: list[Recorded] = []
    for new in records:
        kept = []
        for old in found:
            last = old.last
            if last is None or last >= new.first:
                last = new.first - _DAY
            if last >= old.first:
                kept.append(replace(old, last=last))
        found = [*kept, new] if new.last is None or new.last >= new.first else kept
    return tuple(found)


def taken_on(records: Sequence[Recorded], day: date) -> Recorded | None:
    """The record that stands on a day; None where nothing else than the plan is known."""
    return next((one for one in records if one.first <= day and (one.last is None or day <= one.last)), None)


def regimen_on(schedule: Schedule, day: date) -> tuple[Intake, ...]:
    """What a plan says is taken on a day; nothing outside its days."""
    step = schedule.step_on(day)
    return tuple(Intake(dose.time, dose.drug, dose.dose) for dose in step.doses) if step else ()


def pattern_on(schedule: Schedule, day: date) -> tuple[Intake, ...]:
    """What a plan says is taken in the week of a day, where its days differ; nothing outside its days."""
    step = schedule.step_at(day)
    return tuple(Intake(one.time, one.drug, one.dose, one.weekdays) for one in step.doses) if step else ()


def same(one: Iterable[Intake], other: Iterable[Intake]) -> bool:
    """Whether two regimens hold the same doses at the same times of day."""
    return set(one) == set(other)


def says_the_same(schedule: Schedule, regimen: Sequence[Intake], first: date, last: date) -> bool:
    """Whether the plan says just this regimen for every day from `first` to `last`."""
    days = (last - first).days + 1
    return all(same(regimen_on(schedule, first + n * _DAY), regimen) for n in range(days))


def rises(before: DayDose, after: DayDose) -> dict[str, tuple[Dose, Dose]]:
    """The drugs of which more is taken after than before, each with both doses of the day."""
    return {drug: (before.dose(drug), after.dose(drug)) for drug in after.more_than(before)}


def to_rows(regimen: Iterable[Intake]) -> list[dict[str, object]]:
    """A regimen as a row keeps it: doses in units of 0.00001 mg."""
    return [{"time": one.time.value, "drug": one.drug, "units": one.dose.units} for one in regimen]


def from_rows(rows: Iterable[Mapping[str, object]]) -> tuple[Intake, ...]:
    """A regimen as `to_rows` wrote it."""
    return tuple(
        Intake(TimeOfDay(str(row["time"])), str(row["drug"]), Dose(int(str(row["units"])))) for row in rows
    )
