"""The amounts in mg of a plan that is switched to another drug, counted as amounts of the new drug.

The goal, the amounts of the method and the last dose of a plan are mg of the drug that it lowers. When a change
switches a plan to another drug, they are converted with the equivalent that the crossover itself uses: exact, rounded
in whole units so that no cut is larger than asked for and no dose to stay on lower than its equivalent. An amount that
cannot be converted so refuses the switch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from plans.domain.amounts import Dose
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.equivalence import scaled
from plans.domain.taper.methods import AnyMethod, InMilligrams
from plans.domain.taper.methods.bands import Bands
from plans.domain.taper.refusals import SwitchRefused
from plans.domain.taper.request import PlanEnd, TaperRequest

# The largest dose that a request can name.
_MOST: Final = Dose.parse("999.99999")


class Counted(NamedTuple):
    """An amount of `drug` that counts as another of the drug `to`; `what` it is: goal, method or last_dose."""

    what: str
    drug: str
    dose: Dose
    to: str
    becomes: Dose


def counted(
    request: TaperRequest, crossover: Crossover, order: Sequence[str]
) -> tuple[TaperRequest, tuple[Counted, ...]]:
    """The request with its amounts as amounts of the crossover's drug, and which became what.

    `order` are the drugs lowered now, in their order; after an earlier crossover the amounts are already those of its
    drug. Raises SwitchRefused (`several`, `out_of_range`), and PairNotCovered if the table lacks a drug.
    """
    drugs = order if request.crossover is None else (request.crossover.to,)
    if not drugs:
        return request, ()
    old = drugs[-1]
    if old == crossover.to and len(drugs) == 1:
        return request, ()
    method, found = _method(request.method, drugs, crossover, request.equivalence)
    goal, end = request.goal, request.end
    if old != crossover.to:
        ratio = crossover.per_mg(old, request.equivalence)
        if goal:
            goal = scaled(goal, ratio, up=True)
            found = [Counted("goal", old, request.goal, crossover.to, goal), *found]
        end = _end(request, old, crossover.to, ratio)
        if end.last_dose and request.end.differs(old, request.equivalence):
            found.append(Counted("last_dose", old, request.end.last_dose, crossover.to, end.last_dose))
    _check(found)
    return replace(request, method=method, goal=goal, end=end), tuple(found)


def _method(
    method: AnyMethod, drugs: Sequence[str], crossover: Crossover, table: str
) -> tuple[AnyMethod, list[Counted]]:
    if not isinstance(method, InMilligrams):
        return method, []
    old, to = drugs[-1], crossover.to
    if len(drugs) > 1:
        raise SwitchRefused(where="to", why="several", to=to, drug=", ".join(drugs))
    made = method.scaled(crossover.per_mg(old, table))
    found = [
        Counted("method", old, was, to, now)
        for was, now in zip(method.figures, made.figures, strict=True)
        if was
    ]
    if isinstance(made, Bands) and any(one.above <= other.above for one, other in pairwise(made.bands)):
        raise _out_of_range(found[0])
    return made, found


def _end(request: TaperRequest, old: str, to: str, ratio: Fraction) -> PlanEnd:
    """How the plan ends: a last dose that was asked for is converted, the usual one is the new drug's own."""
    usual = PlanEnd.from_json({}, old, request.equivalence).last_dose
    if request.end.last_dose == usual:
        return replace(request.end, last_dose=PlanEnd.from_json({}, to, request.equivalence).last_dose)
    return replace(request.end, last_dose=scaled(request.end.last_dose, ratio, up=True))


def _check(found: Iterable[Counted]) -> None:
    for one in found:
        if not one.becomes or one.becomes > _MOST:
            raise _out_of_range(one)


def _out_of_range(one: Counted) -> SwitchRefused:
    return SwitchRefused(where="to", why="out_of_range", drug=one.drug, mg=one.dose.text, to=one.to)
