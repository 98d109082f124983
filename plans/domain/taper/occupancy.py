"""Curves of receptor occupancy, with source and mark: the dose of a drug that occupies half of the sites.

Occupancy in percent is 100 D / (D + half) for D mg a day: a scale for sizing steps, never a measurement of a patient.
The published figures differ by two orders of magnitude, so nothing here chooses one: a plan names its curve.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.taper.catalogue_file import BadCatalogue
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.equivalence import REFERENCE, ratio

CURVE_FILE: Final = Path(__file__).parent / "occupancy.toml"
DEFAULT_CURVE: Final = "maudsley_2024"


class CurveNotCovered(TaperError):
    """The curve was published for another drug and does not cover this one: facts `drug`, `curve` and `curve_drug`."""

    code = "curve_not_covered"


@dataclass(frozen=True, slots=True)
class Curve:
    """One published curve: `half` is the daily dose of its `drug` that occupies half of the sites."""

    name: str
    title: str
    drug: str
    half: Dose
    mark: SourceMark
    source: str

    def half_units(self, drug: str, table: str) -> Fraction:
        """The units of a drug a day at half occupancy.

        A curve for diazepam is applied to every drug through the equivalence table: an assumption of ours. Raises
        CurveNotCovered, and PairNotCovered where the table lacks the drug.
        """
        if drug == self.drug:
            return Fraction(self.half.units)
        if self.drug != REFERENCE:
            raise CurveNotCovered(where="method.curve", drug=drug, curve=self.name, curve_drug=self.drug)
        return self.half.units * ratio(drug, table) / 10


def read_curves(path: Path) -> dict[str, Curve]:
    """The curves of a file by name. Raises BadCatalogue, naming the curve."""
    found = {}
    for name, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if set(row) != {"title", "drug", "half_mg", "mark", "source"} or row["mark"] not in tuple(SourceMark):
            raise BadCatalogue(where=name, file=path.name, why="number_without_mark_and_source")
        half = Dose.parse(row["half_mg"])
        if not (half and row["source"] and row["title"]):
            raise BadCatalogue(where=name, file=path.name, why="unreadable")
        found[name] = Curve(name, row["title"], row["drug"], half, SourceMark(row["mark"]), row["source"])
    return found


# Every curve by name, in alphabetical order.
CURVES: Final[dict[str, Curve]] = read_curves(CURVE_FILE)
