"""A fixed amount: the same number of mg at every cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from plans.domain.amounts import Dose
from plans.domain.taper.course import Course, Walk, falling
from plans.domain.taper.equivalence import scaled
from plans.domain.taper.reading import amount, members, read_interval, read_lengthen


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """A cut of `amount` every `interval_days`, each interval `lengthen_days` longer than the one before."""

    name: ClassVar[str] = "fixed_amount"
    amount: Dose
    interval_days: int
    lengthen_days: int = 0

    @classmethod
    def from_json(cls, value: object, where: str) -> FixedAmount:
        """Read {name, amount_mg, interval_days, lengthen_days?}."""
        found = members(
            value, where, required=("name", "amount_mg", "interval_days"), optional=("lengthen_days",)
        )
        return cls(
            amount(found["amount_mg"], f"{where}.amount_mg"),
            read_interval(found, where),
            read_lengthen(found, where),
        )

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        written: dict[str, object] = {
            "name": self.name,
            "amount_mg": self.amount.text,
            "interval_days": self.interval_days,
        }
        return written | {"lengthen_days": self.lengthen_days} if self.lengthen_days else written

    @property
    def figures(self) -> tuple[Dose, ...]:
        """Its amounts in mg of the drug."""
        return (self.amount,)

    def scaled(self, ratio: Fraction) -> FixedAmount:
        """The same for another drug, `ratio` mg for each mg: no cut larger than asked for."""
        return replace(self, amount=scaled(self.amount, ratio))

    def walk(self, course: Course) -> Walk:
        """Follow the straight line."""
        return course.follow(
            falling(course.total, Fraction(self.amount.units), self.interval_days, self.lengthen_days)
        )
