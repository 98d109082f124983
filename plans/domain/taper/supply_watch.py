"""Warnings that the supply runs out before more can be had: at a weekend or holiday, or before the next fill.

The supply is what the plan's fills give, version after version, if each was collected and each dose was taken. The time
of warning is this project's own choice, not a guideline's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from plans.domain.taper.schedule import Schedule
from plans.domain.taper.supply import Stock, Supply, covered_until, on_hand, plan_supply

AHEAD_DAYS: Final = 7
"""How many days before the last chance to collect the warning is given."""
SOON_DAYS: Final = 2
SHORTEST_TOLD: Final = 7
"""Shortest fill warned about: shorter ones meet closed days every week, and pharmacies arrange for those."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A version of a plan as far as supply is concerned: fills of a number of days from `fills_from` on
    (`supply.first_fill`), each handed out in instalments if `instalment_days` says so.

    `counted` is the stock counted at home when it was made, if it was counted again; an unknown stock counts as none.
    `made_on` is that day, if not that of its first fill; `collected` are the first days of fills that were confirmed as
    handed out.
    """

    schedule: Schedule
    fills_from: date
    dispense_days: int
    counted: Stock | None = None
    made_on: date | None = None
    instalment_days: int | None = None
    collected: Collection[date] = ()

    @property
    def made(self) -> date:
        """The day it was made on, or that of its first fill."""
        return self.made_on or self.fills_from


class HomeStock(NamedTuple):
    """What should be at home, in quarters or microlitres by product, if every fill was collected and every dose taken.

    `counted_on`: the day it was last counted, and reckoned from since; None if it never was.
    """

    stock: Stock
    counted_on: date | None = None


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
    (stock, _), planned = _left(versions)
    # Far enough to cover the whole fill after the present one.
    schedule = now.schedule.through(max(today, now.fills_from) + 2 * now.dispense_days * _DAY)
    supply = plan_supply(
        schedule,
        now.dispense_days,
        from_day=now.fills_from,
        stock=stock,
        instalment_days=now.instalment_days,
    )
    found = [
        *_short_after_change(replace(now, schedule=schedule), stock, planned, last_open),
        *_on_closed_days(supply, today, closed, last_open),
    ]
    return tuple(
        one
        for one in found
        if today <= one.lasts_until + _DAY and one.collect_by - today <= AHEAD_DAYS * _DAY
    )


def before_fills(versions: Sequence[Issued]) -> HomeStock:
    """What is taken off the fills of the last version, oldest first: what was at home when it was made."""
    return _left(versions)[0]


def at_home(versions: Sequence[Issued], day: date) -> HomeStock:
    """What should be at home at the start of a day; of the last version, too, fills begun by then count.

    `versions`, oldest first, are those issued by then.
    """
    return before_fills((*versions, replace(versions[-1], made_on=day, counted=None)))


def _left(versions: Sequence[Issued]) -> tuple[HomeStock, Supply | None]:
    """What was at home when the last version was made, and the fills planned until then."""
    home, supply = _counted(versions[0], HomeStock({})), None
    for version, following in pairwise(versions):
        # A maintenance dose was filled until the change, and the fill after it was planned.
        ahead = max(following.made, version.fills_from) + version.dispense_days * _DAY
        schedule = version.schedule.through(ahead)
        supply = plan_supply(
            schedule,
            version.dispense_days,
            from_day=version.fills_from,
            stock=home.stock,
            instalment_days=version.instalment_days,
        )
        left = on_hand(schedule, supply, following.made, home.stock, collected=version.collected)
        home = _counted(following, home._replace(stock=left))
        if following.counted is not None:
            supply = None
    return home, supply


def _counted(version: Issued, home: HomeStock) -> HomeStock:
    """What was counted with a version, if it was, else what was reckoned."""
    return home if version.counted is None else HomeStock(dict(version.counted), version.made)


def _short_after_change(
    now: Issued, stock: Stock, planned: Supply | None, last_open: Callable[[date], date]
) -> list[Warned]:
    if planned is None:
        return []
    lasts = covered_until(now.schedule, now.fills_from, stock)
    parts = planned.instalments or planned.fills
    following = min((fill.first for fill in parts if fill.first >= now.fills_from), default=None)
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
