"""From a request to a taper: the schedule, and everything that is said about it.

`build` is pure: the same request gives the same taper, on any machine, on any day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from plans.domain.taper import limits
from plans.domain.taper.cautions import Caution, PatientFacts, screen
from plans.domain.taper.layout import Layout
from plans.domain.taper.products import Product
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.supply import Supply, plan_supply


@dataclass(frozen=True, slots=True)
class Taper:
    """A request, its schedule, and what limits, cautions and supply say of it.

    `equivalence` is the name of the table that was used; `rate` the percentage a method had to solve for.
    """

    request: TaperRequest
    schedule: Schedule
    verdicts: tuple[limits.Verdict, ...]
    cautions: tuple[Caution, ...]
    supply: Supply
    equivalence: str
    rate: Fraction | None = None


def build(
    request: TaperRequest,
    *,
    holidays: frozenset[date] = frozenset(),
    confirmed: frozenset[Product] = frozenset(),
) -> Taper:
    """The taper that was asked for, judged.

    `holidays` are days the clinic is closed, `confirmed` the products whose strength the clinic has confirmed.
    Raises TaperError where the request cannot be met: NotMakeable with `nearest`, EndsBeforeStart, TooLong, …
    """
    layout = Layout(request)
    schedule = layout.schedule()
    return assess(request, schedule, holidays=holidays, confirmed=confirmed, rate=layout.rate)


def assess(
    request: TaperRequest,
    schedule: Schedule,
    *,
    holidays: frozenset[date] = frozenset(),
    confirmed: frozenset[Product] = frozenset(),
    rate: Fraction | None = None,
) -> Taper:
    """Judge a schedule that stands already, such as one that was held: limits, cautions and supply."""
    return Taper(
        request=request,
        schedule=schedule,
        verdicts=limits.judge(
            schedule,
            table=request.equivalence,
            goal=request.goal,
            method=request.method.name,
            holidays=holidays,
            confirmed=confirmed,
        ),
        cautions=screen(request.patient or PatientFacts(), schedule),
        supply=plan_supply(schedule, request.dispense_days),
        equivalence=request.equivalence,
        rate=rate,
    )
