"""Two rates: one percentage down to a given dose, another (slower) one below it, each with its own interval.

The first may be a percentage of the starting dose, as in "10 % every two weeks until 20 % of the original dose, then 5
% every four weeks"; the second is always of the current dose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar, Final

from plans.domain.amounts import Dose
from plans.domain.taper.course import Course, Point, Walk
from plans.domain.taper.equivalence import scaled
from plans.domain.taper.reading import amount, members, percent, percent_text, read_interval, word

_OF: Final = ("current", "original")


@dataclass(frozen=True, slots=True)
class Rate:
    """`percent` (of 100, exact) every `interval_days`; of the first dose if `of_original`."""

    percent: Fraction
    interval_days: int
    of_original: bool = False

    def to_json(self) -> dict[str, object]:
        """The rate as the request writes it."""
        written: dict[str, object] = {
            "percent": percent_text(self.percent),
            "interval_days": self.interval_days,
        }
        return written | {"of": "original"} if self.of_original else written


@dataclass(frozen=True, slots=True)
class TwoRates:
    """`first` until the dose is below `below`, `then` from there on."""

    name: ClassVar[str] = "two_rates"
    first: Rate
    then: Rate
    below: Dose

    @property
    def interval_days(self) -> int:
        """The interval of the first rate."""
        return self.first.interval_days

    @classmethod
    def from_json(cls, value: object, where: str) -> TwoRates:
        """Read {name, first: {percent, interval_days, of}, then: {percent, interval_days}, below_mg}.

        A top-level `interval_days` applies to a rate that has none. Raises MissingKey if there is neither.
        """
        found = members(
            value, where, required=("name", "first", "then", "below_mg"), optional=("interval_days",)
        )
        first = _rate(found, "first", where, optional=("of",))
        then = _rate(found, "then", where, optional=())
        return cls(first, then, amount(found["below_mg"], f"{where}.below_mg"))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {
            "name": self.name,
            "first": self.first.to_json(),
            "then": self.then.to_json(),
            "below_mg": self.below.text,
        }

    @property
    def figures(self) -> tuple[Dose, ...]:
        """Its amounts in mg of the drug."""
        return (self.below,)

    def scaled(self, ratio: Fraction) -> TwoRates:
        """The same for another drug, `ratio` mg for each mg: the second rate begins no later than asked for."""
        return replace(self, below=scaled(self.below, ratio, up=True))

    def walk(self, course: Course) -> Walk:
        """Follow the line, changing rate below `below`."""
        return course.follow(self._line(course), endless=True)

    def _line(self, course: Course) -> Iterator[Point]:
        straight = course.total * self.first.percent / 100
        level = Fraction(course.total)
        while level >= self.below.units and level:
            level = max(
                level - straight if self.first.of_original else level * (1 - self.first.percent / 100),
                Fraction(0),
            )
            yield Point.of(self.first.interval_days, level)
        keep = 1 - self.then.percent / 100
        top, bottom = level.numerator, level.denominator
        while True:
            top *= keep.numerator
            bottom *= keep.denominator
            yield Point(self.then.interval_days, top, bottom)


def _rate(found: Mapping[str, object], key: str, where: str, *, optional: tuple[str, ...]) -> Rate:
    here = f"{where}.{key}"
    shared = "interval_days" in found
    required = ("percent",) if shared else ("percent", "interval_days")
    one = members(found[key], here, required=required, optional=(*optional, "interval_days"))
    interval = read_interval(one, here) if "interval_days" in one else read_interval(found, where)
    of = word(one.get("of", _OF[0]), f"{here}.of", _OF)
    return Rate(percent(one["percent"], f"{here}.percent"), interval, of_original=of == _OF[1])
