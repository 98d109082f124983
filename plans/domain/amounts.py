"""Amounts of medicine, exact: integers of a smallest unit, never binary floats.

A dose is an integer count of 0.00001 mg, so that a quarter of a 0.125 mg tablet (0.03125 mg) is exact.
A volume is an integer count of microlitres (0.001 mL).

Amounts are written by the ISMP list of error-prone abbreviations: a leading zero, no trailing zero and a space before
the unit, because "5.0 mg" has been read as 50 mg and ".5 mg" as 5 mg.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from plans.domain.errors import BadAmount

UNITS_PER_MG: Final = 100_000
MICROLITRES_PER_ML: Final = 1_000
NBSP: Final = "\u00a0"

# The longest valid text is "999.99999"; anything longer is refused before the regular expression runs.
_LONGEST: Final = 12
# \Z, not $: "$" would let a trailing line feed through. [0-9], not \d: "\d" takes Arabic-Indic digits.
_DOSE: Final = re.compile(r"(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,5}))?\Z")
_VOLUME: Final = re.compile(r"(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,3}))?\Z")


def _decimal(pattern: re.Pattern[str], digits: int, raw: object, kind: str) -> int:
    if not isinstance(raw, str):
        raise BadAmount(raw=type(raw).__name__, kind=kind, why="not_text")
    if len(raw) > _LONGEST:
        raise BadAmount(raw=raw[:_LONGEST], kind=kind, why="too_long")
    text = raw.strip(" ")
    found = pattern.match(text)
    if found is None:
        raise BadAmount(raw=text, kind=kind, why=_why_refused(text))
    whole, fraction = found.group(1), found.group(2) or ""
    scale: int = 10**digits
    return int(whole) * scale + int(fraction.ljust(digits, "0") or "0")


def _why_refused(text: str) -> str:
    """Name the common slip, so that the message can say what to type instead."""
    if not text:
        return "empty"
    if text.startswith("."):
        return "no_leading_zero"
    if "," in text:
        return "comma"
    if text.startswith(("-", "+")):
        return "signed"
    if text.endswith("mg"):
        return "unit_typed"
    return "not_a_number"


def _written(count: int, digits: int) -> str:
    whole, rest = divmod(count, 10**digits)
    fraction = str(rest).rjust(digits, "0").rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)


@dataclass(frozen=True, slots=True, order=True)
class Dose:
    """An amount of medicine as an integer count of 0.00001 mg; may be zero, never negative."""

    units: int

    def __post_init__(self) -> None:
        if type(self.units) is not int or self.units < 0:
            raise BadAmount(raw=str(self.units), kind="dose", why="not_a_count")

    @classmethod
    def parse(cls, raw: object) -> Dose:
        """Read a dose typed by a person or sent as JSON: a string such as "0.5" (mg).

        At most three digits before and five after the point; "5.0" is accepted (and will be written "5"), ".5",
        "5,0", "1e2", "+5", "1_0" and non-ASCII digits are not. Raises BadAmount, which names the slip.
        """
        return cls(_decimal(_DOSE, 5, raw, "dose"))

    @property
    def text(self) -> str:
        """The number alone in safe notation: "0.5", "5"."""
        return _written(self.units, 5)

    @property
    def mg(self) -> str:
        """The dose as people read it, with a no-break space: "0.5 mg"."""
        return f"{self.text}{NBSP}mg"

    def __str__(self) -> str:
        return self.mg

    def __add__(self, other: Dose) -> Dose:
        return Dose(self.units + other.units)

    def __sub__(self, other: Dose) -> Dose:
        return Dose(self.units - other.units)

    def __mul__(self, times: int) -> Dose:
        return Dose(self.units * times)

    def __bool__(self) -> bool:
        return self.units > 0


ZERO: Final = Dose(0)


def total(doses: Iterable[Dose]) -> Dose:
    """The sum of an iterable of doses; nothing sums to zero."""
    return Dose(sum(dose.units for dose in doses))


@dataclass(frozen=True, slots=True, order=True)
class Volume:
    """A measured volume as an integer count of microlitres (0.001 mL)."""

    microlitres: int

    @classmethod
    def parse(cls, raw: object) -> Volume:
        """Read a volume in mL from text such as "0.4"; at most three decimals. Raises BadAmount."""
        return cls(_decimal(_VOLUME, 3, raw, "volume"))

    @property
    def text(self) -> str:
        """The number of mL alone: "0.4"."""
        return _written(self.microlitres, 3)

    @property
    def ml(self) -> str:
        """The volume as people read it: "0.4 mL" with a no-break space."""
        return f"{self.text}{NBSP}mL"

    def __str__(self) -> str:
        return self.ml
