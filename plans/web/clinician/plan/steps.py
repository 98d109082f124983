"""Steps of a plan as rows: dates, doses, tablets in words, change, and check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from plans.domain.taper.engine import Taper
from plans.domain.taper.limit_rules import LimitLevel
from plans.domain.taper.measure import change_percent, measure
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.wording import plans
from plans.wording.doses import day_dose_words
from plans.wording.drugs import time_words, weekdays_words
from plans.wording.taper import drug_words, kind_words, take_words


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step as a row. `check` is stop, reason, note or within, or "" where nothing changed. `day` is the day
    within the `current` step. `kept` says why a step lasts longer than the method asked for. `goes_on`: its dose
    stays after the days written out. `rises`: more is taken than before.
    """

    n: int
    start: str
    weekday: str
    end: str
    days: int
    total: str
    takes: tuple[tuple[str, str], ...]
    change: str
    kind: str
    check: str
    current: bool = False
    day: int = 0
    kept: str = ""
    goes_on: bool = False
    rises: bool = False


def totals(step: Step) -> str:
    """A day's dose, of every drug; a week's if its days differ."""
    return day_dose_words(step.day, clinician=True)


def takes_by_time(step: Step, schedule: Schedule, *, clinician: bool = True) -> tuple[tuple[str, str], ...]:
    """What is taken, one line for each time of day: (Morning, half a 0.5 mg tablet)."""
    lines: dict[str, list[str]] = {}
    for dose in step.doses:
        said = ", ".join(take_words(take) for take in dose.take)
        if not dose.weekdays.every:
            said = gettext("{dose} on {days}").format(dose=said, days=weekdays_words(dose.weekdays))
        if len(schedule.drugs) > 1:
            said = f"{drug_words(dose.drug, clinician=clinician)} {said}"
        lines.setdefault(time_words(dose.time), []).append(said)
    return tuple((time, "; ".join(said)) for time, said in lines.items())


def percent(before: int, now: int) -> str:
    """ "down 11.1 %", "up 10 %", "" for no change."""
    text = change_percent(before, now)
    tenths = (int(text.lstrip("+-").replace(".", "")) + 5) // 10
    if not tenths:
        return ""
    figure = f"{tenths // 10}.{tenths % 10}".removesuffix(".0")
    said = gettext("up {n}") if text.startswith("+") else gettext("down {n}")
    return said.format(n=f"{figure}\u00a0%")


def _kept_longer(taper: Taper) -> dict[int, str]:
    """By step: why it is kept longer, with the next dose that can be made."""
    steps = taper.schedule.steps
    said = gettext("Kept longer: a smaller cut cannot be made from these products. The next dose is {dose}.")
    return {n: said.format(dose=totals(steps[n])) for n in taper.longer if n < len(steps)}


def _kind(kind: StepKind) -> str:
    """The words for the kind of a step; none for one that begins, goes down or stops."""
    return "" if kind in (StepKind.START, StepKind.CUT, StepKind.STOP) else kind_words(kind)


def step_rows(taper: Taper, today: date | None = None) -> tuple[StepRow, ...]:
    """Every step as a row, with the findings that name it."""
    schedule, lived = taper.schedule, taper.lived
    read = schedule.as_read()
    drugs = tuple(dict.fromkeys((*schedule.drugs, *lived.drugs)))
    meter = measure(drugs, taper.equivalence, weekly=lived.weekly)
    checks: dict[int, str] = {}
    order = {LimitLevel.REFUSED: "stop", LimitLevel.NEEDS_REASON: "reason", LimitLevel.NOTE: "note"}
    rank = ("", "note", "reason", "stop")
    for verdict in taper.verdicts:
        for n in verdict.steps if verdict.rule != "unverified_product" else ():
            checks[n] = max(checks.get(n, ""), order[verdict.level], key=rank.index)
    kept = _kept_longer(taper)
    rows: list[StepRow] = []
    year = 0
    for step, before in zip(schedule, lived.before(schedule), strict=True):
        change = percent(meter.of(before), meter.of(step.doses))
        rows.append(
            StepRow(
                n=step.n,
                start=plans.short_day_year(step.start)
                if step.start.year != year
                else plans.short_day(step.start),
                weekday=plans.weekday(step.start),
                end=plans.short_day(step.end),
                days=step.days,
                total=totals(step),
                takes=takes_by_time(step, schedule),
                change=change,
                kind=_kind(read.steps[step.n - 1].kind),
                check=checks.get(step.n, "within" if change else ""),
                current=today is not None and step.start <= today <= step.end,
                day=(today - step.start).days + 1 if today is not None else 0,
                kept=kept.get(step.n, ""),
                goes_on=schedule.maintenance and step.n == len(schedule.steps),
                rises=step.kind in (StepKind.RISE, StepKind.STEP_BACK),
            )
        )
        year = step.start.year
    return tuple(rows)
