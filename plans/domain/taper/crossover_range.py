"""What a switch would be by each end of the published equivalents: the weakest table, the one chosen, the strongest.

Tables disagree up to two-fold (`equivalence.py`), and no measurement says which is right for one person. So the whole
plan is laid out with the least and with the most of the new drug that any table which compares the drugs makes of the
present dose, bare ranges included; everything else of the request stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from plans.domain.amounts import UNITS_PER_MG, Dose
from plans.domain.errors import TaperError
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.engine import Taper
from plans.domain.taper.equivalence import REFERENCE, TABLES, EquivalenceRow, Table
from plans.domain.taper.layout import Layout
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule, StepKind

_MARKS: Final = tuple(SourceMark)


class RangeEnd(StrEnum):
    """Which of the published equivalents a switch goes by."""

    LOW = "low"
    CHOSEN = "chosen"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class CrossoverEnd:
    """One end: the `table`, what it says (`equal` of the new drug a day for all that is replaced, rounded down, before
    any share of it), the weakest mark of its rows and their sources, and what the plan would be.

    `first` is the first dose of the new drug a day, `whole` that after the last of so many `stages`; `last_day` is the
    last day with a dose, None where the plan stays on one. `refusal` says why no plan can be made of it, with `first`,
    `whole`, `stages` and `last_day` empty.
    """

    end: RangeEnd
    table: str
    equal: Dose
    mark: SourceMark
    sources: tuple[str, ...]
    first: Dose | None = None
    whole: Dose | None = None
    stages: int = 0
    last_day: date | None = None
    refusal: TaperError | None = None


class _Published(NamedTuple):
    """What a table makes of the present dose at one end of its rows: mg of the new drug for a mg of each old one."""

    equal: Fraction
    table: str
    factors: tuple[tuple[str, Fraction], ...]


def crossover_range(taper: Taper) -> tuple[CrossoverEnd, ...]:
    """The low end, the table chosen and the high end of the switch of a plan; none where it has no switch."""
    request, crossover = taper.request, taper.request.crossover
    if crossover is None:
        return ()
    old = _replaced(request, crossover)
    tables = [table for table in TABLES.values() if all(drug in table.rows for drug in (crossover.to, *old))]
    published = [end for table in tables for end in _ends(table, crossover.to, old)]
    chosen = next(one for one in published if one.table == taper.equivalence)
    ends = {
        RangeEnd.LOW: min(published, key=lambda one: one.equal),
        RangeEnd.CHOSEN: chosen,
        RangeEnd.HIGH: max(published, key=lambda one: one.equal),
    }
    return tuple(
        _planned(_said(end, crossover.to, one), crossover.to, taper.schedule)
        if one.factors == chosen.factors
        else _laid(request, crossover, _said(end, crossover.to, one), one)
        for end, one in ends.items()
    )


def _replaced(request: TaperRequest, crossover: Crossover) -> dict[str, int]:
    """The present units a day of every drug that is replaced."""
    old = {drug: 0 for drug in request.drug_order if drug != crossover.to}
    for intake in request.regimen:
        if intake.drug in old:
            old[intake.drug] += intake.dose.units
    return old


def _ends(table: Table, to: str, old: dict[str, int]) -> Iterator[_Published]:
    """The least and the most that a table says; twice the same where it prints single numbers."""
    for least in (True, False):
        new = _units(table.rows[to], low=least)
        factors = tuple((drug, Fraction(new, _units(table.rows[drug], low=not least))) for drug in old)
        equal = sum((Fraction(old[drug], UNITS_PER_MG) * factor for drug, factor in factors), Fraction())
        yield _Published(equal, table.name, factors)


def _units(row: EquivalenceRow, *, low: bool) -> int:
    """What a row sets against 10 mg of diazepam: its number, or an end of a bare range."""
    return (row.value or (row.low if low else row.high)).units


def _said(end: RangeEnd, to: str, one: _Published) -> CrossoverEnd:
    """What is published at an end, without a plan yet. Diazepam is what tables measure by: it has no row to cite."""
    rows = [TABLES[one.table].rows[drug] for drug in (*dict(one.factors), to) if drug != REFERENCE]
    mark = max((row.mark for row in rows), key=_MARKS.index)
    sources = tuple(dict.fromkeys(row.source for row in rows))
    return CrossoverEnd(end, one.table, Dose(int(one.equal * UNITS_PER_MG)), mark, sources)


def _laid(request: TaperRequest, crossover: Crossover, found: CrossoverEnd, one: _Published) -> CrossoverEnd:
    """The same request by other equivalents."""
    try:
        schedule = Layout(replace(request, crossover=replace(crossover, factors=one.factors))).schedule()
    except TaperError as refusal:
        return replace(found, refusal=refusal)
    return _planned(found, crossover.to, schedule)


def _planned(found: CrossoverEnd, to: str, schedule: Schedule) -> CrossoverEnd:
    stages = [step for step in schedule if step.kind is StepKind.CROSSOVER]
    return replace(
        found,
        first=stages[0].total(to),
        whole=stages[-1].total(to),
        stages=len(stages),
        last_day=schedule.last_dose_day(),
    )
