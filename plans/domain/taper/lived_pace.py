"""The pace that a patient is living: what a plan that is laid out anew keeps of the pace that was agreed before.

A change of products, of the spread or of the drug lays the coming steps out again by the plan's method, whose intervals
know nothing of a plan that was slowed down or sped up since. What was agreed is read off the steps themselves, beside
the steps that the method alone would make of the unchanged plan: nothing has to be remembered, so it also holds for
plans changed long ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from plans.domain.errors import TaperError
from plans.domain.taper import revisions
from plans.domain.taper.going_on import laid_out
from plans.domain.taper.methods import AnyMethod
from plans.domain.taper.methods.fixed_amount import FixedAmount
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.methods.percent_of_original import PercentOfOriginal
from plans.domain.taper.methods.steps import Steps
from plans.domain.taper.methods.target_date import TargetDate
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import Schedule, Step, StepKind

_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class LivedPace:
    """What differs from the method's own pace: cuts at `least` so many days apart, or at `most` (0: as the method has
    it), the first interval of a method whose intervals lengthen, and the days by which a target date moved on."""

    least: int = 0
    most: int = 0
    begins: int = 0
    later: timedelta = timedelta(0)

    def method(self, method: AnyMethod) -> AnyMethod:
        """The method with which the plan is laid out again."""
        if isinstance(method, TargetDate):
            return replace(method, by=method.by + self.later)
        if isinstance(method, Steps) and self.least:
            # Its number of intervals is what remains; how long each is does not change its doses.
            return replace(method, interval_days=self.least)
        if isinstance(method, PercentOfCurrent | PercentOfOriginal | FixedAmount) and method.lengthen_days:
            return replace(method, interval_days=self.begins or method.interval_days)
        return method

    def kept(self, schedule: Schedule, *, from_day: date, first: bool) -> Schedule:
        """A schedule that was laid out from a day on, at this pace; `first`: its first interval, too."""
        if not self.least and not self.most:
            return schedule
        return revisions.at_pace(schedule, from_day=from_day, least=self.least, most=self.most, first=first)


AS_THE_METHOD: Final = LivedPace()


def gaps(schedule: Schedule, day: date) -> list[int]:
    """The days between the cuts that come after a day; holds and stages of a switch are none."""
    return _between([step for step in schedule if step.start > day])


def _between(steps: Sequence[Step]) -> list[int]:
    return [
        step.days
        for step, following in pairwise(steps)
        if step.kind is StepKind.CUT and following.kind in revisions.FALLS
    ]


def _lived_before(interval: int, schedule: Schedule, day: date) -> LivedPace:
    """The pace before a dose that stays, where its last two cuts came further apart than the method has them."""
    past = _between([step for step in schedule if step.start <= day])[-_TWO:]
    if len(past) < _TWO or min(past) <= interval:
        return AS_THE_METHOD
    return LivedPace(least=min(past), begins=past[-1])


def lived_pace(
    request: TaperRequest,
    schedule: Schedule,
    day: date,
    *,
    regimen: tuple[Intake, ...],
    first_days: int | None,
) -> LivedPace:
    """The pace of the coming steps, as far as it is not the method's own.

    Slower is what every coming cut is, or the next two are; faster only where every coming cut is. Where the steps do
    not say which, the slower one is kept: nobody is hurried by a change of tablets. After a dose that stayed it is the
    pace before it.
    """
    if isinstance(request.method, Typed):
        # Typed rows keep their own dates.
        return AS_THE_METHOD
    lived = gaps(schedule, day)
    if not lived:
        return _lived_before(request.method.interval_days, schedule, day)
    try:
        plain = laid_out(request, schedule, from_day=day, regimen=regimen, first_days=first_days)
    except TaperError:
        own, later = [], timedelta(0)
    else:
        own = gaps(plain, day)
        last, alone = schedule.last_dose_day(), plain.last_dose_day()
        later = max(timedelta(0), last - alone) if last is not None and alone is not None else timedelta(0)
    own = own or [request.method.interval_days]
    both = list(zip(lived, own, strict=False))
    if all(now == days for now, days in both):
        return LivedPace(later=later)
    usual = min(*own, request.method.interval_days)
    least = min(lived) if min(lived) > usual else 0
    coming = both[:_TWO]
    slower = any(now > days for now, days in coming) and all(now >= days for now, days in coming)
    if slower and min(now for now, _ in coming) > usual:
        least = max(least, min(now for now, _ in coming))
    faster = not least and len(lived) >= _TWO and max(lived) < min(own)
    return LivedPace(
        least=least,
        most=max(lived) if faster else 0,
        begins=lived[0] if least else 0,
        later=later,
    )
