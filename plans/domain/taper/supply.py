"""What the pharmacy dispenses for a schedule: whole units for each fill, the run-out day, and what is left over.

Tablets are counted in quarters and liquids in microlitres, so that the rest of an opened tablet is carried over to the
next day, and across fills; a unit is opened only when what was carried over is not enough. A fill of a liquid is in
whole mL, and so is one of drops if the number per mL is known. A suspension made at home is made fresh every day
(`KEEP_HOURS`): the pharmacy dispenses the tablets for the bottles that each day needs.

A fill may be handed out in instalments. What was opened is carried over between them, so that the instalments together
contain exactly what the fill would contain at once.

Sums are made step by step, not day by day: a step of n days needs n times what one of its days needs. A step whose days
differ by the day of the week is first divided into runs of equal days.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from plans.domain.amounts import Dose, Volume
from plans.domain.errors import TaperError
from plans.domain.taper.products import Product, Take
from plans.domain.taper.schedule import Schedule, Step, StepKind

# Daily and every third day: supervised or staged supply (bpac NZ 2021; eTG). 28 and 84: weeks; 30 and 90: US months.
FILL_DAYS: Final = (1, 3, 7, 10, 14, 15, 21, 28, 30, 56, 84, 90)
_DAY: Final = timedelta(days=1)
# Parts of a product: quarters of a solid, microlitres of a liquid.
Parts = int
Stock = Mapping[Product, Parts]


class BadFillDays(TaperError):
    """A fill length that is not supported: facts `days` and `allowed`."""

    code = "bad_fill_days"


class BadInstalments(TaperError):
    """Instalments that are not shorter than a fill: facts `days` and `fill_days`."""

    code = "bad_instalments"


class Fill(NamedTuple):
    """One product of one fill, for use from `first` to `last` (both included).

    `whole_units` are tablets, capsules … or mL (see `Product.handed_out_in_ml`); 0 if what was carried over is enough.
    """

    first: date
    last: date
    product: Product
    whole_units: int


@dataclass(frozen=True, slots=True)
class Order:
    """What a pharmacy orders of one product that is made in this size: its fills, those with nothing to give left out.

    Each fill must be there on its `first` day.
    """

    product: Product
    fills: tuple[Fill, ...]

    @property
    def whole_units(self) -> int:
        """How many are ordered for the whole plan."""
        return sum(fill.whole_units for fill in self.fills)

    @property
    def holds(self) -> Dose:
        """How much of the drug all of them hold together."""
        return Dose(self.product.strength.units * self.whole_units)


@dataclass(frozen=True, slots=True)
class Leftover:
    """What is left of a product after the last day, as takes, so that it can be described in words."""

    take: Take

    @property
    def product(self) -> Product:
        """The product that is left over."""
        return self.take.product


@dataclass(frozen=True, slots=True)
class Supply:
    """All fills in order of date, then of the plan's products.

    `instalments` are their parts, if any; `bottles` is how often each home-made liquid is made. `run_out` is the first
    day the fills no longer cover if the last regimen continues; None if the plan ends at zero, since nothing is needed
    afterwards.
    """

    dispense_days: int
    fills: tuple[Fill, ...]
    leftovers: tuple[Leftover, ...]
    run_out: date | None
    instalments: tuple[Fill, ...] = ()
    bottles: Mapping[Product, int] = field(default_factory=dict)

    def totals(self) -> dict[Product, int]:
        """Whole units of each product over all fills."""
        found: dict[Product, int] = {}
        for fill in self.fills:
            found[fill.product] = found.get(fill.product, 0) + fill.whole_units
        return found

    def orders(self) -> tuple[Order, ...]:
        """What is ordered because it is made in the plan's sizes; a fill is one order, also where it is handed out in
        instalments."""
        found: dict[Product, list[Fill]] = {}
        for fill in self.fills:
            if fill.product.to_order and fill.whole_units:
                found.setdefault(fill.product, []).append(fill)
        return tuple(Order(product, tuple(fills)) for product, fills in found.items())


def plan_supply(
    schedule: Schedule,
    dispense_days: int,
    *,
    from_day: date | None = None,
    stock: Stock | None = None,
    instalment_days: int | None = None,
) -> Supply:
    """The fills of `dispense_days` (see FILL_DAYS) from `from_day` (default: the start) to the last day with a dose.

    `stock` is what is at hand before the first fill, in quarters or microlitres by product (see `on_hand`): it is used
    first. With `instalment_days` each fill is handed out in parts of that many days. Raises BadFillDays,
    BadInstalments.
    """
    for days in (dispense_days, instalment_days or dispense_days):
        if days not in FILL_DAYS:
            raise BadFillDays(days=days, allowed=[str(days) for days in FILL_DAYS])
    if instalment_days is not None and instalment_days >= dispense_days:
        raise BadInstalments(days=instalment_days, fill_days=dispense_days)
    needs = _Needs(schedule)
    carried = needs.counted(stock or {})
    begins, end = max(from_day or schedule.start, schedule.start), needs.last_dose_day()
    fills: list[Fill] = []
    instalments: list[Fill] = []
    for first, last in _periods(begins, end, dispense_days):
        if instalment_days is None:
            fills += _handed_out(needs, carried, first, last)
        else:
            periods = _periods(first, last, instalment_days)
            parts = [fill for period in periods for fill in _handed_out(needs, carried, *period)]
            instalments += parts
            fills += _together(needs, parts, first, last)
    left = [
        Leftover(_take(product, parts))
        for product, parts in zip(needs.products, carried, strict=True)
        if parts
    ]
    return Supply(
        dispense_days,
        tuple(fills),
        tuple(left),
        needs.run_out(carried),
        tuple(instalments),
        needs.bottles(begins),
    )


def _periods(first: date, end: date | None, days: int) -> Iterator[tuple[date, date]]:
    """The first and last day of every period of so many days, up to `end`; the last may be shorter."""
    further = timedelta(days=days - 1)
    while end is not None and first <= end:
        last = min(first + further, end)
        yield first, last
        first = last + _DAY


def _together(needs: _Needs, parts: Iterable[Fill], first: date, last: date) -> list[Fill]:
    """The fill that instalments add up to."""
    units: dict[Product, int] = {}
    for part in parts:
        units[part.product] = units.get(part.product, 0) + part.whole_units
    return [Fill(first, last, product, units[product]) for product in needs.products if product in units]


def in_packs(units: int, sizes: Iterable[int]) -> tuple[int, int, int]:
    """Whole units as (packs, size, loose units beside them): of the sizes the one that leaves the fewest loose, and of
    those the largest. What is handed out is not rounded."""
    return min(
        ((units // size, size, units % size) for size in sizes), key=lambda found: (found[2], -found[1])
    )


def supplied(schedule: Schedule, products: Iterable[Product] | None = None) -> tuple[Product, ...]:
    """What the pharmacy dispenses for products of a schedule (None: all of them): tablets for what is made at home."""
    found = schedule.each_once().products if products is None else products
    return tuple(dict.fromkeys(_supplied(schedule, product) for product in found))


def day_needs(schedule: Schedule, step: Step) -> dict[Product, Parts]:
    """What one day of a step uses of each dispensed product; empty in hospital, where the ward supplies it."""
    return _handed_out_a_day(schedule, _taken_a_day(step))


def _handed_out_a_day(schedule: Schedule, taken: dict[Product, Parts]) -> dict[Product, Parts]:
    home_made = [product for product in taken if product.is_home_made]
    found = dict(taken) if home_made else taken
    for product in home_made:
        bottles, tablet = -(-found.pop(product) // product.per.microlitres), _supplied(schedule, product)
        found[tablet] = found.get(tablet, 0) + bottles * product.bottle_quarters
    return found


def _taken_a_day(step: Step) -> dict[Product, Parts]:
    found: dict[Product, Parts] = {}
    for timed in () if step.kind is StepKind.PAUSE else step.doses:
        for take in timed.take:
            product, volume = take.product, take.volume
            parts = take.quarters if volume is None else volume.microlitres
            found[product] = found.get(product, 0) + parts
    return found


def _supplied(schedule: Schedule, product: Product) -> Product:
    """The plan's own tablet of that strength, so that tablets taken whole and dissolved are counted together."""
    if not product.is_home_made:
        return product
    wanted = product.made_of
    same = (wanted.drug, wanted.form, wanted.strength)
    return next((one for one in schedule.products if (one.drug, one.form, one.strength) == same), wanted)


def _handed_out(needs: _Needs, carried: list[Parts], first: date, last: date) -> list[Fill]:
    """The whole units needed from `first` to `last`; updates `carried` to what remains after it."""
    found: list[Fill] = []
    for at, need in needs.between(first, last):
        whole = needs.whole[at]
        units = max(0, -((carried[at] - need) // whole))
        carried[at] += units * whole - need
        found.append(Fill(first, last, needs.products[at], units))
    return found


def first_fill(schedule: Schedule, made_on: date) -> date:
    """The first day covered by the fills of a version: the day it was made, or the start of a plan still to begin.

    The pharmacy sheet and every page that says how long the supply lasts count fills from here.
    """
    return max(made_on, schedule.start)


def counted(products: Iterable[Product], units: Mapping[str, int]) -> dict[Product, Parts]:
    """A stock counted at home: `units` are whole units (mL of a liquid) by the product's name."""
    return {product: units[product.name] * _whole(product) for product in products if units.get(product.name)}


def named_as_in(schedule: Schedule, stock: Stock) -> dict[Product, Parts]:
    """A stock by the schedule's own products: a tablet that is broken otherwise than before is the same tablet."""
    own = {(product.name, product.to_order): product for product in supplied(schedule)}
    found: dict[Product, Parts] = {}
    for product, parts in stock.items():
        named = own.get((product.name, product.to_order), product)
        found[named] = found.get(named, 0) + parts
    return found


def whole_units(stock: Stock) -> tuple[tuple[Product, int], ...]:
    """A stock in whole units (mL of a liquid); products of which not one whole is left are left out."""
    whole = ((product, parts // product.unit_parts) for product, parts in stock.items())
    return tuple((product, units) for product, units in whole if units)


def on_hand(
    schedule: Schedule,
    supply: Supply,
    day: date,
    stock: Stock | None = None,
    *,
    collected: Collection[date] = (),
) -> dict[Product, Parts]:
    """What should be left at the start of `day`, after every fill begun before it and every dose before it.

    Quarters or microlitres by product; `stock` is what the supply was planned with. `collected` are the first days of
    fills that were handed out, also if ahead of that day. Of a fill in instalments only those begun count, unless it
    was confirmed as a whole. Use the result as the `stock` of the supply of a revised schedule.
    """
    needs = _Needs(schedule)
    handed: dict[Product, Parts] = {}
    whole = [fill for fill in supply.fills if fill.first in collected]
    begun = [
        part
        for part in supply.instalments or supply.fills
        if part.first < day and not any(fill.first <= part.first <= fill.last for fill in whole)
    ]
    for fill in (*whole, *begun):
        if fill.whole_units:
            handed[fill.product] = handed.get(fill.product, 0) + fill.whole_units * _whole(fill.product)
    left = dict(zip(needs.products, needs.counted(stock or {}, handed), strict=True))
    # Without a fill nothing was needed since.
    first = supply.fills[0].first if supply.fills else day
    for at, need in needs.between(first, day - timedelta(days=1)):
        left[needs.products[at]] -= need
    return {product: parts for product, parts in left.items() if parts > 0}


def covered_until(schedule: Schedule, from_day: date, stock: Stock) -> date | None:
    """The last day from `from_day` on for which `stock` is enough; None if it is enough to the end.

    The day before `from_day` if it is not enough for that day.
    """
    needs = _Needs(schedule)
    left = needs.counted(stock)
    day = max(from_day, schedule.start)
    for start, end, daily in needs.steps:
        if end < day:
            continue
        begins = max(start, day)
        days = (end - begins).days + 1
        enough = min((left[at] // parts for at, parts in daily.items()), default=days)
        if enough < days:
            return begins + (enough - 1) * timedelta(days=1)
        for at, parts in daily.items():
            left[at] -= parts * days
    return None


def _whole(product: Product) -> Parts:
    return product.unit_parts


def _take(product: Product, parts: Parts) -> Take:

    return Take(product, volume=Volume(parts)) if product.is_liquid else Take(product, quarters=parts)


class _Needs:
    """What a schedule needs, by index of product, so that products are compared once and not at every dose."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule = schedule.each_once()
        self.products: list[Product] = list(supplied(schedule))
        places = {product: at for at, product in enumerate(self.products)}
        self.steps: list[tuple[date, date, dict[int, Parts]]] = []
        self._taken: list[dict[Product, Parts]] = []
        for step in schedule.spans:
            taken = _taken_a_day(step)
            self.steps.append((step.start, step.end, self._daily(taken, places)))
            self._taken.append(taken)
        self.ends = [end for _, end, _ in self.steps]
        self.whole = [_whole(product) for product in self.products]

    def _daily(self, taken: dict[Product, Parts], places: dict[Product, int]) -> dict[int, Parts]:
        """The needs of a day's takes, by index of product; new products are added."""
        daily: dict[int, Parts] = {}
        for product, parts in _handed_out_a_day(self.schedule, taken).items():
            at = places.setdefault(product, len(self.products))
            if at == len(self.products):
                self.products.append(product)
            daily[at] = parts
        return daily

    def counted(self, *stocks: Stock) -> list[Parts]:
        """Stocks by index, a product broken otherwise with its like; products unknown to the schedule are added, and
        are left over at the end."""
        places = {(product.name, product.to_order): at for at, product in enumerate(self.products)}
        found = [0] * len(self.products)
        for product, parts in (one for stock in stocks for one in stock.items()):
            at = places.setdefault((product.name, product.to_order), len(self.products))
            if at == len(self.products):
                self.products.append(product)
                self.whole.append(_whole(product))
                found.append(0)
            found[at] += parts
        return found

    def last_dose_day(self) -> date | None:
        """The last day with anything to take; None if there is none."""
        return next((end for _, end, daily in reversed(self.steps) if daily), None)

    def between(self, first: date, last: date) -> list[tuple[int, Parts]]:
        """The parts of each product needed from `first` to `last`, both included, by index of product."""
        found = [0] * len(self.products)
        if last < first:
            return []
        for at in range(bisect_left(self.ends, first), len(self.steps)):
            start, end, daily = self.steps[at]
            if start > last:
                break
            days = (min(end, last) - max(start, first)).days + 1
            for at, parts in daily.items():
                found[at] += parts * days
        return [(at, parts) for at, parts in enumerate(found) if parts]

    def run_out(self, carried: list[Parts]) -> date | None:
        """The first day not covered if the last regimen continues on what was carried over."""
        last = self.schedule.steps[-1]
        if last.weekly:
            return self._run_out_by_day(last, carried)
        _, end, daily = self.steps[-1]
        if not daily:
            return None
        spare = min(carried[at] // parts for at, parts in daily.items())
        return end + timedelta(days=spare + 1)

    def _run_out_by_day(self, last: Step, carried: list[Parts]) -> date | None:
        """As `run_out`, for a last regimen whose days differ by the day of the week."""
        places = {product: at for at, product in enumerate(self.products)}
        week = [self._daily(_taken_a_day(day), places) for day in last.week_of_days]
        left, day = list(carried), last.end
        while any(week):
            day += timedelta(days=1)
            for at, parts in week[day.weekday()].items():
                left[at] -= parts
                if left[at] < 0:
                    return day
        return None

    def bottles(self, from_day: date) -> dict[Product, int]:
        """How often each home-made liquid is made from a day on."""
        found: dict[Product, int] = {}
        if not any(product.is_home_made for product in self.schedule.used):
            return found
        for (start, end, _), taken in zip(self.steps, self._taken, strict=True):
            days = (end - max(start, from_day)).days + 1
            for product, microlitres in taken.items() if days > 0 else ():
                if product.is_home_made:
                    a_day = -(-microlitres // product.per.microlitres)
                    found[product] = found.get(product, 0) + a_day * days
        return found
