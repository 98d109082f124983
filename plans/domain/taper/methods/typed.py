"""Typed rows: the clinician's own doses, row by row, from the first day of the plan on.

A row gives every dose of the day, or only the day's total, which is shared over the times of day like the total of any
other method. Nothing is rounded: a row the tablets cannot make is refused with its neighbours. A row that rises is a
step back somebody typed on purpose, and is marked as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from plans.domain.amounts import Dose
from plans.domain.taper.catalogue import names
from plans.domain.taper.course import MOST_DAYS, MOST_STEPS
from plans.domain.taper.reading import amount, items, kind, members, time_of_day, whole, word
from plans.domain.taper.refusals import Duplicate, MissingKey, WrongType
from plans.domain.taper.schedule import TimeOfDay


@dataclass(frozen=True, slots=True)
class TypedRow:
    """`days` on these doses, or, where `total` is given, on that total shared over the times of day."""

    days: int
    doses: tuple[tuple[TimeOfDay, str, Dose], ...] = ()
    total: Dose | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """The rows, in order."""

    name: ClassVar[str] = "typed"
    rows: tuple[TypedRow, ...]

    @property
    def interval_days(self) -> int:
        """Rows have their own days; nothing lies between them."""
        return 1

    @classmethod
    def from_json(cls, value: object, where: str) -> Typed:
        """Read {name, rows: [{days, doses} or {days, total_mg}]}."""
        found = members(value, where, required=("name", "rows"))
        rows = items(found["rows"], f"{where}.rows", most=MOST_STEPS)
        return cls(tuple(read_row(row, f"{where}.rows[{n}]") for n, row in enumerate(rows)))

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it."""
        return {"name": self.name, "rows": [_row_json(row) for row in self.rows]}


def read_row(value: object, where: str) -> TypedRow:
    """One row as a request writes it. Raises TaperError with the path."""
    if not isinstance(value, dict):
        raise WrongType(where=where, expected="object", got=kind(value))
    by_total = "total_mg" in value
    if not by_total and "doses" not in value:
        raise MissingKey(where=f"{where}.doses", key="doses")
    found = members(value, where, required=("days", "total_mg" if by_total else "doses"))
    days = whole(found["days"], f"{where}.days", lowest=1, highest=MOST_DAYS)
    if by_total:
        return TypedRow(days, total=amount(found["total_mg"], f"{where}.total_mg", zero=True))
    doses: list[tuple[TimeOfDay, str, Dose]] = []
    for n, item in enumerate(items(found["doses"], f"{where}.doses", most=40, least=0)):
        here = f"{where}.doses[{n}]"
        dose = members(item, here, required=("time", "drug", "dose_mg"))
        time = time_of_day(dose["time"], f"{here}.time")
        drug = word(dose["drug"], f"{here}.drug", names())
        if any((time, drug) == (other[0], other[1]) for other in doses):
            raise Duplicate(where=here, what=f"{time.value} {drug}")
        doses.append((time, drug, amount(dose["dose_mg"], f"{here}.dose_mg", zero=True)))
    return TypedRow(days, tuple(doses))


def _row_json(row: TypedRow) -> dict[str, object]:
    if row.total is not None:
        return {"days": row.days, "total_mg": row.total.text}
    doses = [{"time": time.value, "drug": drug, "dose_mg": dose.text} for time, drug, dose in row.doses]
    return {"days": row.days, "doses": doses}
