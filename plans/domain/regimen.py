"""The day's dose of every drug: the only type in which a day's dose is shown, stored and compared.

Milligrams of two drugs do not add up, so a day's dose is never one number:

>>> day = DayDose.of({"alprazolam": Dose.parse("3"), "diazepam": Dose.parse("10")})
>>> [f"{drug} {dose.text}" for drug, dose in day]
['alprazolam 3', 'diazepam 10']
>>> day.dose("lorazepam").text
'0'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from plans.domain.amounts import ZERO, Dose


class OfADrug(Protocol):
    """A dose of one drug, whenever in the day it is taken."""

    @property
    def drug(self) -> str:
        """The generic name."""

    @property
    def dose(self) -> Dose:
        """How much of it."""


@dataclass(frozen=True, slots=True)
class DayDose:
    """The day's total of each drug taken, by name; drugs not taken are left out.

    Two days are equal if they have the same milligrams of the same drugs, at whatever times of day. If the days of a
    week differ, the totals are for the whole week (`weekly`).
    """

    doses: tuple[tuple[str, Dose], ...] = ()
    weekly: bool = False

    @classmethod
    def of(cls, doses: Mapping[str, Dose]) -> DayDose:
        """A day from totals by drug, in which zeros are allowed."""
        return cls(tuple(sorted((drug, dose) for drug, dose in doses.items() if dose)))

    @classmethod
    def total(cls, taken: Iterable[OfADrug]) -> DayDose:
        """The day that some single doses add up to."""
        units: dict[str, int] = {}
        for one in taken:
            units[one.drug] = units.get(one.drug, 0) + one.dose.units
        return cls.from_units(units)

    @classmethod
    def from_units(cls, units: Mapping[str, int | Sequence[int]], weekday: int | None = None) -> DayDose:
        """The day as a row keeps it: 0.00001 mg by drug, or where the days of a week differ seven counts by drug.

        Of these it is the day of `weekday` (0: Monday), or the whole week where none is named.
        """
        counts: dict[str, int] = {}
        weekly = False
        for drug, kept in units.items():
            if isinstance(kept, int):
                counts[drug] = kept
            else:
                weekly = weekday is None
                counts[drug] = sum(kept) if weekday is None else kept[weekday]
        return cls(tuple(sorted([(drug, Dose(count)) for drug, count in counts.items() if count])), weekly)

    @property
    def units(self) -> dict[str, int]:
        """The day as stored: counts of 0.00001 mg by drug."""
        return {drug: dose.units for drug, dose in self.doses}

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs taken, in alphabetical order."""
        return tuple(drug for drug, _ in self.doses)

    def dose(self, drug: str) -> Dose:
        """How much of one drug is taken; zero if none."""
        for name, dose in self.doses:
            if name == drug:
                return dose
        return ZERO

    def more_than(self, other: DayDose) -> tuple[str, ...]:
        """The drugs with a higher dose than on another day; a week is compared with seven such days."""
        return tuple(
            drug
            for drug, dose in self.doses
            if dose.units * self._days_to_a_week > other.dose(drug).units * other._days_to_a_week
        )

    @property
    def _days_to_a_week(self) -> int:
        return 1 if self.weekly else 7

    def __iter__(self) -> Iterator[tuple[str, Dose]]:
        return iter(self.doses)

    def __bool__(self) -> bool:
        return bool(self.doses)
