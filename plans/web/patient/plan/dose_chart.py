"""The small step chart on a patient's page: where the dose began, is now, and will end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plans.domain.amounts import Dose
from plans.domain.regimen import DayDose
from plans.domain.taper.schedule import Schedule
from plans.wording.doses import day_dose_said

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
    now_mg: str
    start_mg: str
    begins: date
    ends: date
    label_end: bool
    start_shown: bool


def way_of(schedule: Schedule, today: date) -> Way:
    """The chart of a one-drug schedule as of today: two drugs' milligrams have no common line."""
    (drug,) = schedule.drugs
    top = max(step.total(drug).units for step in schedule) or 1
    days = max(1, schedule.days)
    day_now = min(max((today - schedule.start).days, 0), days - 1)

    def x(day: int) -> str:
        return f"{LEFT + (RIGHT - LEFT) * day / days:.1f}"

    def y(dose: Dose) -> str:
        return f"{BASE - (BASE - TOP) * dose.units / top:.1f}"

    corners: list[tuple[int, Dose]] = [
        ((step.start - schedule.start).days, step.total(drug)) for step in schedule
    ]
    before = [(day, dose) for day, dose in corners if day <= day_now]
    after = [(day, dose) for day, dose in corners if day > day_now]
    now = before[-1][1]

    def said(dose: Dose) -> str:
        return day_dose_said(DayDose.of({drug: dose}))

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
        now=said(now),
        start=said(corners[0][1]),
        now_mg=now.mg,
        start_mg=corners[0][1].mg,
        begins=schedule.start,
        ends=schedule.end,
        label_end=at_end,
        # At the start the two labels would overlap.
        start_shown=left > LEFT + WORDS / 2 or over > TOP + 30,
    )
