"""Doses really taken, as reported: who may report them, for which days, and which record counts where two overlap.

A record counts from its first day until a later record begins, until a day from which the plan is followed again, or
until the plan goes on from it. Where two cover the same day, the one made last counts.
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

# Ours: anything older belongs in a note, since no limit's window looks that far back.
MOST_BACK: Final = timedelta(days=90)
_DAY: Final = timedelta(days=1)


class ToldBy(StrEnum):
    """Who reported what is taken."""

    PATIENT = "patient"
    CARER = "carer"
    WARD = "ward"
    PHARMACY = "pharmacy"
    GP = "gp"
    OTHER = "other"


def check_day(day: date, *, today: date, plan_start: date) -> None:
    """Check that a record may begin on a day: at most 90 days back, not in the future, not before the plan.

    Raises Refused: day_ahead, day_too_far_back or day_before_plan, with the fact `earliest`.
    """
    if day > today:
        raise Refused(reason="day_ahead", where="from_day")
    if day < plan_start:
        raise Refused(reason="day_before_plan", where="from_day", earliest=plan_start.isoformat())
    if day < today - MOST_BACK:
        raise Refused(reason="day_too_far_back", where="from_day", earliest=(today - MOST_BACK).isoformat())


def in_force(records: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """The records that count, given in the order they were made: each overrides earlier ones from its first day.

    Records with no days left are dropped.
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
    """The record that counts on a day; None if only the plan is known."""
    return next((one for one in records if one.first <= day and (one.last is None or day <= one.last)), None)


def regimen_on(schedule: Schedule, day: date) -> tuple[Intake, ...]:
    """What a plan says is taken on a day; empty outside its days."""
    step = schedule.step_on(day)
    return tuple(Intake(dose.time, dose.drug, dose.dose) for dose in step.doses) if step else ()


def pattern_on(schedule: Schedule, day: date) -> tuple[Intake, ...]:
    """What a plan says is taken in the week around a day whose days differ; empty outside its days."""
    step = schedule.step_at(day)
    return tuple(Intake(one.time, one.drug, one.dose, one.weekdays) for one in step.doses) if step else ()


def same(one: Iterable[Intake], other: Iterable[Intake]) -> bool:
    """Whether two regimens hold the same doses at the same times of day."""
    return set(one) == set(other)


def says_the_same(schedule: Schedule, regimen: Sequence[Intake], first: date, last: date) -> bool:
    """Whether the plan itself has this regimen on every day from `first` to `last`."""
    days = (last - first).days + 1
    return all(same(regimen_on(schedule, first + n * _DAY), regimen) for n in range(days))


def rises(before: DayDose, after: DayDose) -> dict[str, tuple[Dose, Dose]]:
    """The drugs with a higher daily dose after than before, each with both doses."""
    return {drug: (before.dose(drug), after.dose(drug)) for drug in after.more_than(before)}


def to_rows(regimen: Iterable[Intake]) -> list[dict[str, object]]:
    """A regimen as stored in a row: doses in units of 0.00001 mg."""
    return [{"time": one.time.value, "drug": one.drug, "units": one.dose.units} for one in regimen]


def from_rows(rows: Iterable[Mapping[str, object]]) -> tuple[Intake, ...]:
    """The regimen that `to_rows` wrote."""
    return tuple(
        Intake(TimeOfDay(str(row["time"])), str(row["drug"]), Dose(int(str(row["units"])))) for row in rows
    )
