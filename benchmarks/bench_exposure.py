"""The exposure curve of a two-year plan against the bare recursive update of its exponentials."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from benchmarks.line import BenchmarkLine, measured
from plans.domain.amounts import Dose, Volume
from plans.domain.taper.exposure import curve
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose, TimeOfDay

LIQUID = Product("diazepam", Form.SOLUTION, Dose.parse("1"), 1, Volume.parse("0.1"))
TIMES = (TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.NIGHT)
STEPS, STEP_DAYS, EXPONENTIALS = 52, 14, 3


def two_years() -> Schedule:
    """52 steps of 14 days, three times a day, each dose 0.1 mg lower per step."""
    steps, day = [], date(2026, 11, 23)
    for n in range(1, STEPS + 1):
        each = Dose.parse("6") - Dose.parse("0.1") * n
        take = (Take(LIQUID, volume=Volume(each.units // 100)),)
        doses = tuple(TimedDose(time, "diazepam", each, take) for time in TIMES)
        last = day + timedelta(days=STEP_DAYS - 1)
        steps.append(Step(n, day, last, doses, StepKind.CUT if n > 1 else StepKind.START))
        day = last + timedelta(days=1)
    return Schedule("diazepam", ("diazepam",), (LIQUID,), tuple(steps))


def bare(hours: int) -> list[int]:
    """The same exponentials, updated hour by hour with integers, and nothing else."""
    keeps, now = [1_080_000_000_000, 1_010_000_000_000, 900_000_000_000], [1 << 60] * EXPONENTIALS
    levels = []
    for _ in range(hours):
        for at in range(EXPONENTIALS):
            now[at] = (now[at] * keeps[at] >> 40) + 1_000_000
        levels.append(sum(now))
    return levels


def run() -> Iterator[BenchmarkLine]:
    """At most three times the bare update."""
    schedule = two_years()
    hours = (schedule.days + 14) * 24
    yield measured(
        "exposure: two years by the hour",
        lambda: curve(schedule, table="ashton_2002"),
        lambda: bare(hours),
        limit=3,
    )
