"""The checks of what begins, rises and stops: one function a rule, each from a judged schedule to its findings."""

from __future__ import annotations

from collections.abc import Iterator

from plans.domain.amounts import Dose
from plans.domain.errors import Fact
from plans.domain.taper.judged import Judged
from plans.domain.taper.kinds import Rise, Rule, goes_one_back, larger_singles, rises
from plans.domain.taper.limit_rules import LAST_STEP, LOW_DOSE, Verdict, finding
from plans.domain.taper.measure import Measure, change_percent
from plans.domain.taper.schedule import StepKind


def rising(judged: Judged) -> Iterator[Verdict]:
    """Every step that is more than the day before it, of the day or in a single dose: one finding for each drug.

    Left out, where the day before was taken as planned, are the stages of a crossover, which never rise by more than
    one smallest piece, and a step back to the dose of the step before within 28 days of the cut, whose note is the
    reason.
    """
    rule, steps = Rule.of(judged.schedule, judged.meter), judged.schedule.steps
    largest: dict[str, int] = {}
    highest, at = 0, 0
    lived = judged.lived.days
    for n, step in enumerate(steps):
        while at < len(lived) and lived[at].first < step.start:
            larger_singles(largest, lived[at].doses)
            highest = max(highest, judged.meter.of(lived[at].doses))
            at += 1
        if _explained(judged, n):
            continue
        above = judged.measured[n] > highest
        for rise in rises(judged.before[n], step.doses, largest, rule):
            yield finding("rise", step.n, _rise_facts(judged, rise) | {"above_highest": above})


def _explained(judged: Judged, n: int) -> bool:
    """Whether a crossover or a step back explains that the step at an index is more than the day before it."""
    steps = judged.schedule.steps
    if n and judged.days_before[n] != steps[n - 1].day:
        return False
    kind = steps[n].kind
    return kind is StepKind.CROSSOVER or (kind is StepKind.STEP_BACK and goes_one_back(steps, n))


def _rise_facts(judged: Judged, rise: Rise) -> dict[str, Fact]:
    if rise.equivalent:
        figures = judged.figures(rise.before, rise.after)
    else:
        figures = {
            "before_mg": Dose(rise.before).text,
            "after_mg": Dose(rise.after).text,
            "change_percent": change_percent(rise.before, rise.after),
            "unit": rise.drug,
        }
    return figures | {"drug": rise.drug, "per": rise.per}


def new_drugs(judged: Judged) -> Iterator[Verdict]:
    """A drug that is taken on a step's day and was not on the day before, except in a crossover that was asked for."""
    for step, day, before in zip(judged.schedule, judged.days, judged.days_before, strict=True):
        if step.kind is StepKind.CROSSOVER:
            continue
        for drug, dose in day:
            if not before.dose(drug):
                yield finding("new_drug", step.n, {"drug": drug, "dose_mg": dose.text})


def stopping(judged: Judged) -> Iterator[Verdict]:
    """A drug that goes to nothing in one step, by its own equivalent.

    From more than 5 mg of diazepam a day it is an abrupt stop, wherever in the plan; from more than 1 mg, where it ends
    for good, the finding is `stop_from`. A drug that a crossover or a swap replaces is not stopped.
    """
    replaced = (StepKind.CROSSOVER, StepKind.SWAP)
    steps = judged.schedule.steps
    for name in judged.drugs:
        ends = [
            (at, was)
            for at, (day, before) in enumerate(zip(judged.days, judged.days_before, strict=True))
            if (was := before.dose(name)) and not day.dose(name)
        ]
        for at, was in ends:
            if steps[at].kind in replaced:
                continue
            own = judged.own(name)
            if own.exceeds_diazepam(was.units, LOW_DOSE):
                yield finding("abrupt_stop", at + 1, _stop_facts(name, was, own, LOW_DOSE))
            elif not any(day.dose(name) for day in judged.days[at:]) and own.exceeds_diazepam(
                was.units, LAST_STEP
            ):
                yield finding("stop_from", at + 1, _stop_facts(name, was, own, LAST_STEP))


def _stop_facts(drug: str, was: Dose, own: Measure, limit: Dose) -> dict[str, Fact]:
    equivalent = own.in_milligrams_of_diazepam(was.units)
    return {
        "drug": drug,
        "dose_mg": was.text,
        "diazepam_equivalent_mg": equivalent.text if equivalent else "",
        "limit": limit.text,
    }


def coarse_end(judged: Judged) -> Iterator[Verdict]:
    """A last step, to nothing, that is larger than the cut before it."""
    cuts = [at for at, _ in judged.cuts()]
    if len(cuts) < 2 or judged.measured[-1] or judged.goal:
        return
    last, before = cuts[-1], cuts[-2]
    earlier = judged.befores[before] - judged.measured[before]
    if judged.befores[last] > earlier:
        figures = judged.figures(judged.befores[last], 0)
        yield finding("coarse_end", last + 1, figures | {"cut_before_mg": judged.meter.dose(earlier).text})
