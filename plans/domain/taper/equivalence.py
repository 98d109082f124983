"""Equivalence: the amount of a drug equal to 10 mg of oral diazepam, by named, dated tables that differ up to two-fold.

A plan names its table. Nothing here averages, and a drug that a table does not cover is refused, never guessed. The
rows are data, one file per table in `equivalents/`; every row carries its own mark and source.

Rounding: a conversion is exact integer arithmetic, rounded once at the end to the nearest 0.00001 mg, ties down (never
more than the exact equivalent). Where a table prints only a range ("15-30"), `ratio` refuses because a conversion needs
one number, and `ratio_range` gives both ends. Where it prints a number within a range, that number is used.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.taper.catalogue_file import BadCatalogue
from plans.domain.taper.drug import Figure, SourceMark

TABLE_FILES: Final = Path(__file__).parent / "equivalents"
DEFAULT_TABLE: Final = "ashton_2002"
REFERENCE: Final = "diazepam"
REFERENCE_MG: Final = Dose.parse("10")


class UnknownTable(TaperError):
    """No equivalence table of that name: facts `table` and `known`."""

    code = "unknown_table"


class PairNotCovered(TaperError):
    """The table has no single number for the drug: facts `drug`, `table`, `why`, `covered_by`, `low`, `high`.

    `why` is "absent" (no row) or "range" (the table prints only a range, `low` to `high` mg per 10 mg of diazepam).
    """

    code = "pair_not_covered"


@dataclass(frozen=True, slots=True)
class EquivalenceRow:
    """The mg of a drug that equal 10 mg of diazepam; `value` is None where a table prints only a range."""

    value: Dose | None
    low: Dose
    high: Dose
    mark: SourceMark
    source: str


@dataclass(frozen=True, slots=True)
class Table:
    """One published table: `name` is its stable key, `year` when it was published."""

    name: str
    title: str
    year: str
    source: str
    rows: dict[str, EquivalenceRow] = field(hash=False)

    def covers(self, drug: str) -> bool:
        """Whether the table can convert this drug with one number."""
        row = self.rows.get(drug)
        return row is not None and row.value is not None


def read_table(path: Path) -> Table:
    """The table in a file, its mg scaled to 10 mg of diazepam. Raises BadCatalogue, naming the row."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    printed = Dose.parse(data["printed_per_diazepam_mg"])
    rows = {
        REFERENCE: EquivalenceRow(
            REFERENCE_MG, REFERENCE_MG, REFERENCE_MG, SourceMark.VERIFIED, data["source"]
        )
    }
    for drug, row in data["rows"].items():
        if set(row) - {"value"} != {"low", "high", "mark", "source"} or row["mark"] not in tuple(SourceMark):
            raise BadCatalogue(where=f"rows.{drug}", file=path.name, why="number_without_mark_and_source")
        low, high = (_per_reference(row[end], printed) for end in ("low", "high"))
        value = _per_reference(row["value"], printed) if "value" in row else low if low == high else None
        if not (low and row["source"]) or not low <= (value or high) <= high:
            raise BadCatalogue(where=f"rows.{drug}", file=path.name, why="unreadable")
        rows[drug] = EquivalenceRow(value, low, high, SourceMark(row["mark"]), row["source"])
    return Table(path.stem, data["title"], data["year"], data["source"], rows)


def _per_reference(raw: object, printed: Dose) -> Dose:
    """A printed amount scaled to 10 mg of diazepam; exact, since tables print per 5 mg or per 10 mg."""
    return Dose(Dose.parse(raw).units * (REFERENCE_MG.units // printed.units))


def _all() -> dict[str, Table]:
    found = (read_table(path) for path in sorted(TABLE_FILES.glob("*.toml")))
    return {table.name: table for table in found}


# Every table by name, in alphabetical order.
TABLES: Final[dict[str, Table]] = _all()


def table_named(name: str) -> Table:
    """The table of that name. Raises UnknownTable."""
    if name not in TABLES:
        raise UnknownTable(table=name[:40], known=list(TABLES))
    return TABLES[name]


def ratio_range(drug: str, table: str) -> tuple[Fraction, Fraction]:
    """The mg of the drug that equal 10 mg of diazepam, both ends (equal if the table prints one number).

    Raises UnknownTable, PairNotCovered.
    """
    row = table_named(table).rows.get(drug)
    if row is None:
        raise PairNotCovered(
            drug=drug, table=table, why="absent", covered_by=covering(drug), low=None, high=None
        )
    return _mg(row.low), _mg(row.high)


@cache
def ratio(drug: str, table: str) -> Fraction:
    """The mg of the drug that equal 10 mg of diazepam.

    Raises UnknownTable, and PairNotCovered also for a bare range.
    """
    ratio_range(drug, table)
    row = TABLES[table].rows[drug]
    if row.value is None:
        raise PairNotCovered(
            drug=drug,
            table=table,
            why="range",
            covered_by=covering(drug),
            low=row.low.text,
            high=row.high.text,
        )
    return _mg(row.value)


def covering(drug: str) -> list[str]:
    """The names of the tables that convert the drug with one number."""
    return [name for name, table in TABLES.items() if table.covers(drug)]


def figure(drug: str, table: str) -> Figure[Fraction]:
    """The ratio with its mark and source. Raises like `ratio`."""
    value, row = ratio(drug, table), TABLES[table].rows[drug]
    return Figure(value, row.mark, row.source)


def exact_mg(dose: Dose, drug: str, table: str) -> Fraction:
    """The mg of diazepam that equal the dose, unrounded, as limits use it. Raises like `ratio`."""
    return _mg(dose) * 10 / ratio(drug, table)


def to_diazepam(dose: Dose, drug: str, table: str) -> Dose:
    """The diazepam that equals the dose, to the nearest 0.00001 mg (ties down). Raises like `ratio`."""
    return _rounded(exact_mg(dose, drug, table))


def both_ends(dose: Dose, drug: str) -> tuple[Dose, Dose]:
    """The least and the most diazepam that any table gives for the dose, bare ranges included.

    Raises PairNotCovered (table "") when no table knows the drug.
    """
    weakest, strongest = ratio_ends(drug)
    return _rounded(_mg(dose) * 10 / weakest), _rounded(_mg(dose) * 10 / strongest)


@cache
def ratio_ends(drug: str) -> tuple[Fraction, Fraction]:
    """The most and the least mg of the drug equal to 10 mg of diazepam in any table: weakest, then strongest.

    Raises PairNotCovered (table "") when no table knows the drug.
    """
    rows = [table.rows[drug] for table in TABLES.values() if drug in table.rows]
    if not rows:
        raise PairNotCovered(drug=drug, table="", why="absent", covered_by=[], low=None, high=None)
    return _mg(max(row.value or row.high for row in rows)), _mg(min(row.value or row.low for row in rows))


def scaled(dose: Dose, ratio: Fraction, *, up: bool = False) -> Dose:
    """The dose times an exact ratio, in whole units: rounded down, or `up`."""
    exact = dose.units * ratio
    return Dose(-(-exact.numerator // exact.denominator) if up else exact.numerator // exact.denominator)


def _mg(dose: Dose) -> Fraction:
    return Fraction(dose.units, 100_000)


def _rounded(mg: Fraction) -> Dose:
    doubled = mg * 200_000
    whole, rest = divmod(doubled.numerator, doubled.denominator * 2)
    return Dose(whole + (rest > doubled.denominator))
