"""Going on from a dose really taken: the past is kept, and the plan's own method starts again from that dose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from plans.domain.taper import catalogue, revisions
from plans.domain.taper.kinds import kinds_worked_out, risen_from, same_dose
from plans.domain.taper.layout import Layout
from plans.domain.taper.measure import measure
from plans.domain.taper.methods.steps import Steps
from plans.domain.taper.methods.target_date import TargetDate
from plans.domain.taper.methods.typed import Typed, TypedRow
from plans.domain.taper.products import Product, each_once
from plans.domain.taper.refusals import (
    AgreedNotKept,
    EndsBeforeStart,
    NothingToTaper,
    OutsidePlan,
    SwitchRefused,
)
from plans.domain.taper.request import Intake, TaperRequest, check_one_kind
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.domain.taper.tablets import tablets
from plans.domain.taper.taken import Intakes, fullest, is_weekly

_DAY = timedelta(days=1)
# Kinds of later steps that can follow another dose than the one they were agreed for.
_ONLY_DOWN: Final = frozenset({StepKind.CUT, StepKind.HOLD, StepKind.SPREAD, StepKind.STOP})


def go_on_from(
    request: TaperRequest,
    schedule: Schedule,
    *,
    from_day: date,
    regimen: tuple[Intake, ...],
    taken: Intakes | None = None,
) -> Schedule:
    """The plan with `regimen` from `from_day` on, then tapered further by its own method; earlier days are unchanged.

    The dose is kept for one interval. Typed rows continue with the first row below it, on their own dates; a number of
    steps with as many as remained; a crossover with what is left to replace. If the dose is already at the goal, or
    nothing is taken, the plan ends with it. A dose above the day before is a RISE, even if an earlier step had it; so
    is a dose above what was really `taken` on the day before, if that differs from the plan. If the plan had already
    ended at zero, the days in between have no dose.

    Raises OutsidePlan for a day before the plan; NotMakeable (`where` regimen) and NoProduct if the products cannot
    make the doses; MixedTimes if clock times are mixed with named times; SwitchRefused for a drug that the plan's
    switch was not made for; and whatever laying the method out raises.
    """
    if request.crossover is not None:
        known = {request.crossover.to, *request.drugs, *schedule.drugs}
        for intake in regimen:
            if intake.drug not in known:
                raise SwitchRefused(where="regimen", why="ahead", drug=intake.drug, to=request.crossover.to)
    return laid_out(request, schedule, from_day=from_day, regimen=regimen, taken=taken)


def after_a_stay(
    paused: Schedule, *, before: Schedule, from_day: date, regimen: tuple[Intake, ...]
) -> Schedule:
    """A paused plan with the steps that `before`, the plan before the stay, still had from `from_day` on.

    If more than its dose is taken, that dose still comes after it. See `revisions.carried_on`.
    """
    more = fullest(regimen).more_than(fullest(paused.steps[-1].doses))
    return revisions.carried_on(paused, before=before, from_day=from_day, again=bool(more))


def go_on_as_agreed(
    request: TaperRequest,
    schedule: Schedule,
    *,
    from_day: date,
    regimen: tuple[Intake, ...],
    taken: Intakes | None = None,
) -> Schedule:
    """The plan with `regimen` from `from_day` on, and then the steps that `schedule` has, as they were agreed.

    Another dose than the plan's is kept until the first step below it comes. Otherwise as `go_on_from`; also raises
    AgreedNotKept where another dose is taken and the steps to come do not only go down.
    """
    if from_day < schedule.start:
        raise OutsidePlan(
            where="from_day",
            day=from_day.isoformat(),
            start=schedule.start.isoformat(),
            end=schedule.end.isoformat(),
        )
    schedule = _through(schedule, from_day)
    present = schedule.step_at(from_day)
    taken_now = tuple(intake for intake in regimen if intake.dose)
    later = [step for step in schedule if step.start > from_day]
    if present is not None and same_dose(taken_now, present.doses):
        steps = [replace(present, start=from_day), *later]
        tail = replace(schedule, steps=tuple(replace(step, n=n) for n, step in enumerate(steps, start=1)))
    elif any(step.kind not in _ONLY_DOWN for step in later):
        raise AgreedNotKept(where="agreed")
    else:
        asked = _asked(request, schedule, from_day, regimen)
        tail = _staying(asked, _rows(request, schedule, from_day, taken_now))
    return _after(request, schedule, tail, from_day, taken)


def laid_out(
    request: TaperRequest,
    schedule: Schedule,
    *,
    from_day: date,
    regimen: tuple[Intake, ...],
    first_days: int | None = None,
    stays: bool = False,
    taken: Intakes | None = None,
) -> Schedule:
    """The plan with `regimen` from `from_day` on, then what the (possibly changed) `request` makes of it.

    `first_days`: how long the regimen is kept instead of one interval; 0 if the first change comes on `from_day`
    itself. `stays`: the regimen is kept for good. Otherwise as `go_on_from`.
    """
    if from_day < schedule.start:
        raise OutsidePlan(
            where="from_day",
            day=from_day.isoformat(),
            start=schedule.start.isoformat(),
            end=schedule.end.isoformat(),
        )
    schedule = _through(schedule, from_day)
    tail = _tail(request, schedule, from_day, regimen, stays=stays)
    if first_days is not None and not isinstance(request.method, Typed | TargetDate):
        tail = _kept_for(tail, first_days)
    return _after(request, schedule, tail, from_day, taken)


def _after(
    request: TaperRequest, schedule: Schedule, tail: Schedule, from_day: date, taken: Intakes | None
) -> Schedule:
    """The days of the schedule before `from_day`, then the tail, with kinds worked out."""
    past = [replace(step, end=min(step.end, from_day - _DAY)) for step in schedule if step.start < from_day]
    steps = tuple(replace(step, n=n) for n, step in enumerate((*past, *tail), start=1))
    made = Schedule(
        drug=tail.drug,
        drugs=tuple(dict.fromkeys((*schedule.drugs, *tail.drugs))),
        products=each_once((*schedule.products, *tail.products)),
        steps=steps,
    )
    before = [*(one.regimen for one in request.taken_before), request.regimen]
    made = kinds_worked_out(
        made, request.equivalence, said=[n < len(past) for n in range(len(steps))], taken=before
    )
    if taken is not None:
        made = risen_from(made, len(past) + 1, taken, request.equivalence)
    return _joined(made, len(past))


def _joined(made: Schedule, at: int) -> Schedule:
    """The schedule with the step at an index, where nothing changes, as the rest of the step before it."""
    step = made.steps[at]
    if step.kind is not StepKind.HOLD:
        return made
    if at == 0:
        return replace(made, steps=(replace(step, kind=StepKind.START), *made.steps[1:]))
    before = made.steps[at - 1]
    if before.kind is StepKind.PAUSE or before.doses != step.doses:
        return made
    steps = (*made.steps[: at - 1], replace(before, end=step.end), *made.steps[at + 1 :])
    return replace(made, steps=tuple(replace(one, n=n) for n, one in enumerate(steps, start=1)))


def _kept_for(tail: Schedule, days: int) -> Schedule:
    """The tail with its first regimen kept for `days`; unchanged if that regimen stays for good."""
    if len(tail.steps) == 1:
        return tail
    off = timedelta(days=days - tail.steps[0].days)
    later = [replace(step, start=step.start + off, end=step.end + off) for step in tail.steps[1:]]
    first = [replace(tail.steps[0], end=tail.steps[0].end + off)] if days else []
    return replace(tail, steps=tuple(replace(step, n=n) for n, step in enumerate((*first, *later), start=1)))


def _through(schedule: Schedule, day: date) -> Schedule:
    """The schedule with its last regimen (or zero) extended at least through a day."""
    last = schedule.steps[-1]
    return replace(schedule, steps=(*schedule.steps[:-1], replace(last, end=max(last.end, day))))


def _tail(
    request: TaperRequest,
    schedule: Schedule,
    from_day: date,
    regimen: tuple[Intake, ...],
    *,
    stays: bool = False,
) -> Schedule:
    """The plan from the day on, laid out again from what is taken."""
    asked = _asked(request, schedule, from_day, regimen)
    if not asked.regimen:
        zero = Step(1, from_day, from_day, (), StepKind.STOP)
        return replace(schedule, steps=(zero,))
    if stays or not asked.drug_order:
        return _staying(asked, [_row(request.method.interval_days, asked.regimen)])
    if isinstance(request.method, Typed) or is_weekly(asked.regimen):
        return _staying(asked, _rows(request, schedule, from_day, asked.regimen))
    if isinstance(request.method, Steps):
        asked = replace(
            asked, method=replace(request.method, count=_intervals_left(request, schedule, from_day))
        )
    try:
        return Layout(asked).schedule()
    except (NothingToTaper, EndsBeforeStart) as refusal:
        if asked.crossover is not None and isinstance(refusal, NothingToTaper):
            # at the goal already once the drug is switched: the new drug's dose stays
            return Layout(asked).switched(asked.crossover)
        # at the goal already, or past the target date: the dose stays until somebody plans further
        return _staying(asked, [_row(request.method.interval_days, asked.regimen)])


def _intervals_left(request: TaperRequest, schedule: Schedule, from_day: date) -> int:
    """The intervals that a plan of a number of them still has after a day: a step whose cut could not be made sooner
    takes several."""
    coming = [step for step in schedule if step.start > from_day and step.kind is not StepKind.HOLD]
    return 1 + sum(max(1, round(step.days / request.method.interval_days)) for step in coming[:-1])


def _asked(
    request: TaperRequest, schedule: Schedule, from_day: date, regimen: tuple[Intake, ...]
) -> TaperRequest:
    """The request from the day on, from what is taken. Raises MixedTimes."""
    drugs = tuple(dict.fromkeys(intake.drug for intake in regimen if intake.dose))
    named = [(intake.time, f"regimen[{n}].time") for n, intake in enumerate(regimen)]
    check_one_kind(named, request.regimen[0].time)
    asked = replace(
        request,
        start=from_day,
        regimen=tuple(intake for intake in regimen if intake.dose),
        products=_products(request, schedule, from_day, regimen),
        taken_before=(),
        drug_order=order_now(request, drugs),
    )
    if request.crossover is not None and set(drugs) <= {request.crossover.to}:
        return replace(asked, crossover=None)
    return asked


def _staying(asked: TaperRequest, rows: list[TypedRow]) -> Schedule:
    """A schedule of exactly these rows."""
    order = asked.drug_order or tuple(intake.drug for intake in asked.regimen)
    typed = Typed(tuple(rows))
    return Layout(
        replace(asked, method=typed, crossover=None, goal_stated=False, drug_order=order)
    ).schedule()


def _rows(
    request: TaperRequest, schedule: Schedule, from_day: date, regimen: tuple[Intake, ...]
) -> list[TypedRow]:
    """The dose taken, kept until the first later step below it, then the later steps on their own dates.

    Rows know nothing of a drug that was begun meanwhile, and still name one that was ended: the first stays as it is
    taken, the other is left out.
    """
    drugs = tuple(dict.fromkeys((*schedule.drugs, *(intake.drug for intake in regimen))))
    meter = measure(drugs, request.equivalence, weekly=schedule.weekly or is_weekly(regimen))
    taken = meter.of(regimen)
    present = schedule.step_at(from_day)
    planned = {dose.drug for dose in present.doses} if present is not None else set()
    coming = [step for step in schedule if step.start > from_day]
    named = planned | {dose.drug for step in coming for dose in step.doses}
    begun = [intake for intake in regimen if intake.drug not in named]
    ended = planned - {intake.drug for intake in regimen}
    later: list[tuple[Step, Intakes]] = [
        (step, (*(dose for dose in step.doses if dose.drug not in ended), *begun)) for step in coming
    ]
    while later and meter.of(later[0][1]) >= taken:
        later.pop(0)
    first = (later[0][0].start - from_day).days if later else max(1, (schedule.end - from_day).days + 1)
    while len(later) > 1 and not later[-1][1] and not later[-2][1]:
        later.pop()
    return [_row(first, regimen), *(_row(step.days, doses) for step, doses in later)]


def _row(days: int, doses: Intakes) -> TypedRow:
    return TypedRow.of(days, ((one.time, one.drug, one.dose, one.weekdays) for one in doses))


def order_now(request: TaperRequest, drugs: tuple[str, ...]) -> tuple[str, ...]:
    """The plan's order of drugs, without those no longer taken and with new ones last.

    A drug that the plan left unchanged stays so.
    """
    stays = {intake.drug for intake in request.regimen} - set(request.drug_order)
    planned = [drug for drug in request.drug_order if drug in drugs]
    return tuple(dict.fromkeys((*planned, *(drug for drug in drugs if drug not in stays))))


def _products(
    request: TaperRequest, schedule: Schedule, from_day: date, regimen: tuple[Intake, ...]
) -> tuple[Product, ...]:
    """The plan's products, plus the country's products of a drug that was not in the plan.

    A patient already on a liquid stays on it: for such a drug only that liquid, as long as it makes the doses.
    """
    doses: dict[str, list[int]] = {}
    for intake in regimen:
        doses.setdefault(intake.drug, []).append(intake.dose.units)
    drawn = _drawn(schedule, from_day)
    found: list[Product] = []
    for drug, units in doses.items():
        products = tuple(product for product in schedule.products if product.drug == drug)
        products = products or catalogue.default_products(drug, request.country)
        liquid = drawn.get(drug)
        if liquid is not None and liquid in products and _makes(request, liquid, units):
            products = (liquid,)
        found += products
    others = (product for product in schedule.products if product.drug not in doses)
    return (*others, *found)


def _makes(request: TaperRequest, product: Product, units: list[int]) -> bool:
    return all(map(tablets(product.drug, (product,), request.max_pieces).makes, units))


def _drawn(schedule: Schedule, day: date) -> dict[str, Product]:
    """The liquid each drug is drawn from on the last day before `day` with a dose of it."""
    found: dict[str, Product] = {}
    for step in schedule.spans:
        if step.start < day:
            for dose in step.doses:
                liquids = [take.product for take in dose.take if take.product.is_measured]
                found.pop(dose.drug, None)
                if liquids:
                    found[dose.drug] = liquids[0]
    return found
