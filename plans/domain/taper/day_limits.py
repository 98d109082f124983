"""Limits that look inside the day: the time between doses, and how low the level falls.

If daytime doses of a short-acting drug are removed one by one, the patient is without it for most of the day, however
small each cut. Both rules are this project's own; they use the shortest half-life in the drug's file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from plans.domain.errors import Fact
from plans.domain.taper.exposure import steady_low
from plans.domain.taper.judged import Judged
from plans.domain.taper.limit_rules import LOW_DOSE, LimitLevel, Verdict, finding
from plans.domain.taper.measure import change_percent
from plans.domain.taper.schedule import MINUTES_A_DAY, StepKind
from plans.domain.taper.taken import Intakes, fullest, is_weekly
from plans.domain.taper.weekdays import DAYS_A_WEEK

# How many of its shortest half-lives a drug may be without a dose (ours).
_HALF_LIVES: Final = 2
# Percent by which the day's lowest level may fall in one step: above the first a note, above the second a reason
# (ours).
_LOW_READ: Final = 10
_LOW_SIGNED: Final = 25
_REPLACED: Final = (StepKind.CROSSOVER, StepKind.SWAP)


def longest_gap(doses: Intakes, drug: str) -> int:
    """The longest time from one dose of a drug to the next, in minutes; 0 if none is taken.

    The last dose of the day (or of the week, if its days differ) is followed by the first.
    """
    taken = [one for one in doses if one.drug == drug]
    if not is_weekly(taken):
        return _longest(tuple([one.time.minutes for one in taken]), MINUTES_A_DAY)
    at = [day * MINUTES_A_DAY + one.time.minutes for one in taken for day in one.weekdays.days]
    return _longest(tuple(at), MINUTES_A_DAY * DAYS_A_WEEK)


@cache
def _longest(times: tuple[int, ...], round_of: int) -> int:
    if not times:
        return 0
    found = sorted(set(times))
    return max(later - at for at, later in zip(found, (*found[1:], found[0] + round_of), strict=True))


def dose_gap(judged: Judged) -> Iterator[Verdict]:
    """A gap between doses of a drug longer than before, than usual, and than twice its shortest half-life.

    Needs a reason while more than 5 mg diazepam equivalent of the drug remains a day. Never for a drug taken once a day
    from the start, nor for one replaced by a crossover or a swap.
    """
    for name, drug in judged.drugs.items():
        half_life = drug.half_life.value.low
        if half_life * 60 * _HALF_LIVES >= MINUTES_A_DAY and judged.meter.days == 1:
            continue  # no gap within a day can be that long
        usual = longest_gap(judged.lived.now, name)
        for before, step in zip(judged.before, judged.schedule, strict=True):
            if step.kind in _REPLACED or step.doses == before:
                continue
            was, gap = longest_gap(before, name), longest_gap(step.doses, name)
            if not was or gap <= max(was, usual) or gap <= half_life * 60 * _HALF_LIVES:
                continue
            facts: dict[str, Fact] = {
                "drug": name,
                "before_hours": _hours(was),
                "gap_hours": _hours(gap),
                "half_life_hours": str(half_life),
            }
            little = _little(judged, name, fullest(step.doses).dose(name).units)
            yield finding(
                "dose_gap",
                step.n,
                facts,
                level=LimitLevel.NOTE if little else LimitLevel.NEEDS_REASON,
                mark=drug.half_life.mark,
            )


def _hours(minutes: int) -> str:
    return f"{minutes // 60}{f'.{minutes % 60 * 100 // 60:02}'.rstrip('0') if minutes % 60 else ''}"


def trough(judged: Judged) -> Iterator[Verdict]:
    """A steady lowest level of a drug that falls by more than 10 % in one step, and by more than the dose does.

    By the exposure model with the shortest half-life. Needs a reason above 25 % while more than 5 mg diazepam
    equivalent of the drug remains a day. Not applied where a crossover or a swap replaces the drug, nor from or to a
    week whose days differ: there `dose_gap` applies.
    """
    for name in judged.drugs:
        after: Intakes = ()
        low = 0
        for at, (before, step) in enumerate(zip(judged.before, judged.schedule, strict=True)):
            same_total = judged.days[at] == judged.days_before[at]
            if step.kind in _REPLACED or (same_total and step.doses == before):
                continue
            if judged.meter.days > 1 and is_weekly((*before, *step.doses)):
                continue
            if before is not after:
                low = steady_low(before, name)
            was, after = low, step.doses
            low = steady_low(after, name)
            first, now = judged.days_before[at].get(name, 0), judged.days[at].get(name, 0)
            fallen = was - low
            if not now or fallen * 100 <= _LOW_READ * was or fallen * first <= (first - now) * was:
                continue
            signed = fallen * 100 > _LOW_SIGNED * was and not _little(judged, name, now // judged.meter.days)
            facts: dict[str, Fact] = {
                "drug": name,
                "change_percent": change_percent(was, low),
                "dose_percent": change_percent(first, now),
                "half_life_hours": str(judged.drugs[name].half_life.value.low),
            }
            yield finding(
                "trough", step.n, facts, level=LimitLevel.NEEDS_REASON if signed else LimitLevel.NOTE
            )


def _little(judged: Judged, drug: str, units: int) -> bool:
    return judged.own(drug).exceeds_diazepam(units, LOW_DOSE) is False
