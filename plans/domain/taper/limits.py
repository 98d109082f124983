"""Guideline limits: where a schedule exceeds them, by how much, and what that requires.

A limit never changes a schedule. A `note` is read, a `needs_reason` is signed with a reason before the plan is issued,
a `refused` cannot be issued. `limit_rules.RULES` is the whole list, with the source of each number; `judge` is also run
on schedules that were held, stepped back or slowed down.

All comparisons are made on whole numbers (`measure.py`): in mg with one drug, in diazepam equivalents by the plan's
table with several drugs or after a crossover. The base of a cut is the highest day among the 14 days before it, as
actually taken (`taken.py`), so that a cut repeated after a step back is still found. A limit is passed when it is
exceeded, not when it is met. A week whose days differ is one regimen, compared by the sum of its seven days; limits on
what is taken in a day look at the largest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.errors import Fact
from plans.domain.regimen import DayDose
from plans.domain.taper.clinic_limits import NONE, ClinicLimits
from plans.domain.taper.day_limits import dose_gap, trough
from plans.domain.taper.drug import DEFAULT_COUNTRY, Drug, SourceMark
from plans.domain.taper.judged import Judged
from plans.domain.taper.kinds import Rise, RiseRule, goes_one_back, larger_singles, rises
from plans.domain.taper.limit_rules import (
    LAST_STEP,
    LOW_DOSE,
    PACE_DAYS,
    LimitLevel,
    Verdict,
    finding,
    gathered,
)
from plans.domain.taper.measure import change_percent
from plans.domain.taper.pace import ceiling, faster_than_asked, pace
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.domain.taper.taken import DoseStretch, Lived, is_weekly, on_weekday
from plans.domain.taper.weekdays import DAYS_A_WEEK, WEEKDAYS

_LAST_START_WEEKDAY: Final = 2  # Wednesday: the new dose takes effect while the clinic is open
_FRIDAY: Final = 4
# Kinds that lower a drug; in a crossover or a swap what falls is replaced by another drug.
_CUTS: Final = (StepKind.CUT, StepKind.STOP, StepKind.RISE)


def alternate_days(judged: Judged) -> Iterator[Verdict]:
    """Days without a drug between days with it. One finding a drug: a note if the drug is long-acting.

    Days of the week left out by a step need a reason in any case: one finding a drug, over all such steps.
    """
    for name, drug in judged.drugs.items():
        if judged.meter.days > 1:
            yield from _days_off(judged, name, drug)
        has = [name in day for day in judged.days]
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
            level = LimitLevel.NOTE if drug.long_acting else LimitLevel.NEEDS_REASON
            yield finding("alternate_day", gaps[0] + 1, facts, steps=(at + 1 for at in gaps), level=level)


def _days_off(judged: Judged, name: str, drug: Drug) -> Iterator[Verdict]:
    found: list[tuple[int, int]] = []
    for at, step in enumerate(judged.schedule):
        taken = {day for one in step.doses if one.drug == name for day in one.weekdays.days}
        if 0 < len(taken) < DAYS_A_WEEK:
            found.append((at + 1, DAYS_A_WEEK - len(taken)))
    if found:
        half_life = drug.half_life
        facts: dict[str, Fact] = {
            "drug": name,
            "days_off": max(off for _, off in found),
            "half_life_hours": str(half_life.value.low),
        }
        named = [n for n, _ in found]
        yield finding("alternate_day", named[0], facts, steps=named, mark=half_life.mark)


def maximum(judged: Judged) -> Iterator[Verdict]:
    """A daily dose above a drug's maximum in the country: one finding a drug, at the first such step.

    Refused if it is also above what is taken at the start (in equivalents if there are several drugs). Exceeding the
    maximum only before the plan is a separate note.
    """
    for name, drug in judged.drugs.items():
        most = drug.maximum(judged.country)
        now, limit = judged.fullest_before[0].get(name, 0), most.value.units
        if now > limit >= judged.fullest[0].get(name, 0):
            facts: dict[str, Fact] = {"drug": name, "dose_mg": Dose(now).text, "limit": most.value.text}
            yield finding("max_dose_before", None, facts, source=most.source, mark=most.mark)
        over = [at for at, day in enumerate(judged.fullest) if day.get(name, 0) > limit]
        if not over:
            continue
        raised = [at for at in over if judged.peak(at) > judged.peak_before]
        at = raised[0] if raised else over[0]
        facts = {
            "drug": name,
            "dose_mg": Dose(judged.fullest[at][name]).text,
            "limit": most.value.text,
            "count": len(over),
            "other_maxima": {use: other.value.text for use, other in drug.other_maxima.items()},
        }
        if raised:
            facts |= judged.of_days(judged.peak_before, judged.peak(at))
        rule = "above_max_and_now" if raised else "max_dose"
        named = [n + 1 for n in raised or over]
        yield finding(rule, at + 1, facts, steps=named, source=most.source, mark=most.mark)


def varied(judged: Judged) -> Iterator[Verdict]:
    """Varied use: a drug whose daily dose rose and fell in the 28 days before the plan (uneven, or as needed).

    One finding a drug, with the doses of those days and the even dose the plan starts from; needs a reason if that
    dose, taken every day, is more than was taken.
    """
    last = judged.schedule.start - timedelta(days=1)
    first = last - timedelta(days=PACE_DAYS - 1)
    lived = [one for one in judged.lived.days if one.first <= last and one.last >= first]
    spans = [span for one in lived for span in _by_day(one, first, last)]
    for name in judged.drugs:
        levels = [judged.meter.units(one.doses).get(name, 0) for one in lived]
        steps = [later - was for was, later in pairwise(levels)]
        if min(steps, default=0) < 0 < max(steps, default=0):
            days = [(count, day.dose(name).units) for count, day in spans]
            taken = sum(count * units for count, units in days)
            of, per = judged.said_of(0)
            now = judged.days[0].get(name, 0)
            start = Dose(now // of)
            more = now * PACE_DAYS > taken * judged.meter.days
            facts: dict[str, Fact] = per | {
                "drug": name,
                "lowest_mg": Dose(min(units for _, units in days)).text,
                "highest_mg": Dose(max(units for _, units in days)).text,
                "total_mg": Dose(taken).text,
                "days_without": sum(count for count, units in days if not units),
                "days": PACE_DAYS,
                "start_mg": start.text,
                "more": more,
            }
            level = LimitLevel.NEEDS_REASON if more else LimitLevel.NOTE
            yield finding("varied_before", None, facts, level=level)


def _by_day(one: DoseStretch, first: date, last: date) -> Iterator[tuple[int, DayDose]]:
    """The daily totals of a stretch, each with its number of days, limited to the days between two dates."""
    first, last = max(one.first, first), min(one.last, last)
    if not is_weekly(one.doses):
        yield (last - first).days + 1, DayDose.total(one.doses)
        return
    while first <= last:
        yield 1, DayDose.total(on_weekday(one.doses, first.weekday()))
        first += timedelta(days=1)


def half_lives(judged: Judged) -> Iterator[Verdict]:
    """A cut of a drug within four half-lives of its previous cut: one finding a drug, at the first such step.

    A crossover is no cut: what falls is replaced by another drug.
    """
    for name, drug in judged.drugs.items():
        half_life, last = drug.longest_half_life, None
        least_hours = half_life.value * 4
        found: list[tuple[Step, int]] = []
        for before, day, step in zip(judged.days_before, judged.days, judged.schedule, strict=True):
            if step.kind not in _CUTS or day.get(name, 0) >= before.get(name, 0):
                continue
            if last is not None and (step.start - last).days * 24 < least_hours:
                found.append((step, (step.start - last).days))
            last = step.start
        if found:
            facts: dict[str, Fact] = {
                "drug": name,
                "days": found[0][1],
                "half_life_hours": str(half_life.value),
                "count": len(found),
            }
            named = [step.n for step, _ in found]
            yield finding("four_half_lives", found[0][0].n, facts, steps=named, mark=half_life.mark)


def days_of_week(judged: Judged) -> Iterator[Verdict]:
    """A start after Wednesday, and cuts on a Friday, at a weekend or on a clinic holiday.

    If steps last less than a week, no cut can avoid these days, and only the first is named.
    """
    first = judged.schedule.start
    changes = judged.days_before[0] != judged.days[0]
    if not changes and (first.weekday() > _LAST_START_WEEKDAY or first in judged.holidays):
        yield finding("start_day", 1, _day(first, judged.holidays))
    named = False
    for at, step in judged.cuts:
        if step.start.weekday() < _FRIDAY and step.start not in judged.holidays:
            continue
        short = at > 0 and judged.schedule.steps[at - 1].days < DAYS_A_WEEK and step.kind is not StepKind.STOP
        if not (short and named):
            yield finding("cut_day", step.n, _day(step.start, judged.holidays))
        named = named or short


def _day(day: date, holidays: frozenset[date]) -> dict[str, Fact]:
    name = "holiday" if day in holidays else WEEKDAYS[day.weekday()]
    return {"day": name, "date": day.isoformat()}


def strengths(judged: Judged) -> Iterator[Verdict]:
    """Products whose strength no source confirms or that the catalogue lacks: to be confirmed on issue."""
    for product in judged.schedule.used:
        if product in judged.confirmed:
            continue
        entry = judged.drugs[product.drug].listed(product)
        if entry is None or entry.mark is SourceMark.UNVERIFIED:
            facts: dict[str, Fact] = {
                "product": product.name,
                "drug": product.drug,
                "form": product.form.value,
                "strength_mg": product.strength.text,
                "listed": entry is not None,
            }
            source = entry.source if entry else ""
            named = [step.n for step in judged.schedule if _holds(step, product)]
            yield finding("unverified_product", named[0], facts, steps=named, source=source)


def _holds(step: Step, product: Product) -> bool:
    return any(take.product == product for timed in step.doses for take in timed.take)


def rising(judged: Judged) -> Iterator[Verdict]:
    """Every step that exceeds the day before it, in the daily total or in a single dose: one finding for each drug.

    Where the day before was taken as planned, two kinds are left out: stages of a crossover, which never rise by more
    than one smallest piece, and a step back to the previous step's dose within 28 days of the cut, whose note is the
    reason.
    """
    rule, steps = RiseRule.of(judged.schedule, judged.meter), judged.schedule.steps
    largest: dict[str, int] = {}
    highest, at = 0, 0
    lived = judged.lived.days
    for n, step in enumerate(steps):
        while at < len(lived) and lived[at].first < step.start:
            larger_singles(largest, lived[at].doses)
            highest = max(highest, judged.lived_measured[at])
            at += 1
        if _explained(judged, n):
            continue
        above = judged.measured[n] > highest
        totals = (judged.days_before[n], judged.days[n])
        for rise in rises(judged.before[n], step.doses, largest, rule, totals):
            yield finding("rise", step.n, _rise_facts(judged, n, rise) | {"above_highest": above})


def _explained(judged: Judged, n: int) -> bool:
    """Whether a crossover or a step back explains why a step exceeds the day before it."""
    steps = judged.schedule.steps
    kind = steps[n].kind
    if kind not in (StepKind.CROSSOVER, StepKind.STEP_BACK):
        return False
    if n and judged.days_before[n] != judged.days[n - 1]:
        return False
    return kind is StepKind.CROSSOVER or goes_one_back(steps, n)


def _rise_facts(judged: Judged, at: int, rise: Rise) -> dict[str, Fact]:
    if rise.equivalent:
        figures = judged.figures(at, rise.before, rise.after)
    else:
        days, of = judged.said_of(at) if rise.per == "day" else (1, {})
        figures = of | {
            "before_mg": Dose(rise.before // days).text,
            "after_mg": Dose(rise.after // days).text,
            "change_percent": change_percent(rise.before, rise.after),
            "unit": rise.drug,
        }
    return figures | {"drug": rise.drug, "per": rise.per}


def new_drugs(judged: Judged) -> Iterator[Verdict]:
    """A drug taken on a step's day but not on the day before, except in a crossover that was asked for."""
    for step, day, before in zip(judged.schedule, judged.fullest, judged.fullest_before, strict=True):
        if step.kind is StepKind.CROSSOVER or day.keys() <= before.keys():
            continue
        for drug in sorted([drug for drug in day if drug not in before]):
            yield finding("new_drug", step.n, {"drug": drug, "dose_mg": Dose(day[drug]).text})


def stopping(judged: Judged) -> Iterator[Verdict]:
    """A drug reduced to zero in one step, by its own equivalent.

    From more than 5 mg of diazepam a day it is an abrupt stop, anywhere in the plan; from more than 1 mg, where the
    drug ends for good, it is `stop_from`. A drug that a crossover or a swap replaces is not stopped.
    """
    replaced = (StepKind.CROSSOVER, StepKind.SWAP)
    steps = judged.schedule.steps
    for name in judged.drugs:
        ends = [
            (at, was)
            for at, (day, before) in enumerate(zip(judged.days, judged.days_before, strict=True))
            if (was := before.get(name, 0)) and name not in day
        ]
        for at, was in ends:
            if steps[at].kind in replaced:
                continue
            own = judged.own(name, weekly=judged.meter.days > 1)
            if own.exceeds_diazepam(was, LOW_DOSE):
                yield finding("abrupt_stop", at + 1, _stop_facts(judged, at, name, was, LOW_DOSE))
            elif not any(name in day for day in judged.days[at:]) and own.exceeds_diazepam(was, LAST_STEP):
                yield finding("stop_from", at + 1, _stop_facts(judged, at, name, was, LAST_STEP))


def _stop_facts(judged: Judged, at: int, drug: str, was: int, limit: Dose) -> dict[str, Fact]:
    days, of = judged.said_of(at)
    equivalent = judged.own(drug).in_milligrams_of_diazepam(was // judged.meter.days)
    return of | {
        "drug": drug,
        "dose_mg": Dose(was // days).text,
        "diazepam_equivalent_mg": equivalent.text if equivalent else "",
        "limit": limit.text,
    }


def coarse_end(judged: Judged) -> Iterator[Verdict]:
    """A last step, to zero, that is larger than the cut before it."""
    cuts = [at for at, _ in judged.cuts]
    if len(cuts) < 2 or judged.measured[-1] or judged.goal:
        return
    last, before = cuts[-1], cuts[-2]
    earlier = judged.befores[before] - judged.measured[before]
    if judged.befores[last] > earlier:
        figures = judged.figures(last, judged.befores[last], 0)
        days, _ = judged.said_of(last)
        yield finding(
            "coarse_end", last + 1, figures | {"cut_before_mg": judged.meter.dose(earlier // days).text}
        )


_CHECKS: Final[tuple[Callable[[Judged], Iterator[Verdict]], ...]] = (
    rising, new_drugs, ceiling, pace, stopping, coarse_end, alternate_days, maximum, half_lives, days_of_week,
    strengths, dose_gap, trough, varied,
)  # fmt: skip


def judge(
    schedule: Schedule,
    *,
    table: str,
    goal: Dose,
    method: str,
    holidays: frozenset[date] = frozenset(),
    confirmed: frozenset[Product] = frozenset(),
    country: str = DEFAULT_COUNTRY,
    lived: Lived | None = None,
    asked: Mapping[int, int] | None = None,
    agreed: ClinicLimits = NONE,
) -> tuple[Verdict, ...]:
    """Every finding on the schedule, ordered by step, then by rule; neighbouring steps are merged into one finding.

    `table` names the equivalence table, `goal` is the dose the plan is to end on, `method` how its steps were made
    (shown in findings based on the original dose). `holidays` are days the clinic is closed; `confirmed` are products
    the clinic has confirmed it can get; `country` selects the maximum doses; `lived` are the days before and during the
    plan as actually taken (`taken.lived`; None: the first step was taken before as well); `asked`, by step, is the cut
    the method asked for, in units of the drug that falls (`Layout.asked`; a missing step was asked for as it is);
    `agreed` are the clinic's own limits, within which the pace and the tail are notes.

    Raises UnknownTable, UnknownDrug, and PairNotCovered where several drugs must be added and the table does not cover
    one of them.
    """
    judged = Judged.of(
        schedule, table, goal, method, holidays, confirmed, country, lived, asked or {}, agreed
    )
    found = [verdict for check in _CHECKS for verdict in check(judged)]
    return gathered(faster_than_asked(judged, found))
