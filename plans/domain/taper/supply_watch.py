"""Warnings that the supply runs out before more can be had: at a weekend or holiday, or before the next fill.

The supply is what the plan's fills give, version after version, if each was collected and each dose was taken. The time
of warning is this project's own choice, not a guideline's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.supply import Parts, Stock, Supply, covered_until, on_hand, plan_supply

AHEAD_DAYS: Final = 7
"""How many days before the last chance to collect the warning is given."""
SOON_DAYS: Final = 2
SHORTEST_TOLD: Final = 7
"""Shortest fill warned about: shorter ones meet closed days every week, and pharmacies arrange for those."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A version of a plan as far as supply is concerned: fills of a number of days from `fills_from` on
    (`supply.first_fill`).

    `counted` is the stock counted at home on that day, if it was counted again; an unknown stock counts as none.
    """

    schedule: Schedule
    fills_from: date
    dispense_days: int
    counted: Stock | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning for a clinician.

    `code`: closed_day (a fill falls on a day without dispensing), before_fill (a change made the last fill too short).
    `lasts_until`: the last covered day. `collect_by`: the last open day to get more. `next`: the fill that will be too
    late.
    """

    code: str
    lasts_until: date
    collect_by: date
    next: date | None
    why: str = ""

    def is_soon(self, today: date) -> bool:
        """Whether there is little time left to collect it."""
        return self.collect_by - today <= SOON_DAYS * _DAY


def look(
    versions: Sequence[Issued],
    *,
    today: date,
    closed: Callable[[date], str],
    last_open: Callable[[date], date],
) -> tuple[Warned, ...]:
    """The warnings on a day about the last of `versions`, oldest first. Raises ValueError without any version.

    A maintenance dose continues to be filled after the written steps, so their end does not end the supply.
    """
    if not versions:
        raise ValueError("a plan that was never issued has no supply")
    now = versions[-1]
    stock, planned = _left(versions)
    # Far enough to cover the whole fill after the present one.
    schedule = now.schedule.through(max(today, now.fills_from) + 2 * now.dispense_days * _DAY)
    supply = plan_supply(schedule, now.dispense_days, from_day=now.fills_from, stock=stock)
    found = [
        *_short_after_change(replace(now, schedule=schedule), stock, planned, last_open),
        *_on_closed_days(supply, today, closed, last_open),
    ]
    return tuple(
        one
        for one in found
        if today <= one.lasts_until + _DAY and one.collect_by - today <= AHEAD_DAYS * _DAY
    )


def at_home(versions: Sequence[Issued], day: date) -> dict[Product, Parts]:
    """What should be at home at the start of a day, if every fill was collected and every dose taken as planned.

    `versions`, oldest first, are those issued by then; the last one's fills count, too.
    """
    return _left((*versions, replace(versions[-1], fills_from=day, counted=None)))[0]


def _left(versions: Sequence[Issued]) -> tuple[dict[Product, Parts], Supply | None]:
    """What was at hand on the day when the last version's fills begin, and the fills planned until then."""
    stock: dict[Product, Parts] = {}
    supply = None
    if versions[0].counted is not None:
        stock = dict(versions[0].counted)
    for version, following in pairwise(versions):
        # A maintenance dose was filled until the change, and the fill after it was planned.
        schedule = version.schedule.through(following.fills_from + version.dispense_days * _DAY)
        supply = plan_supply(schedule, version.dispense_days, from_day=version.fills_from, stock=stock)
        stock = on_hand(schedule, supply, following.fills_from, stock)
        if following.counted is not None:
            stock, supply = dict(following.counted), None
    return stock, supply


def _short_after_change(
    now: Issued, stock: Stock, planned: Supply | None, last_open: Callable[[date], date]
) -> list[Warned]:
    if planned is None:
        return []
    lasts = covered_until(now.schedule, now.fills_from, stock)
    following = min((fill.first for fill in planned.fills if fill.first >= now.fills_from), default=None)
    if lasts is None or (following is not None and lasts >= following - _DAY):
        return []
    return [Warned("before_fill", lasts, last_open(lasts + _DAY), following)]


def _on_closed_days(
    supply: Supply, today: date, closed: Callable[[date], str], last_open: Callable[[date], date]
) -> list[Warned]:
    if supply.dispense_days < SHORTEST_TOLD:
        return []
    days = sorted({fill.first for fill in supply.fills if fill.first > today})[:1]
    return [
        Warned("closed_day", day - _DAY, last_open(day), day, why) for day in days if (why := closed(day))
    ]
