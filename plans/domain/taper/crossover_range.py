"""A switch at each end of the published equivalents: the weakest table, the chosen one, and the strongest.

Tables disagree up to two-fold (`equivalence.py`), and no measurement says which is right for one person. The whole plan
is laid out with the least and the most of the new drug that any table gives for the present dose, bare ranges included;
the rest of the request is unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
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
    """Which published equivalent a switch uses."""

    LOW = "low"
    CHOSEN = "chosen"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class CrossoverEnd:
    """One end: the `table`, its equivalent, the weakest mark of its rows, their sources, and the plan it gives.

    `equal` is the daily dose of the new drug for all that is replaced, rounded down, before any percentage is applied.
    `first` is the daily dose of the new drug after the first stage, `whole` after the last of `stages`; `last_day` is
    the last day with a dose, None for a plan that stays on one. `refusal` says why no plan can be made; then `first`,
    `whole`, `stages` and `last_day` are empty.
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
    """What a table gives for the present dose at one end of its rows: mg of the new drug per mg of each old one."""

    equal: Fraction
    table: str
    factors: tuple[tuple[str, Fraction], ...]


def crossover_range(taper: Taper) -> tuple[CrossoverEnd, ...]:
    """The low end, the chosen table and the high end of a plan's switch.

    Empty for a plan without one, changed so that no stage is left, or switched by a change, from other doses than those
    that its request begins with: the request cannot be laid out again for those.
    """
    request, crossover = taper.request, taper.request.crossover
    stage = next((step for step in taper.schedule if step.kind is StepKind.CROSSOVER), None)
    if crossover is None or stage is None:
        return ()
    old = _replaced(request, crossover)
    before = taper.schedule.step_on(stage.start - timedelta(days=1))
    if (before is not None and {drug: before.total(drug).units for drug in old} != old) or not old:
        return ()
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
    """The present daily units of every drug that is replaced."""
    old = {drug: 0 for drug in request.drug_order if drug != crossover.to}
    for intake in request.regimen:
        if intake.drug in old:
            old[intake.drug] += intake.dose.units
    return old


def _ends(table: Table, to: str, old: dict[str, int]) -> Iterator[_Published]:
    """The least and the most that a table gives; the same twice if it prints single numbers."""
    for least in (True, False):
        new = _units(table.rows[to], low=least)
        factors = tuple((drug, Fraction(new, _units(table.rows[drug], low=not least))) for drug in old)
        equal = sum((Fraction(old[drug], UNITS_PER_MG) * factor for drug, factor in factors), Fraction())
        yield _Published(equal, table.name, factors)


def _units(row: EquivalenceRow, *, low: bool) -> int:
    """The units a row equates with 10 mg of diazepam: its number, or one end of a bare range."""
    return (row.value or (row.low if low else row.high)).units


def _said(end: RangeEnd, to: str, one: _Published) -> CrossoverEnd:
    """What is published at one end, without a plan. Diazepam is the tables' reference, so it has no row to cite."""
    rows = [TABLES[one.table].rows[drug] for drug in (*dict(one.factors), to) if drug != REFERENCE]
    mark = max((row.mark for row in rows), key=_MARKS.index)
    sources = tuple(dict.fromkeys(row.source for row in rows))
    return CrossoverEnd(end, one.table, Dose(int(one.equal * UNITS_PER_MG)), mark, sources)


def _laid(request: TaperRequest, crossover: Crossover, found: CrossoverEnd, one: _Published) -> CrossoverEnd:
    """The end filled in by laying out the same request with its equivalents."""
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
