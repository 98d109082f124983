"""A fixed amount: the same number of mg at every cut."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from plans.domain.amounts import Dose
from plans.domain.taper.course import Course, Walk, falling
from plans.domain.taper.reading import amount, members, read_interval


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """`amount` less every `interval_days`."""

    name: ClassVar[str] = "fixed_amount"
    amount: Dose
    interval_days: int

    @classmethod
    def from_json(cls, value: object, where: str) -> FixedAmount:
        """Read {name, amount_mg, interval_days}."""
        found = members(value, where, required=("name", "amount_mg", "interval_days"))
        return cls(amount(found["amount_mg"], f"{where}.amount_mg"), read_interval(found, where))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {"name": self.name, "amount_mg": self.amount.text, "interval_days": self.interval_days}

    def walk(self, course: Course) -> Walk:
        """Follow the straight line."""
        return course.follow(falling(course.total, Fraction(self.amount.units), self.interval_days))
