"""From a request to a taper: the schedule, and everything that is said about it.

`build` is pure: the same request gives the same taper, on any machine, on any day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from plans.domain.errors import Facts, TaperError
from plans.domain.taper import limit_rules, limits, taken
from plans.domain.taper.cautions import Caution, PatientFacts, screen
from plans.domain.taper.equivalence import PairNotCovered
from plans.domain.taper.layout import Layout
from plans.domain.taper.limit_rules import Verdict
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.products import Product
from plans.domain.taper.refusals import NotOneOf, TooLong
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule, StepKind
from plans.domain.taper.supply import Stock, Supply, counted, covered_until, plan_supply, supplied
from plans.domain.taper.taken import Lived, Recorded


@dataclass(frozen=True, slots=True)
class Taper:
    """A request, its schedule, and what limits, cautions and supply say of it.

    `equivalence` is the name of the table that was used; `rate` the percentage a method had to solve for; `recorded`
    are doses really taken that counted in the place of planned ones.
    """

    request: TaperRequest
    schedule: Schedule
    verdicts: tuple[Verdict, ...]
    cautions: tuple[Caution, ...]
    supply: Supply
    equivalence: str
    rate: Fraction | None = None
    recorded: tuple[Recorded, ...] = ()

    @property
    def at_hand(self) -> Stock:
        """What is at hand before the plan."""
        return _at_hand(self.request, self.schedule)

    @property
    def run_out(self) -> date | None:
        """The first day that what is at hand before the plan does not cover; None where it covers every dose."""
        lasts = covered_until(self.schedule, self.schedule.start, self.at_hand)
        return None if lasts is None else lasts + timedelta(days=1)

    @property
    def lived(self) -> Lived:
        """Every day from a year before the plan to its end, as it is known to have been taken or is planned."""
        return _lived(self.request, self.schedule, self.recorded)


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
    try:
        schedule = layout.schedule()
        _check_stock(request, schedule)
        return _judged(request, schedule, layout.rate, _longer(request, layout.longer), holidays, confirmed)
    except PairNotCovered as refusal:
        raise refusal.at("equivalence") from None
    except TooLong as refusal:
        raise refusal.at("method") from None


def assess(
    request: TaperRequest,
    schedule: Schedule,
    *,
    holidays: frozenset[date] = frozenset(),
    confirmed: frozenset[Product] = frozenset(),
    recorded: tuple[Recorded, ...] = (),
) -> Taper:
    """Judge a schedule that stands already, such as one that was held: limits, cautions and supply.

    `recorded` are doses really taken: they count before planned ones, in rises as in windows.
    """
    return _judged(request, schedule, *_as_asked(request, schedule), holidays, confirmed, recorded)


def _check_stock(request: TaperRequest, schedule: Schedule) -> None:
    """What is at hand is of the plan's products. Raises NotOneOf."""
    names = [product.name for product in supplied(schedule)]
    for n, one in enumerate(request.stock):
        if one.product not in names:
            raise NotOneOf(where=f"stock[{n}].product", raw=one.product, allowed=names)


def _at_hand(request: TaperRequest, schedule: Schedule) -> Stock:
    return counted(supplied(schedule), {one.product: one.whole_units for one in request.stock})


def _as_asked(request: TaperRequest, schedule: Schedule) -> tuple[Fraction | None, tuple[Verdict, ...]]:
    """What laying the request out again says beside its steps: the rate it solved for, and which doses last longer.

    The doses that wait for a cut the tablets can make are looked for in the schedule as it stands now. Nothing is said
    where the request can no longer be met because a table or the catalogue was changed.
    """
    if isinstance(request.method, Typed):
        return None, ()
    layout = Layout(replace(request, products=schedule.products))
    try:
        planned = layout.schedule()
    except TaperError:
        return None, ()
    waiting = {planned.steps[n - 1].doses for n in layout.longer}
    kept = (StepKind.HOLD, StepKind.STEP_BACK, StepKind.PAUSE)
    longer = [
        step.n
        for step in schedule.steps[:-1]
        if step.doses in waiting and step.kind not in kept and step.days > request.method.interval_days
    ]
    return layout.rate, _longer(request, longer)


def _longer(request: TaperRequest, steps: Sequence[int]) -> tuple[Verdict, ...]:
    """The note on steps that last longer because the tablets cannot make a smaller cut."""
    if not steps:
        return ()
    facts: Facts = {"interval_days": request.method.interval_days, "steps": [str(n) for n in steps]}
    return (limit_rules.finding("longer_step", steps[0], facts),)


def _judged(
    request: TaperRequest,
    schedule: Schedule,
    rate: Fraction | None,
    notes: tuple[Verdict, ...],
    holidays: frozenset[date],
    confirmed: frozenset[Product],
    recorded: tuple[Recorded, ...] = (),
) -> Taper:
    lived = _lived(request, schedule, recorded)
    verdicts = limits.judge(
        schedule,
        table=request.equivalence,
        goal=request.goal,
        method=request.method.name,
        holidays=holidays,
        confirmed=confirmed,
        country=request.country,
        lived=lived,
    )
    return Taper(
        request=request,
        schedule=schedule,
        verdicts=verdicts + notes,
        cautions=screen(
            request.patient or PatientFacts(), schedule, table=request.equivalence, country=request.country
        ),
        supply=plan_supply(
            schedule,
            request.dispense_days,
            stock=_at_hand(request, schedule),
            instalment_days=request.instalment_days,
        ),
        equivalence=request.equivalence,
        rate=rate,
        recorded=recorded,
    )


def _lived(request: TaperRequest, schedule: Schedule, recorded: Sequence[Recorded]) -> Lived:
    return taken.lived(schedule, now=request.regimen, before=request.taken_before, recorded=recorded)
