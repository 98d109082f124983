"""Typed rows: the clinician's own doses, row by row, from the first day of the plan.

A row gives every dose of the day, or only the day's total, which is then shared over the times of day as for any other
method. A dose, or a whole row, may be limited to some days of the week. Nothing is rounded: a row the tablets cannot
make is refused with the nearest doses. A row that rises was typed on purpose, and is marked as a rise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from plans.domain.amounts import Dose
from plans.domain.taper.catalogue import names
from plans.domain.taper.course import MOST_DAYS, MOST_STEPS
from plans.domain.taper.reading import amount, items, kind, members, time_of_day, weekdays_of, whole, word
from plans.domain.taper.refusals import Duplicate, MissingKey, WeeklyPattern, WrongType
from plans.domain.taper.schedule import TimeOfDay
from plans.domain.taper.weekdays import DAYS_A_WEEK, EVERY_DAY, Weekdays


@dataclass(frozen=True, slots=True)
class TypedRow:
    """`days` on these doses, or, if `total` is given, on that total shared over the times of day.

    `weekdays` are those of each dose, or of the total; empty if everything is taken every day.
    """

    days: int
    doses: tuple[tuple[TimeOfDay, str, Dose], ...] = ()
    total: Dose | None = None
    weekdays: tuple[Weekdays, ...] = ()

    @classmethod
    def of(cls, days: int, doses: Iterable[tuple[TimeOfDay, str, Dose, Weekdays]]) -> TypedRow:
        """The row from doses with their days of the week."""
        timed = tuple(doses)
        weekdays = tuple(on for *_, on in timed)
        weekly = any(on is not EVERY_DAY for on in weekdays)
        return cls(days, tuple(dose[:3] for dose in timed), weekdays=weekdays if weekly else ())

    @property
    def timed(self) -> tuple[tuple[TimeOfDay, str, Dose, Weekdays], ...]:
        """Its doses with their days of the week."""
        on = self.weekdays or (EVERY_DAY,) * len(self.doses)
        return tuple((*dose, days) for dose, days in zip(self.doses, on, strict=True))


@dataclass(frozen=True, slots=True)
class Typed:
    """The rows, in order."""

    name: ClassVar[str] = "typed"
    rows: tuple[TypedRow, ...]

    @property
    def interval_days(self) -> int:
        """Zero: each row has its own days, so the method adds no interval."""
        return 1

    @classmethod
    def from_json(cls, value: object, where: str) -> Typed:
        """Read {name, rows: [{days, doses} or {days, total_mg}]}, each with `days_of_week` where it has any."""
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
    found = members(
        value, where, required=("days", "total_mg" if by_total else "doses"), optional=("days_of_week",)
    )
    days = whole(found["days"], f"{where}.days", lowest=1, highest=MOST_DAYS)
    every = weekdays_of(found, where)
    if by_total:
        total = amount(found["total_mg"], f"{where}.total_mg", zero=True)
        row = TypedRow(days, total=total, weekdays=() if every is EVERY_DAY else (every,))
    else:
        row = TypedRow.of(days, _doses(found["doses"], where, every))
    if row.weekdays and days < DAYS_A_WEEK:
        raise WeeklyPattern(where=f"{where}.days", why="short", days=days)
    return row


def _doses(value: object, where: str, every: Weekdays) -> list[tuple[TimeOfDay, str, Dose, Weekdays]]:
    """The doses of a row, each on its own days of the week or on `every`, the row's."""
    doses: list[tuple[TimeOfDay, str, Dose, Weekdays]] = []
    for n, item in enumerate(items(value, f"{where}.doses", most=40, least=0)):
        here = f"{where}.doses[{n}]"
        dose = members(item, here, required=("time", "drug", "dose_mg"), optional=("days_of_week",))
        time = time_of_day(dose["time"], f"{here}.time")
        drug = word(dose["drug"], f"{here}.drug", names())
        on = weekdays_of(dose, here, every)
        if any((time, drug) == other[:2] and on.meets(other[3]) for other in doses):
            raise Duplicate(where=here, what=f"{time.value} {drug}")
        doses.append((time, drug, amount(dose["dose_mg"], f"{here}.dose_mg", zero=True), on))
    return doses


def _row_json(row: TypedRow) -> dict[str, object]:
    same = set(row.weekdays)
    of_all: dict[str, object] = {"days_of_week": row.weekdays[0].names} if len(same) == 1 else {}
    if row.total is not None:
        return {"days": row.days, "total_mg": row.total.text} | of_all
    doses = [
        {"time": time.value, "drug": drug, "dose_mg": dose.text}
        | ({} if of_all or on is EVERY_DAY else {"days_of_week": on.names})
        for time, drug, dose, on in row.timed
    ]
    return {"days": row.days, "doses": doses} | of_all
