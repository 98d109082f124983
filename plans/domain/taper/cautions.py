"""Cautions: what a clinician must see before tapering this patient, from the record and the drugs of the plan.

The cautions are data (`cautions.toml`, grammar at its top); the sentences that say what the source advises are in
`plans.wording`. A caution never changes a plan. Those with `must_sign` are acknowledged by a named clinician before
issue. Run the screen again whenever the list of medicines changes.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.errors import Fact, Facts
from plans.domain.json import JsonObject
from plans.domain.taper import catalogue
from plans.domain.taper.catalogue_file import BadCatalogue
from plans.domain.taper.drug import DEFAULT_COUNTRY, Drug, SourceMark
from plans.domain.taper.equivalence import DEFAULT_TABLE, PairNotCovered
from plans.domain.taper.measure import measure
from plans.domain.taper.patient_facts import (
    CONDITIONS,
    INDICATIONS,
    MEDICINES,
    SETS,
    SUBSTANCES,
    PatientFacts,
)
from plans.domain.taper.schedule import Schedule, StepKind
from plans.domain.taper.withdrawal_risk import withdrawal_risk

__all__ = [
    "CONDITIONS",
    "INDICATIONS",
    "MEDICINES",
    "SUBSTANCES",
    "Caution",
    "PatientFacts",
    "screen",
    "withdrawal_risk",
]

FILE: Final = Path(__file__).with_name("cautions.toml")
_SEVERITIES: Final = ("boxed", "contraindicated", "major", "moderate", "minor", "guideline")
_TRAITS: Final = ("liver_avoid", "seizure_use")
# What on a day of the plan raises a caution by itself; see `_in_plan`.
_IN_PLAN: Final = ("several", "over_40", "together")
OVER_40: Final = Dose.parse("40")
_GOES_ON: Final = (StepKind.HOLD, StepKind.PAUSE, StepKind.STEP_BACK)
_ROUTES: Final = ("cyp3a4", "cyp2c19", "ugt")


@dataclass(frozen=True, slots=True)
class Caution:
    """One caution; facts `severity`, `drugs`, `raised_by` and `crossover`, see `screen`."""

    code: str
    facts: Facts = field(hash=False)
    source: str
    mark: str
    must_sign: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    code: str
    any_of: frozenset[tuple[str, str]]
    age_from: int | None
    drugs: frozenset[str] | None
    route: str
    trait: str
    plan: str
    severity: str
    sharper: str
    must_sign: bool
    mark: SourceMark
    source: str

    def raised_by(self, record: frozenset[tuple[str, str]], age: int | None) -> list[str]:
        """The codes of the record that raise it, sorted, then "age" if age does."""
        found = [] if self.any_of.isdisjoint(record) else sorted([code for _, code in self.any_of & record])
        if self.age_from is not None and age is not None and age >= self.age_from:
            found.append("age")
        return found

    def touches(self, drug: Drug) -> bool:
        """Whether it applies to this drug."""
        if self.drugs is not None and drug.name not in self.drugs:
            return False
        if self.route and self.route not in drug.traits.routes.value:
            return False
        if self.trait == "liver_avoid":
            return drug.traits.liver.value == "avoid"
        return self.trait != "seizure_use" or drug.traits.seizure_use.value


@cache
def entries() -> tuple[_Entry, ...]:
    """All cautions of `cautions.toml`."""
    return read_entries(FILE)


@cache
def _most_severe_first() -> tuple[_Entry, ...]:
    return tuple(sorted(entries(), key=lambda entry: _SEVERITIES.index(entry.severity)))


def read_entries(path: Path) -> tuple[_Entry, ...]:
    """The cautions of a file. Raises BadCatalogue, naming the entry, where it breaks the grammar."""
    found = []
    for n, row in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["caution"]):
        try:
            found.append(_entry(row))
        except KeyError as missing:
            where = f"caution[{n}].{missing.args[0]}"
            raise BadCatalogue(where=where, file=path.name, why="missing") from None
        except ValueError:
            raise BadCatalogue(where=f"caution[{n}]", file=path.name, why="unreadable") from None
    return tuple(found)


def _entry(row: JsonObject) -> _Entry:
    """One entry. Raises KeyError for a missing key, ValueError for a wrong value or an unknown key."""
    any_of = frozenset((key, code) for key, codes in row.pop("any_of", {}).items() for code in codes)
    drugs, age = row.pop("drugs", None), row.pop("age_from", None)
    made = _Entry(
        code=row.pop("code"),
        any_of=any_of,
        age_from=None if age is None else int(age),
        drugs=None if drugs is None else frozenset(drugs),
        route=row.pop("route", ""),
        trait=row.pop("trait", ""),
        plan=row.pop("plan", ""),
        sharper=row.pop("sharper", ""),
        severity=row.pop("severity"),
        must_sign=row.pop("must_sign"),
        mark=SourceMark(row.pop("mark")),
        source=row.pop("source"),
    )
    known = (
        all(key in SETS and code in SETS[key] for key, code in any_of)
        and (made.drugs or frozenset()) <= set(catalogue.names())
        and made.severity in _SEVERITIES
        and made.trait in ("", *_TRAITS)
        and made.route in ("", *_ROUTES)
        and made.plan in ("", *_IN_PLAN)
        and made.sharper in ("", *_SEVERITIES)
        and bool(made.sharper) == bool(made.plan)
        and made.source
        and (any_of or age)
    )
    if row or not known:
        raise ValueError(made.code)
    return made


def screen(
    patient: PatientFacts,
    schedule: Schedule,
    *,
    table: str = DEFAULT_TABLE,
    country: str = DEFAULT_COUNTRY,
) -> tuple[Caution, ...]:
    """Every caution that the record or the plan raises, in file order; the withdrawal-risk grid comes last.

    Facts: `severity`, `drugs` (those it applies to), `raised_by` (codes of the record, or "age") and `crossover`
    (whether the plan switches drugs). Entries with the same code give one caution, with the source of the most severe.
    `table` is the plan's equivalence table; `country` selects the maximum doses.
    """
    drugs = [catalogue.drug(name) for name in schedule.drugs]
    age, record = patient.age_in(schedule.start.year), _record(patient)
    in_plan = _in_plan(schedule, table, country)
    crossover = any(step.kind is StepKind.CROSSOVER for step in schedule.steps)
    found: dict[str, tuple[_Entry, str]] = {}
    raised: dict[str, tuple[set[str], set[str]]] = {}
    for entry in _most_severe_first():
        because = entry.raised_by(record, age)
        if entry.plan:
            touched = in_plan[entry.plan]
        elif because:
            touched = {drug.name for drug in drugs if entry.touches(drug)}
        else:
            continue
        if not touched:
            continue
        all_touched, all_because = raised.setdefault(entry.code, (set(), set()))
        all_touched |= touched
        all_because |= set(because)
        severity = entry.sharper if entry.plan and because else entry.severity
        found.setdefault(entry.code, (entry, severity))
    order = [entry.code for entry in entries()]
    listed = []
    for code in sorted(found, key=order.index):
        entry, severity = found[code]
        facts: dict[str, Fact] = {
            "severity": severity,
            "crossover": crossover,
            "drugs": sorted(raised[code][0]),
            "raised_by": sorted(raised[code][1]),
        }
        listed.append(Caution(code, facts, entry.source, entry.mark.value, entry.must_sign))
    first = schedule.steps[0]
    days_a_week = (
        len([day for day in first.week_of_days if day.doses]) if first.weekly else patient.days_a_week
    )
    risk = withdrawal_risk(first, patient.duration_months, days_a_week)
    grid = Caution("withdrawal_risk", risk.facts, risk.source, risk.mark.value, must_sign=False)
    return (*listed, grid)


def _record(patient: PatientFacts) -> frozenset[tuple[str, str]]:
    """The codes of the record, each paired with the name of its set."""
    codes = {
        "conditions": (*patient.conditions, *(("pregnancy",) if patient.pregnant else ())),
        "substances": patient.substances,
        "medicines": patient.medicines,
        "indications": (patient.indication,),
    }
    return frozenset((key, code) for key, found in codes.items() for code in found)


def _in_plan(schedule: Schedule, table: str, country: str) -> dict[str, set[str]]:
    """For each property of a day that raises a caution (`_IN_PLAN`), the drugs of the days that have it."""
    try:
        meter = measure(schedule.drugs, table)
    except PairNotCovered:
        meter = None
    maxima = {name: catalogue.drug(name).maximum(country).value.units for name in schedule.drugs}
    found: dict[str, set[str]] = {name: set() for name in _IN_PLAN}
    crossing = False
    for step in schedule.spans:
        # a crossover stage that is held, or paused in hospital, is still one
        crossing = step.kind is StepKind.CROSSOVER or (crossing and step.kind in _GOES_ON)
        drugs = {one.drug for one in step.doses}
        if len(drugs) > 1 and not crossing:
            found["several"] |= drugs
        if meter is not None and meter.exceeds_diazepam(meter.of(step.doses), OVER_40):
            found["over_40"] |= drugs
        if len(drugs) > 1 and sum(Fraction(one.dose.units, maxima[one.drug]) for one in step.doses) > 1:
            found["together"] |= drugs
    return found
