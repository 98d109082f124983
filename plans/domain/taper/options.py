"""The two or three whole plans a request allows, to choose from: tablets only; tablets, then a liquid; a liquid.

Each is the plan of the same request with another preparation, with its trade-offs: how low it ends, how long its steps
are, how large its cuts, and what must be bought and handled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from plans.domain.errors import TaperError
from plans.domain.regimen import DayDose
from plans.domain.taper.clinic_limits import NONE, ClinicLimits
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.limit_rules import LimitLevel
from plans.domain.taper.measure import change_percent, measure
from plans.domain.taper.preparation import PreparationName
from plans.domain.taper.products import Product
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Step

OFFERED = (
    PreparationName.TABLETS,
    PreparationName.TABLETS_THEN_LIQUID,
    PreparationName.LIQUID,
)


@dataclass(frozen=True, slots=True)
class TaperOption:
    """One whole plan and its trade-offs.

    `chosen` marks the plan that the request itself makes.
    """

    preparation: PreparationName
    taper: Taper
    chosen: bool

    @property
    def last_dose(self) -> DayDose:
        """The last daily dose before zero, or the dose that the plan stays on."""
        steps = self.taper.schedule.steps
        return next((step.day for step in reversed(steps) if step.doses), DayDose())

    @property
    def longest_step(self) -> int:
        """The length in days of the longest step."""
        return max(step.days for step in self.taper.schedule)

    @property
    def largest_fall(self) -> tuple[Step, Step, str] | None:
        """The steps around the largest cut before the last dose, and that cut in percent of the day (see
        `change_percent`): by diazepam equivalent with several drugs. None if no dose is cut before the last one.
        """
        schedule = self.taper.schedule
        meter = measure(schedule.drugs, self.taper.equivalence, weekly=schedule.weekly)
        days = [(step, meter.of(step.doses)) for step in schedule if step.doses]
        cuts = [(was, now) for was, now in pairwise(days) if now[1] < was[1]]
        if not cuts:
            return None
        was, now = max(cuts, key=lambda cut: Fraction(cut[0][1] - cut[1][1], cut[0][1]))
        return was[0], now[0], change_percent(was[1], now[1])

    @property
    def largest_cut(self) -> str:
        """The same in percent alone; "" without a cut."""
        fall = self.largest_fall
        return fall[2] if fall is not None else ""

    @property
    def changes(self) -> int:
        """How often a drug changes from tablets to a liquid."""
        drawn: dict[str, list[bool]] = {}
        for step in self.taper.schedule:
            for dose in step.doses:
                drawn.setdefault(dose.drug, []).append(any(take.product.is_measured for take in dose.take))
        return sum(was != now for of_drug in drawn.values() for was, now in pairwise(of_drug))

    @property
    def most_things(self) -> int:
        """The most things to take at one time of day."""
        return max(
            (sum(take.things for take in dose.take) for step in self.taper.schedule for dose in step.doses),
            default=0,
        )

    @property
    def most_a_day(self) -> int:
        """The most things to take on one day, of all drugs."""
        return max(
            (
                sum(take.things for dose in step.doses for take in dose.take)
                for step in self.taper.schedule.spans
            ),
            default=0,
        )

    @property
    def reasons(self) -> int:
        """The number of findings that need a reason."""
        return sum(found.level is LimitLevel.NEEDS_REASON for found in self.taper.verdicts)

    @property
    def supply(self) -> Mapping[Product, int]:
        """What to buy for the whole plan."""
        return self.taper.supply.totals()


def options(
    taper: Taper,
    *,
    holidays: frozenset[date] = frozenset(),
    confirmed: frozenset[Product] = frozenset(),
    agreed: ClinicLimits = NONE,
) -> tuple[TaperOption, ...]:
    """The whole plans that a taper's request allows, each once, in the order of `OFFERED`; judged as `engine.build`.

    Empty for a request that leaves no choice.
    """
    request = replace(taper.request, preparation=())
    found: list[TaperOption] = []
    for name in OFFERED:
        made = _made_as(request, name, holidays, confirmed, agreed, taper.fills_from)
        if made is not None and all(made.schedule.steps != other.taper.schedule.steps for other in found):
            found.append(TaperOption(name, made, made.schedule.steps == taper.schedule.steps))
    return tuple(found) if len(found) > 1 else ()


def _made_as(
    request: TaperRequest,
    name: PreparationName,
    holidays: frozenset[date],
    confirmed: frozenset[Product],
    agreed: ClinicLimits,
    fills_from: date | None,
) -> Taper | None:
    """The plan with every drug in a preparation, or, if only the last one has it, with that drug alone."""
    last = request.crossover.to if request.crossover else request.drug_order[-1]
    for drugs in (request.drugs, (last,)):
        asked = replace(request, preparation=tuple((drug, name) for drug in drugs))
        try:
            return build(asked, holidays=holidays, confirmed=confirmed, agreed=agreed, fills_from=fills_from)
        except TaperError:
            continue
    return None
