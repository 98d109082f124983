"""The small step chart on a patient's page: where the dose began, is now, and will end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from plans.domain.amounts import Dose
from plans.domain.taper.schedule import Schedule, Step
from plans.domain.taper.weekdays import DAYS_A_WEEK
from plans.wording.doses import day_dose_said, per_day_words

LEFT, RIGHT, TOP, BASE = 4, 344, 40, 160
# The width of "1.125 mg now".
WORDS = 118


@dataclass(frozen=True, slots=True)
class Way:
    """Path data for the picture of 350 by 188 units, and the words beside it."""

    done: str
    to_come: str
    line_done: str
    line_to_come: str
    x: str
    y: str
    label_x: str
    label_y: str
    now: str
    start: str
    now_per: str
    start_per: str
    now_mg: str
    start_mg: str
    begins: date
    ends: date
    label_end: bool
    start_shown: bool


def _average(step: Step, drug: str) -> Dose:
    """How high a step is drawn: what a day of it adds up to, the average of a week where its days differ."""
    return Dose(step.week(drug).units // DAYS_A_WEEK)


def _mg(step: Step, drug: str) -> str:
    return gettext("{dose} a week").format(dose=step.week(drug).mg) if step.weekly else step.total(drug).mg


def way_of(schedule: Schedule, today: date) -> Way:
    """The chart of a one-drug schedule as of today: two drugs' milligrams have no common line."""
    (drug,) = schedule.drugs
    top = max(_average(step, drug).units for step in schedule) or 1
    days = max(1, schedule.days)
    day_now = min(max((today - schedule.start).days, 0), days - 1)

    def x(day: int) -> str:
        return f"{LEFT + (RIGHT - LEFT) * day / days:.1f}"

    def y(dose: Dose) -> str:
        return f"{BASE - (BASE - TOP) * dose.units / top:.1f}"

    corners: list[tuple[int, Dose]] = [
        ((step.start - schedule.start).days, _average(step, drug)) for step in schedule
    ]
    steps = {(step.start - schedule.start).days: step for step in schedule}
    before = [(day, dose) for day, dose in corners if day <= day_now]
    after = [(day, dose) for day, dose in corners if day > day_now]
    day_begun, now = before[-1]

    def stairs(points: list[tuple[int, Dose]], first: tuple[int, Dose], last_day: int) -> str:
        path = f"M{x(first[0])} {y(first[1])}"
        for day, dose in points:
            path += f"H{x(day)}V{y(dose)}"
        return f"{path}H{x(last_day)}"

    line_done = stairs(before[1:], before[0], day_now)
    line_to_come = stairs(after, (day_now, now), days)
    left = float(x(day_now))
    # To the right of the dot the line is lower; near the right edge the words end there, above the line.
    at_end = left > RIGHT - WORDS
    begins_at = RIGHT - WORDS if at_end else left
    ends_at = RIGHT if at_end else left + WORDS
    crossed = [
        dose
        for (day, dose), after_day in zip(corners, [*(d for d, _ in corners[1:]), days], strict=True)
        if float(x(after_day)) > begins_at and float(x(day)) <= ends_at
    ]
    over = min(float(y(dose)) for dose in crossed)
    return Way(
        done=f"{line_done}V{BASE}H{x(0)}z",
        to_come=f"{line_to_come}V{BASE}H{x(day_now)}z",
        line_done=line_done,
        line_to_come=line_to_come,
        x=x(day_now),
        y=y(now),
        label_x=str(RIGHT) if at_end else f"{left + 9:.1f}",
        label_y=f"{over - 10:.1f}",
        now=day_dose_said(steps[day_begun].day),
        start=day_dose_said(steps[0].day),
        now_per=per_day_words(steps[day_begun].day),
        start_per=per_day_words(steps[0].day),
        now_mg=_mg(steps[day_begun], drug),
        start_mg=_mg(steps[0], drug),
        begins=schedule.start,
        ends=schedule.end,
        label_end=at_end,
        # At the start the two labels would overlap.
        start_shown=left > LEFT + WORDS / 2 or over > TOP + 30,
    )
