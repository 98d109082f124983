"""From a request to a taper: the schedule, and everything that is said about it.

`build` is pure: the same request gives the same taper, on any machine, on any day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from plans.domain.errors import Facts, TaperError
from plans.domain.taper import limits
from plans.domain.taper.cautions import Caution, PatientFacts, screen
from plans.domain.taper.equivalence import PairNotCovered
from plans.domain.taper.layout import Layout, present_step
from plans.domain.taper.limits import Verdict
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.products import Product
from plans.domain.taper.refusals import TooLong
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.domain.taper.supply import Supply, plan_supply

# Long enough that no window of a limit looks further back.
_DAYS_BEFORE = 366


@dataclass(frozen=True, slots=True)
class Taper:
    """A request, its schedule, and what limits, cautions and supply say of it.

    `equivalence` is the name of the table that was used; `rate` the percentage a method had to solve for.
    """

    request: TaperRequest
    schedule: Schedule
    verdicts: tuple[Verdict, ...]
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
    try:
        schedule = layout.schedule()
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
) -> Taper:
    """Judge a schedule that stands already, such as one that was held: limits, cautions and supply."""
    return _judged(request, schedule, *_as_asked(request, schedule), holidays, confirmed)


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
    kept = (StepKind.HOLD, StepKind.STEP_BACK)
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
    return (limits.finding("longer_step", steps[0], facts),)


def _judged(
    request: TaperRequest,
    schedule: Schedule,
    rate: Fraction | None,
    notes: tuple[Verdict, ...],
    holidays: frozenset[date],
    confirmed: frozenset[Product],
) -> Taper:
    return Taper(
        request=request,
        schedule=schedule,
        verdicts=_verdicts(request, schedule, holidays, confirmed) + notes,
        cautions=screen(request.patient or PatientFacts(), schedule),
        supply=plan_supply(schedule, request.dispense_days),
        equivalence=request.equivalence,
        rate=rate,
    )


def regimen_before(request: TaperRequest, schedule: Schedule) -> Step | None:
    """What was taken before the first day, as a step, where the plan begins with something else.

    Only typed rows can begin so; every other plan begins with the present regimen, and the answer is None.
    """
    now = {(intake.time, intake.drug): intake.dose for intake in request.regimen}
    first = {(dose.time, dose.drug): dose.dose for dose in schedule.steps[0].doses}
    if now == first:
        return None
    last = schedule.start - timedelta(days=1)
    return present_step(request, last - timedelta(days=_DAYS_BEFORE), last)


def _verdicts(
    request: TaperRequest, schedule: Schedule, holidays: frozenset[date], confirmed: frozenset[Product]
) -> tuple[Verdict, ...]:
    """The limits' findings. A first row that is a cut already is judged against what was taken before it."""

    def judge(judged: Schedule) -> tuple[Verdict, ...]:
        return limits.judge(
            judged,
            table=request.equivalence,
            goal=request.goal,
            method=request.method.name,
            holidays=holidays,
            confirmed=confirmed,
        )

    before = regimen_before(request, schedule)
    if before is None:
        return judge(schedule)
    steps = (before, *(replace(step, n=step.n + 1) for step in schedule))
    drugs = dict.fromkeys((*(dose.drug for dose in before.doses), *schedule.drugs))
    found = judge(replace(schedule, drugs=tuple(drugs), steps=steps))
    return tuple(_moved(verdict) for verdict in found if (verdict.rule, verdict.step) != ("start_day", 1))


def _moved(verdict: Verdict) -> Verdict:
    """A finding of a schedule with one step put before it, with the numbers of the schedule itself."""
    if verdict.step is None:
        return verdict
    facts = dict(verdict.facts)
    until = facts.get("until_step")
    if isinstance(until, int):
        facts["until_step"] = until - 1
    return replace(verdict, step=max(1, verdict.step - 1), facts=facts)
