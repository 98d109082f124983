"""Bands: the size of a cut depends on the current dose, as in the NICE CKS schedule for diazepam."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar, Final

from plans.domain.amounts import Dose
from plans.domain.taper.course import Course, Point, Walk
from plans.domain.taper.equivalence import scaled
from plans.domain.taper.reading import amount, items, members, read_interval
from plans.domain.taper.refusals import BandsGap, BandsOrder

_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Band:
    """Above `above`, a cut of `amount`."""

    above: Dose
    amount: Dose


@dataclass(frozen=True, slots=True)
class Bands:
    """A cut every `interval_days`, its size set by the first band whose `above` is below the current dose."""

    name: ClassVar[str] = "bands"
    bands: tuple[Band, ...]
    interval_days: int

    @classmethod
    def from_json(cls, value: object, where: str) -> Bands:
        """Read {name, bands: [{above_mg, amount_mg}], interval_days}. Raises BandsOrder unless bands fall."""
        found = members(value, where, required=("name", "bands", "interval_days"))
        bands: list[Band] = []
        for n, item in enumerate(items(found["bands"], f"{where}.bands", most=_MOST)):
            here = f"{where}.bands[{n}]"
            band = members(item, here, required=("above_mg", "amount_mg"))
            above = amount(band["above_mg"], f"{here}.above_mg", zero=True)
            if bands and above >= bands[-1].above:
                raise BandsOrder(
                    where=f"{here}.above_mg", above_mg=above.text, before_mg=bands[-1].above.text
                )
            bands.append(Band(above, amount(band["amount_mg"], f"{here}.amount_mg")))
        return cls(tuple(bands), read_interval(found, where))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        bands = [{"above_mg": band.above.text, "amount_mg": band.amount.text} for band in self.bands]
        return {"name": self.name, "bands": bands, "interval_days": self.interval_days}

    @property
    def figures(self) -> tuple[Dose, ...]:
        """Its amounts in mg of the drug: each band's edge and cut."""
        return tuple(figure for band in self.bands for figure in (band.above, band.amount))

    def scaled(self, ratio: Fraction) -> Bands:
        """The same for another drug, `ratio` mg for each mg: no cut larger than asked for at any dose."""
        bands = (Band(scaled(band.above, ratio, up=True), scaled(band.amount, ratio)) for band in self.bands)
        return replace(self, bands=tuple(bands))

    def walk(self, course: Course) -> Walk:
        """Follow the banded line. Raises BandsGap where no band gives a cut before the goal."""
        return course.follow(self._line(course))

    def _line(self, course: Course) -> Iterator[Point]:
        units = course.total
        while True:
            if units > course.goal:
                cut = next((band.amount.units for band in self.bands if band.above.units < units), None)
                if cut is None:
                    raise BandsGap(
                        where="method.bands", dose_mg=Dose(units).text, goal_mg=Dose(course.goal).text
                    )
                units = max(units - cut, course.goal)
            yield Point(self.interval_days, units)
