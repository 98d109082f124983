"""What was taken on each day of a plan, as far as it was reported, from three sources.

The dose that the clinic recorded comes first, then the doses that the patient ticked, then an answer of a check-in: "as
planned" and "none at all" cover the seven days before it; "less" and "more" name no amount and stand on their own day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from plans.domain.regimen import DayDose
from plans.domain.taper.dose_records import regimen_on, same
from plans.domain.taper.schedule import Schedule, StepKind
from plans.domain.taper.taken import Recorded
from plans.models import CheckIn, DoseMark, Plan
from plans.services.plans.picture_data import Stairs, TakenMark, TakenSource, height_of
from plans.services.plans.taken import records_of

# An answer about doses covers the last seven days.
RECALL: Final = 7
_DAY: Final = timedelta(days=1)


def marks(
    plan: Plan, schedule: Schedule, stairs: Stairs, checkins: Sequence[CheckIn], today: date
) -> tuple[TakenMark, ...]:
    """One mark for each reported day up to `today`, in order. `schedule` is the whole plan as it was valid, `checkins`
    those sent, in the order of their days."""
    found: dict[date, TakenMark] = {}
    for answered in _answered(checkins):
        standing = found.get(answered.day)
        # An answer for its own day is not covered by that of a later check-in.
        if standing is None or answered.told_on == answered.day:
            found[answered.day] = answered
    found |= {one.day: one for one in _ticked(plan, schedule)}
    for told in records_of(plan):
        found |= {one.day: one for one in _recorded(told, schedule, today)}
    return tuple(_measured(found[day], schedule, stairs) for day in sorted(found) if day >= schedule.start)


def _answered(checkins: Sequence[CheckIn]) -> Iterator[TakenMark]:
    for checkin in checkins:
        on, how = checkin.local_date, str(checkin.answers.get("dose_taken", ""))
        if how in ("planned", "none"):
            for back in range(1, RECALL + 1):
                yield TakenMark(on - back * _DAY, how, told_on=on)
        if how in ("fewer", "extra", "none"):
            yield TakenMark(on, how, told_on=on)


def _ticked(plan: Plan, schedule: Schedule) -> Iterator[TakenMark]:
    """Days on which the patient ticked every planned dose as taken, or any as something else."""
    ticks: dict[date, list[str]] = defaultdict(list)
    for on, how in DoseMark.objects.filter(plan=plan).values_list("on", "how"):
        ticks[on].append(how)
    for on, hows in ticks.items():
        if "other" in hows:
            yield TakenMark(on, "other", source=TakenSource.TICKS)
        elif len(hows) == len(regimen_on(schedule, on)):
            yield TakenMark(on, "planned", source=TakenSource.TICKS)


def _recorded(told: Recorded, schedule: Schedule, today: date) -> Iterator[TakenMark]:
    day, last = told.first, min(told.last or today, today)
    while day <= last:
        planned = regimen_on(schedule, day)
        how = "planned" if same(planned, told.regimen) else _against(told.day, DayDose.total(planned))
        yield TakenMark(day, how, told.day, source=TakenSource.RECORD)
        day += _DAY


def _against(taken: DayDose, planned: DayDose) -> str:
    """How a day's dose compares with the planned one: "other" where it is the same in other parts, or neither."""
    if not taken:
        return "none"
    more, less = taken.more_than(planned), planned.more_than(taken)
    if bool(more) == bool(less):
        return "other"
    return "extra" if more else "fewer"


def _measured(mark: TakenMark, schedule: Schedule, stairs: Stairs) -> TakenMark:
    """The mark with its milligrams and its height, where both are known."""
    step = schedule.step_on(mark.day)
    if step is None or step.kind is StepKind.PAUSE:
        return mark
    amount = mark.amount
    if mark.how == "planned" and amount is None:
        amount = step.day
    if mark.how == "none" and mark.told_on != mark.day:
        amount = DayDose()
    if amount is None:
        return mark
    tread = next((one for one in stairs.treads if one.start <= mark.day <= one.end), None)
    height = tread.dose if tread is not None and mark.how == "planned" else height_of(amount, stairs)
    return replace(mark, amount=amount, height=height)
