"""The same doses made from other products: the takes change, the milligrams and the days do not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from plans.domain.taper.pharmacy import Pharmacy
from plans.domain.taper.products import Product
from plans.domain.taper.refusals import NotMakeable
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose
from plans.domain.taper.weekdays import EVERY_DAY


def remade(request: TaperRequest, schedule: Schedule, *, from_day: date) -> Schedule | None:
    """The schedule with every dose from `from_day` on made from the products of `request`; None if one cannot be made.

    A step in progress is split, and its second part is a HOLD: the same dose. Raises NoProduct.
    """
    pharmacy = Pharmacy(request.country, request.products, request.max_pieces, request.syringes)
    schedule = schedule.through(from_day)
    later = [step for step in schedule if step.end >= from_day]
    try:
        doses = _doses(pharmacy, later)
    except NotMakeable:
        return None
    made = _made_of(schedule, doses, from_day)
    return replace(made, products=request.products or schedule.products)


def in_stock(request: TaperRequest, schedule: Schedule, *plans: Schedule, from_day: date) -> Schedule:
    """The schedule without products that the plan no longer has: what is taken again, or comes after a hold, is made of
    those it has now.

    `plans` are those that its steps come from: the plan as it was, and the one that waited for a hold to end. What they
    had still to use up from `from_day` on, it uses up, too, on whatever days that is now: so a hold that is ended
    without delay gives the plan back. Until the last day of that, all else may be made of it as well. Raises
    NotMakeable where the products of today do not make such a dose.
    """
    products = request.products or schedule.products
    to_use_up = [
        step for plan in plans for step in plan if step.end >= from_day and _foreign(step, plan.products)
    ]
    used_up = {step.doses for step in to_use_up}
    first = max([from_day, *(step.end + timedelta(days=1) for step in to_use_up)])
    later = [step for step in schedule if step.end >= first]
    made_new = [step for step in later if _foreign(step, products) and step.doses not in used_up]
    if not made_new:
        return schedule
    pharmacy = Pharmacy(request.country, products, request.max_pieces, request.syringes)
    new = dict(zip((step.n for step in made_new), _doses(pharmacy, made_new), strict=True))
    return _made_of(schedule, [new.get(step.n, step.doses) for step in later], first)


def _foreign(step: Step, stock: Collection[Product]) -> bool:
    """Whether a step is made of a product that is not in stock; on a ward nothing is taken from it."""
    return step.kind is not StepKind.PAUSE and any(
        take.product not in stock for dose in step.doses for take in dose.take
    )


def _made_of(schedule: Schedule, doses: Sequence[tuple[TimedDose, ...]], from_day: date) -> Schedule:
    """The schedule with these doses in the steps that end on or after a day; one in progress is split there."""
    later = [step for step in schedule if step.end >= from_day]
    steps = [step for step in schedule if step.end < from_day]
    for step, made in zip(later, doses, strict=True):
        if step.start >= from_day or made == step.doses:
            steps.append(replace(step, doses=made))
            continue
        steps.append(replace(step, end=from_day - timedelta(days=1)))
        kind = StepKind.HOLD if made else step.kind
        steps.append(replace(step, start=from_day, doses=made, kind=kind))
    numbered = tuple(replace(step, n=n) for n, step in enumerate(steps, start=1))
    return replace(schedule, steps=numbered)


def _doses(pharmacy: Pharmacy, steps: list[Step]) -> list[tuple[TimedDose, ...]]:
    """What each step is made of now. Raises NotMakeable."""
    drugs = dict.fromkeys(dose.drug for step in steps for dose in step.doses)
    found: list[dict[str, list[TimedDose]]] = [{} for _ in steps]
    for drug in drugs:
        own = [[dose for dose in step.doses if dose.drug == drug] for step in steps]
        stocks = pharmacy.takes_for(drug, [[dose.dose.units for dose in doses] for doses in own], None)
        for n, (doses, stock) in enumerate(zip(own, stocks, strict=True)):
            found[n][drug] = [
                replace(dose, take=pharmacy.timed(dose.time, drug, dose.dose.units, EVERY_DAY, stock).take)
                for dose in doses
            ]
    return [tuple(found[n][dose.drug].pop(0) for dose in step.doses) for n, step in enumerate(steps)]
