"""What the caution screen reads about a patient: codes of closed sets, and a request's `patient`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plans.domain.taper import reading
from plans.domain.taper.refusals import WrongType

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
# Classes where the class matters; single medicines where they differ from their class.
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

SETS: Final = {
    "indications": INDICATIONS,
    "conditions": CONDITIONS,
    "substances": SUBSTANCES,
    "medicines": MEDICINES,
}


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What the caution screen reads about a patient. Codes come from the closed sets of this module.

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
            return reading.words(given.get(key, []), f"{where}.{key}", SETS[key], least=0)

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
