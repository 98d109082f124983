"""The checks behind `limits.judge`: one function a rule, each from a judged schedule to its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from plans.domain.errors import Fact
from plans.domain.taper.change_checks import coarse_end, new_drugs, rising, stopping
from plans.domain.taper.drug import Mark
from plans.domain.taper.judged import Judged
from plans.domain.taper.limit_rules import LAST_STEP, LOW_DOSE, RULES, Level, Verdict, finding
from plans.domain.taper.measure import change_percent
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Step, StepKind

_LAST_START_WEEKDAY: Final = 2  # Wednesday: a new dose is felt before the weekend, while the clinic is open
_FRIDAY: Final = 4
_WEEK: Final = 7
# What takes a drug down; in a crossover or a swap what falls there comes back as another drug.
_CUTS: Final = (StepKind.CUT, StepKind.STOP, StepKind.RISE)
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def checks() -> tuple[Callable[[Judged], Iterator[Verdict]], ...]:
    """All checks, in no particular order."""
    return (
        rising, new_drugs, pace, stopping, coarse_end, alternate_days, maximum, half_lives, days_of_week, strengths,
    )  # fmt: skip


def pace(judged: Judged) -> Iterator[Verdict]:
    """Ceiling, pace and tail: how much is taken away in any 14 days.

    More than 25 % is the ceiling's finding and not also the pace's. At a base of at most 5 mg diazepam
    equivalent both are notes, and an absolute limit stands instead: more than 1 mg diazepam equivalent in 14
    days is the tail's finding (the step to zero is left to `stopping`). Daily cuts that go on and on make one
    finding, named by the first step, with the largest figure and `until_step`.
    """
    meter, found = judged.meter, []
    for at, step in judged.cuts():
        base, now = judged.bases[at], judged.measured[at]
        fallen = base - now
        low_dose = meter.exceeds_diazepam(base, LOW_DOSE) is False
        level = Level.NOTE if low_dose else Level.NEEDS_REASON
        for rule in ("ceiling", "pace"):
            if fallen * 100 > int(RULES[rule].threshold) * base:
                found.append((rule, level, step, base, now))
                break
        if low_dose and now and meter.exceeds_diazepam(fallen, LAST_STEP):
            found.append(("tail", Level.NEEDS_REASON, step, base, now))
    yield from _runs(judged, found)


_Found = tuple[str, Level, Step, int, int]


def _runs(judged: Judged, found: list[_Found]) -> Iterator[Verdict]:
    """The findings of `pace`, with the same one on steps of under a week in a row made into a single one."""
    runs: list[list[_Found]] = []
    last: dict[str, list[_Found]] = {}
    for one in found:
        rule, level, step = one[:3]
        run = last.get(rule)
        previous = run[-1] if run else None
        if (
            run
            and previous
            and previous[1] is level
            and previous[2].n == step.n - 1
            and previous[2].days < _WEEK
        ):
            run.append(one)
        else:
            last[rule] = [one]
            runs.append(last[rule])
    for run in runs:
        rule, level, step, base, now = run[0]
        for _, _, _, other_base, other_now in run[1:]:
            if other_now * base < now * other_base:
                base, now = other_base, other_now
        facts = judged.figures(base, now) | {
            "window_days": RULES[rule].window_days,
            "limit": RULES[rule].threshold,
        }
        if judged.method == "percent_of_original":
            facts["of_original_percent"] = change_percent(judged.befores[0], judged.befores[0] - (base - now))
        if len(run) > 1:
            facts["until_step"] = run[-1][2].n
        yield finding(rule, step.n, facts, level=level)


def alternate_days(judged: Judged) -> Iterator[Verdict]:
    """Days without a drug between days with it. One finding a drug: a note where the drug is long-acting."""
    for name, drug in judged.drugs.items():
        has = [bool(day.dose(name)) for day in judged.days]
        if True not in has:
            continue
        first, last = has.index(True), len(has) - 1 - has[::-1].index(True)
        gaps = [at for at in range(first, last) if not has[at]]
        if gaps:
            half_life = drug.longest_half_life
            facts: dict[str, Fact] = {
                "drug": name,
                "gaps": len(gaps),
                "half_life_hours": str(half_life.value),
            }
            level = Level.NOTE if drug.long_acting else Level.NEEDS_REASON
            yield finding("alternate_day", gaps[0] + 1, facts, level=level)


def maximum(judged: Judged) -> Iterator[Verdict]:
    """More of a drug a day than its maximum in the country: one finding a drug, at the first such step.

    Refused where such a day is also above what is taken at the start (in equivalents where there are several drugs).
    More than the maximum before the plan alone is a note of its own.
    """
    for name, drug in judged.drugs.items():
        most = drug.maximum(judged.country)
        now = judged.days_before[0].dose(name)
        if now > most.value >= judged.days[0].dose(name):
            facts: dict[str, Fact] = {"drug": name, "dose_mg": now.text, "limit": most.value.text}
            yield finding("max_dose_before", None, facts, source=most.source, mark=most.mark)
        over = [at for at, day in enumerate(judged.days) if day.dose(name) > most.value]
        if not over:
            continue
        raised = [at for at in over if judged.measured[at] > judged.befores[0]]
        at = raised[0] if raised else over[0]
        facts = {
            "drug": name,
            "dose_mg": judged.days[at].dose(name).text,
            "limit": most.value.text,
            "steps": len(over),
            "other_maxima": {use: other.value.text for use, other in drug.other_maxima.items()},
        }
        if raised:
            facts |= judged.figures(judged.befores[0], judged.measured[at])
        rule = "above_max_and_now" if raised else "max_dose"
        yield finding(rule, at + 1, facts, source=most.source, mark=most.mark)


def half_lives(judged: Judged) -> Iterator[Verdict]:
    """A cut of a drug before four half-lives since its last cut are over: one finding a drug, at the first such step.

    A crossover is no cut: what falls there comes back as another drug.
    """
    for name, drug in judged.drugs.items():
        half_life, last = drug.longest_half_life, None
        found: list[tuple[Step, int]] = []
        for before, day, step in zip(judged.days_before, judged.days, judged.schedule, strict=True):
            if step.kind not in _CUTS or day.dose(name) >= before.dose(name):
                continue
            if last is not None and (step.start - last).days * 24 < half_life.value * 4:
                found.append((step, (step.start - last).days))
            last = step.start
        if found:
            facts: dict[str, Fact] = {
                "drug": name,
                "days": found[0][1],
                "half_life_hours": str(half_life.value),
                "steps": len(found),
            }
            yield finding("four_half_lives", found[0][0].n, facts, mark=half_life.mark)


def days_of_week(judged: Judged) -> Iterator[Verdict]:
    """A start after Wednesday, and cuts on a Friday, at a weekend or on a clinic holiday.

    Where steps last less than a week no cut can avoid these days, and only the first is named.
    """
    first = judged.schedule.start
    changes = judged.days_before[0] != judged.days[0]
    if not changes and (first.weekday() > _LAST_START_WEEKDAY or first in judged.holidays):
        yield finding("start_day", 1, _day(first, judged.holidays))
    named = False
    for at, step in judged.cuts():
        if step.start.weekday() < _FRIDAY and step.start not in judged.holidays:
            continue
        short = at > 0 and judged.schedule.steps[at - 1].days < _WEEK and step.kind is not StepKind.STOP
        if not (short and named):
            yield finding("cut_day", step.n, _day(step.start, judged.holidays))
        named = named or short


def _day(day: date, holidays: frozenset[date]) -> dict[str, Fact]:
    name = "holiday" if day in holidays else _WEEKDAYS[day.weekday()]
    return {"day": name, "date": day.isoformat()}


def strengths(judged: Judged) -> Iterator[Verdict]:
    """Products whose strength no source confirms, or that the catalogue lacks: to be confirmed on issue."""
    first: dict[Product, int] = {}
    for step in judged.schedule.steps:
        for timed in step.doses:
            for take in timed.take:
                first.setdefault(take.product, step.n)
    for product, n in first.items():
        if product in judged.confirmed:
            continue
        entry = judged.drugs[product.drug].listed(product)
        if entry is None or entry.mark is Mark.UNVERIFIED:
            facts: dict[str, Fact] = {
                "product": product.name,
                "drug": product.drug,
                "form": product.form.value,
                "strength_mg": product.strength.text,
                "listed": entry is not None,
            }
            yield finding("unverified_product", n, facts, source=entry.source if entry else "")
