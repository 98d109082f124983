"""From a request to a taper: the schedule and every assessment of it.

`build` is pure: the same request gives the same taper, on any machine, on any day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from plans.domain.errors import TaperError
from plans.domain.taper import limits, taken
from plans.domain.taper.accumulation import accumulates
from plans.domain.taper.cautions import Caution, PatientFacts, screen
from plans.domain.taper.clinic_limits import NONE, ClinicLimits
from plans.domain.taper.end_limits import ends, low_days
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
    """A request, its schedule, and its limit findings, cautions and supply.

    `equivalence` is the name of the table used; `rate` the percentage a method solved for; `recorded` are doses really
    taken that replaced planned ones; `longer` are the steps that last longer than the interval because the products
    cannot make a smaller cut. The stock at hand and the fills count from `fills_from`, or the first day if that is
    later.
    """

    request: TaperRequest
    schedule: Schedule
    verdicts: tuple[Verdict, ...]
    cautions: tuple[Caution, ...]
    supply: Supply
    equivalence: str
    rate: Fraction | None = None
    recorded: tuple[Recorded, ...] = ()
    longer: tuple[int, ...] = ()
    fills_from: date | None = None

    @property
    def low_days(self) -> int | None:
        """The number of days on less than 1 mg of diazepam equivalent; None if the table cannot say."""
        return low_days(self.schedule, self.equivalence)

    @property
    def at_hand(self) -> Stock:
        """The stock at hand, as it was counted before the first fill."""
        return _at_hand(self.request, self.schedule)

    @property
    def run_out(self) -> date | None:
        """The first day not covered by the stock at hand; None if it covers every dose from the first fill on."""
        lasts = covered_until(self.schedule, self.first_fill, self.at_hand)
        return None if lasts is None else lasts + timedelta(days=1)

    @property
    def first_fill(self) -> date:
        """The first day that stock and fills are counted for."""
        return max(self.fills_from or self.schedule.start, self.schedule.start)

    @property
    def lived(self) -> Lived:
        """Every day from a year before the plan to its end, as known to have been taken or as planned."""
        return _lived(self.request, self.schedule, self.recorded)


def build(
    request: TaperRequest,
    *,
    holidays: frozenset[date] = frozenset(),
    confirmed: frozenset[Product] = frozenset(),
    agreed: ClinicLimits = NONE,
    fills_from: date | None = None,
) -> Taper:
    """The taper asked for, with its assessments.

    `holidays` are days the clinic is closed, `confirmed` the products whose strength the clinic has confirmed, `agreed`
    its own limits; `fills_from` is the day on which stock is counted, for a plan dated back. Raises TaperError where
    the request cannot be met: NotMakeable with `nearest`, EndsBeforeStart, TooLong, …
    """
    layout = Layout(request)
    try:
        schedule = layout.schedule()
        _check_stock(request, schedule)
        laid = _Laid(layout.rate, tuple(layout.longer), layout.asked)
        made = _judged(request, schedule, laid, holidays, confirmed, agreed=agreed)
        return made if fills_from is None else supplied_from(made, fills_from)
    except PairNotCovered as refusal:
        raise refusal.at("equivalence") from None
    except TooLong as refusal:
        raise refusal.at("method") from None


def supplied_from(taper: Taper, day: date) -> Taper:
    """The same taper with its stock and fills counted from a day on, if that is not before its first."""
    counted_from = replace(taper, fills_from=day)
    supply = plan_supply(
        taper.schedule,
        taper.request.dispense_days,
        from_day=counted_from.first_fill,
        stock=taper.at_hand,
        instalment_days=taper.request.instalment_days,
    )
    return replace(counted_from, supply=supply)


def assess(
    request: TaperRequest,
    schedule: Schedule,
    *,
    holidays: frozenset[date] = frozenset(),
    confirmed: frozenset[Product] = frozenset(),
    recorded: tuple[Recorded, ...] = (),
    agreed: ClinicLimits = NONE,
) -> Taper:
    """Assess an existing schedule, such as one that was held: limits, cautions and supply.

    `recorded` are doses really taken; they override planned ones both for rises and in the windows of limits.
    """
    return _judged(request, schedule, _as_asked(request, schedule), holidays, confirmed, recorded, agreed)


def _check_stock(request: TaperRequest, schedule: Schedule) -> None:
    """Check that the stock at hand is of the plan's products. Raises NotOneOf."""
    names = [product.name for product in supplied(schedule)] if request.stock else []
    for n, one in enumerate(request.stock):
        if one.product not in names:
            raise NotOneOf(where=f"stock[{n}].product", raw=one.product, allowed=names)


def _at_hand(request: TaperRequest, schedule: Schedule) -> Stock:
    if not request.stock:
        return {}
    return counted(supplied(schedule), {one.product: one.whole_units for one in request.stock})


class _Laid(NamedTuple):
    """What laying a request out yields besides its steps: see `Layout`."""

    rate: Fraction | None = None
    longer: tuple[int, ...] = ()
    asked: Mapping[int, int] = {}


def _as_asked(request: TaperRequest, schedule: Schedule) -> _Laid:
    """What laying the request out again yields besides its steps.

    Doses that wait for a makeable cut, and the cuts asked for, are matched to the schedule as it stands now. Empty
    where the request can no longer be met because a table or the catalogue has changed.
    """
    if isinstance(request.method, Typed):
        return _Laid()
    layout = Layout(replace(request, products=schedule.products))
    try:
        planned = layout.schedule()
    except TaperError:
        return _Laid()
    waiting = {planned.steps[n - 1].doses for n in layout.longer}
    kept = (StepKind.HOLD, StepKind.STEP_BACK, StepKind.PAUSE)
    longer = [
        step.n
        for step in schedule.steps[:-1]
        if step.doses in waiting and step.kind not in kept and step.days > request.method.interval_days
    ]
    cuts = {
        (planned.steps[n - 2].doses, planned.steps[n - 1].doses): asked for n, asked in layout.asked.items()
    }
    asked = {
        step.n: cuts[before.doses, step.doses]
        for before, step in pairwise(schedule)
        if (before.doses, step.doses) in cuts
    }
    return _Laid(layout.rate, tuple(longer), asked)


def _judged(
    request: TaperRequest,
    schedule: Schedule,
    laid: _Laid,
    holidays: frozenset[date],
    confirmed: frozenset[Product],
    recorded: tuple[Recorded, ...] = (),
    agreed: ClinicLimits = NONE,
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
        asked=laid.asked,
        agreed=agreed,
    )
    return Taper(
        request=request,
        schedule=schedule,
        verdicts=(*verdicts, *ends(request, schedule, laid.longer), *accumulates(schedule)),
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
        rate=laid.rate,
        longer=laid.longer,
        recorded=recorded,
    )


def _lived(request: TaperRequest, schedule: Schedule, recorded: Sequence[Recorded]) -> Lived:
    return taken.lived(schedule, now=request.regimen, before=request.taken_before, recorded=recorded)
