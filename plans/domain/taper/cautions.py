"""What a clinician must see before tapering this person: from the record and the drugs of the plan.

The cautions themselves are data (`cautions.toml`, with its grammar at the top); the sentences of what the
source says to do are in `plans.wording`. A caution never changes a plan. `must_sign` ones are acknowledged by
a named clinician before issue. Run the screen again whenever the list of medicines changes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from plans.domain.errors import Fact, Facts
from plans.domain.taper import catalogue, reading
from plans.domain.taper.catalogue import Drug, Mark
from plans.domain.taper.catalogue_file import BadCatalogue
from plans.domain.taper.refusals import WrongType
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

INDICATIONS: Final = (
    "anxiety",
    "panic",
    "insomnia",
    "seizures",
    "muscle_spasm",
    "alcohol_withdrawal",
    "other",
    "unknown",
)
CONDITIONS: Final = (
    "seizure_disorder",
    "withdrawal_seizure",
    "withdrawal_delirium",
    "suicidality",
    "depression",
    "bipolar_disorder",
    "psychosis",
    "ptsd",
    "substance_use_disorder",
    "pregnancy",
    "breastfeeding",
    "severe_liver_disease",
    "severe_breathing_disease",
    "sleep_apnoea",
    "myasthenia_gravis",
    "narrow_angle_glaucoma",
)
SUBSTANCES: Final = (
    "opioids",
    "opioid_treatment",
    "alcohol",
    "kratom",
    "other_sedatives",
    "sodium_oxybate",
    "grapefruit",
)
# Classes where the class matters, single medicines where they differ from their class.
MEDICINES: Final = (
    "gabapentinoid",
    "antipsychotic",
    "clozapine",
    "sedating_antihistamine",
    "muscle_relaxant",
    "fluvoxamine",
    "fluoxetine",
    "sertraline",
    "nefazodone",
    "other_antidepressant",
    "azole_antifungal",
    "fluconazole",
    "macrolide",
    "fluoroquinolone",
    "ritonavir",
    "cimetidine",
    "omeprazole",
    "diltiazem",
    "enzyme_inducer",
    "cenobamate",
    "cannabidiol",
    "stiripentol",
    "valproate",
    "probenecid",
    "st_johns_wort",
    "hormonal_contraceptive",
    "flumazenil",
)

FILE: Final = Path(__file__).with_name("cautions.toml")
_SETS: Final = {
    "indications": INDICATIONS,
    "conditions": CONDITIONS,
    "substances": SUBSTANCES,
    "medicines": MEDICINES,
}
_SEVERITIES: Final = ("boxed", "contraindicated", "major", "moderate", "minor", "guideline")
_TRAITS: Final = ("liver_avoid", "seizure_use")
_ROUTES: Final = ("cyp3a4", "cyp2c19", "ugt")


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What the screen reads of a patient. Codes come from the closed sets of this module.

    `born_year` or `age` (years), whichever is known; `days_a_week` on which the drug is taken (7: daily).
    """

    born_year: int | None = None
    age: int | None = None
    duration_months: int | None = None
    days_a_week: int = 7
    indication: str = "unknown"
    conditions: frozenset[str] = frozenset()
    substances: frozenset[str] = frozenset()
    medicines: tuple[str, ...] = ()
    pregnant: bool = False

    @classmethod
    def from_json(cls, raw: object, where: str = "patient") -> PatientFacts:
        """Read the `patient` of a request; any key may be left out, unknown ones are refused with their path.

        Raises WrongType, UnknownKey, NotOneOf, Duplicate or OutOfRange (TaperError) with `where`.
        """
        keys = (*cls.__dataclass_fields__,)
        given = reading.members(raw, where, optional=keys)

        def number(key: str, lowest: int, highest: int) -> int | None:
            value = given.get(key)
            path = f"{where}.{key}"
            return None if value is None else reading.whole(value, path, lowest=lowest, highest=highest)

        def codes(key: str) -> tuple[str, ...]:
            return reading.words(given.get(key, []), f"{where}.{key}", _SETS[key], least=0)

        pregnant = given.get("pregnant", False)
        if not isinstance(pregnant, bool):
            raise WrongType(where=f"{where}.pregnant", expected="true_or_false", got=reading.kind(pregnant))
        return cls(
            born_year=number("born_year", 1880, reading.LAST_YEAR),
            age=number("age", 0, 130),
            duration_months=number("duration_months", 0, 1200),
            days_a_week=number("days_a_week", 1, 7) or 7,
            indication=reading.word(given.get("indication", "unknown"), f"{where}.indication", INDICATIONS),
            conditions=frozenset(codes("conditions")),
            substances=frozenset(codes("substances")),
            medicines=codes("medicines"),
            pregnant=pregnant,
        )

    def to_json(self) -> dict[str, object]:
        """The same facts as canonical JSON: only what is known, lists sorted; `from_json` reads it back."""
        lists = {key: sorted(getattr(self, key)) for key in ("conditions", "substances", "medicines")}
        numbers = {key: getattr(self, key) for key in ("born_year", "age", "duration_months")}
        return {
            **{key: value for key, value in numbers.items() if value is not None},
            **({"days_a_week": self.days_a_week} if self.days_a_week != 7 else {}),
            **({"indication": self.indication} if self.indication != "unknown" else {}),
            **{key: value for key, value in lists.items() if value},
            **({"pregnant": True} if self.pregnant else {}),
        }

    def age_in(self, year: int) -> int | None:
        """Years of age in a calendar year: the given age, else the one reached in that year."""
        if self.age is not None:
            return self.age
        return None if self.born_year is None else year - self.born_year


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to see: its facts are `severity`, `drugs`, `raised_by` and `crossover`, see `screen`."""

    code: str
    facts: Facts = field(hash=False)
    source: str
    mark: str
    must_sign: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    code: str
    any_of: Mapping[str, frozenset[str]] = field(hash=False)
    age_from: int | None
    drugs: frozenset[str] | None
    route: str
    trait: str
    severity: str
    must_sign: bool
    mark: Mark
    source: str

    def raised_by(self, patient: PatientFacts, year: int) -> list[str]:
        """The codes of the record that raise it, sorted; ["age"] for age."""
        conditions = patient.conditions | ({"pregnancy"} if patient.pregnant else frozenset())
        record = {
            "conditions": conditions,
            "substances": patient.substances,
            "medicines": frozenset(patient.medicines),
            "indications": frozenset({patient.indication}),
        }
        found = sorted(code for key, codes in self.any_of.items() for code in codes & record[key])
        age = patient.age_in(year)
        return ["age"] if self.age_from is not None and age is not None and age >= self.age_from else found

    def touches(self, drug: Drug) -> bool:
        """Whether it concerns this drug."""
        if self.drugs is not None and drug.name not in self.drugs:
            return False
        if self.route and self.route not in drug.traits.routes.value:
            return False
        if self.trait == "liver_avoid":
            return drug.traits.liver.value == "avoid"
        return self.trait != "seizure_use" or drug.traits.seizure_use.value


@cache
def entries() -> tuple[_Entry, ...]:
    """All cautions of the file. Raises BadCatalogue, naming the entry, where it breaks the grammar."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["caution"]
    return tuple(_entry(row, f"caution[{n}]") for n, row in enumerate(rows))


def _entry(row: dict[str, Any], where: str) -> _Entry:
    any_of = {key: frozenset(codes) for key, codes in row.pop("any_of", {}).items()}
    drugs, age = row.pop("drugs", None), row.pop("age_from", None)
    made = _Entry(
        code=row.pop("code"),
        any_of=any_of,
        age_from=None if age is None else int(age),
        drugs=None if drugs is None else frozenset(drugs),
        route=row.pop("route", ""),
        trait=row.pop("trait", ""),
        severity=row.pop("severity"),
        must_sign=row.pop("must_sign"),
        mark=Mark(row.pop("mark")),
        source=row.pop("source"),
    )
    known = (
        all(key in _SETS and codes <= set(_SETS[key]) for key, codes in any_of.items())
        and (made.drugs or frozenset()) <= set(catalogue.names())
        and made.severity in _SEVERITIES
        and made.trait in ("", *_TRAITS)
        and made.route in ("", *_ROUTES)
        and made.source
        and (any_of or age)
    )
    if row or not known:
        raise BadCatalogue(where=where, file=FILE.name, why="unknown_key" if row else "unreadable")
    return made


def screen(patient: PatientFacts, schedule: Schedule) -> tuple[Caution, ...]:
    """Every caution the record raises with the drugs of the plan, in the order of the file; the grid last.

    Facts: `severity`, `drugs` (those it touches), `raised_by` (codes of the record, or "age") and `crossover`
    (whether the plan switches drugs). Entries of the file with one code are said once, with the gravest one's
    source.
    """
    drugs = [catalogue.drug(name) for name in schedule.drugs]
    crossover = any(step.kind is StepKind.CROSSOVER for step in schedule.steps)
    found: dict[str, Caution] = {}
    raised: dict[str, tuple[set[str], set[str]]] = {}
    for entry in sorted(entries(), key=lambda entry: _SEVERITIES.index(entry.severity)):
        because = entry.raised_by(patient, schedule.start.year)
        touched = {drug.name for drug in drugs if entry.touches(drug)}
        if not because or not touched:
            continue
        all_touched, all_because = raised.setdefault(entry.code, (set(), set()))
        all_touched |= touched
        all_because |= set(because)
        facts: dict[str, Fact] = {"severity": entry.severity, "crossover": crossover}
        found.setdefault(
            entry.code, Caution(entry.code, facts, entry.source, entry.mark.value, entry.must_sign)
        )
    order = [entry.code for entry in entries()]
    listed = [
        replace(
            found[code],
            facts={
                **found[code].facts,
                "drugs": sorted(raised[code][0]),
                "raised_by": sorted(raised[code][1]),
            },
        )
        for code in sorted(found, key=order.index)
    ]
    risk = withdrawal_risk(schedule.steps[0], patient.duration_months, patient.days_a_week)
    grid = Caution("withdrawal_risk", risk.facts, risk.source, risk.mark.value, must_sign=False)
    return (*listed, grid)
