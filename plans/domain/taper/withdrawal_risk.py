"""The risk of withdrawal by duration, frequency and dose: the guideline's grid (JCPG 2025, Table 2).

The grid's examples of a low and a high dose mix equivalence tables (clonazepam 0.5 mg is Ashton's 10 mg of diazepam,
lorazepam 2 mg is VA/DoD's), so the doses in mg it prints are used, not equivalents. For drugs it does not print, its 10
and 15 mg of diazepam are converted by the table that makes the drug strongest, so that uncertainty counts as higher
risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Final

from plans.domain.amounts import UNITS_PER_MG, Dose
from plans.domain.errors import Facts
from plans.domain.regimen import DayDose
from plans.domain.taper import equivalence
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.schedule import Step

SOURCE: Final = "JCPG 2025 pocket guide, Table 2, printed page 9"
# Up to the first a dose is low, above the second high (mg a day).
PRINTED: Final = {
    "clonazepam": (Dose.parse("0.5"), Dose.parse("1.5")),
    "lorazepam": (Dose.parse("2"), Dose.parse("3")),
    "alprazolam": (Dose.parse("1"), Dose.parse("2")),
    "diazepam": (Dose.parse("10"), Dose.parse("15")),
}


RARELY_DAYS: Final = 3
"""Taken on so few days a week, the risk is rare."""


class Risk(StrEnum):
    """The three levels of the grid."""

    RARE = "rare"
    LOWER = "lower_but_possible"
    RISES = "rises_with_dose_and_duration"


class DoseClass(StrEnum):
    """The grid's class of a daily dose; UNKNOWN if no table converts the drug (treated as high)."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WithdrawalRisk:
    """The grid's answer with the figures it is based on."""

    risk: Risk
    dose_class: DoseClass
    facts: Facts = field(hash=False)
    source: str = SOURCE
    mark: SourceMark = SourceMark.VERIFIED


def withdrawal_risk(regimen: Step, duration_months: int | None, days_a_week: int = 7) -> WithdrawalRisk:
    """The grid's answer for a day's regimen, months of use (None: unknown, treated as three or more) and days a week.

    One month counts as "1 to 3 months", three as "3 months or more".
    """
    size = dose_class(regimen)
    if days_a_week <= RARELY_DAYS:
        risk = Risk.RARE
    else:
        # Below this many months the risk is lower: one for any dose, three for a low one.
        months = 3 if size is DoseClass.LOW else 1
        short = duration_months is not None and duration_months < months
        risk = Risk.LOWER if short else Risk.RISES
    facts: Facts = {
        "risk": risk.value,
        "dose_class": size.value,
        "duration_months": duration_months,
        "days_a_week": days_a_week,
    }
    return WithdrawalRisk(risk, size, facts)


def dose_class(regimen: Step) -> DoseClass:
    """The class of a day's doses together: each drug as a share of its own threshold, the shares added.

    If the days of the week differ, of the largest day.
    """
    if regimen.weekly:
        return max(map(dose_class, regimen.week_of_days), key=list(DoseClass).index)
    return day_class(regimen.day)


def is_high_risk(week: Sequence[DayDose], duration_months: int | None) -> bool:
    """Whether the grid is at its highest level for the days of a week, and the dose is high."""
    worst = max(map(day_class, week), key=list(DoseClass).index)
    often = sum(map(bool, week)) > RARELY_DAYS
    short = duration_months is not None and duration_months < 1
    return worst in (DoseClass.HIGH, DoseClass.UNKNOWN) and often and not short


def day_class(day: DayDose) -> DoseClass:
    """The class of one day's doses together."""
    low = high = Fraction(0)
    for drug, dose in day:
        ends = _thresholds(drug)
        if ends is None:
            return DoseClass.UNKNOWN
        low += dose.units / ends[0]
        high += dose.units / ends[1]
    if low <= 1:
        return DoseClass.LOW
    return DoseClass.MODERATE if high <= 1 else DoseClass.HIGH


@cache
def _thresholds(drug: str) -> tuple[Fraction, Fraction] | None:
    if drug in PRINTED:
        low, high = PRINTED[drug]
        return Fraction(low.units), Fraction(high.units)
    try:
        _, strongest = equivalence.ratio_ends(drug)
    except equivalence.PairNotCovered:
        return None
    ten = strongest * UNITS_PER_MG
    return ten, ten * 3 / 2
