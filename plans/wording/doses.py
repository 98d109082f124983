"""A day's dose in words: each drug with its own milligrams, never one number for several drugs."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from plans.domain.amounts import NBSP, Dose
from plans.domain.regimen import DayDose
from plans.wording.drugs import drug_words, listed
from plans.wording.methods import table_words


def day_dose_words(day: DayDose, *, clinician: bool = False) -> str:
    """The dose of a day on one line: "alprazolam 3 mg + diazepam 10 mg"; "no dose" where nothing is taken; of a week
    whose days differ, "zolpidem 15 mg a week".

    With `clinician` the names are written in tall-man letters.
    """
    if not day:
        return gettext("no dose")
    return _of_week(
        day, " + ".join(_named(drug_words(drug, clinician=clinician), dose) for drug, dose in day)
    )


def day_dose_said(day: DayDose) -> str:
    """The same inside a sentence for patients: "alprazolam 3 mg and diazepam 10 mg"."""
    if not day:
        return gettext("no dose")
    return _of_week(day, listed([_named(drug_words(drug), dose) for drug, dose in day]))


def per_day_words(day: DayDose, *, clinician: bool = False) -> str:
    """The same with what it is taken in: "diazepam 10 mg a day", "zolpidem 15 mg a week"."""
    said = day_dose_words(day, clinician=clinician) if clinician else day_dose_said(day)
    return said if day.weekly else gettext("{dose} a day").format(dose=said)


def _of_week(day: DayDose, said: str) -> str:
    """What is said of a day, or of the week whose days differ: "zolpidem 15 mg a week"."""
    return gettext("{dose} a week").format(dose=said) if day.weekly else said


def _named(name: str, dose: Dose) -> str:
    """A drug with its dose, kept on one line."""
    return f"{name}{NBSP}{dose.mg}"


def drugs_words(drugs: Iterable[str], *, clinician: bool = False) -> str:
    """The drugs of a plan on one line, in the plan's order: "alprazolam + diazepam"."""
    return " + ".join(drug_words(drug, clinician=clinician) for drug in drugs)


def stairs_words(drugs: Iterable[str], *, table: str, alone: str, clinician: bool = True) -> str:
    """What the height of the dose steps is for several drugs: diazepam equivalents by `table`, or one drug `alone`.

    Empty for a single drug: the height is then its milligrams.
    """
    if table:
        said = gettext("Shown: {drugs} together, as diazepam equivalents ({table}).")
        return said.format(drugs=drugs_words(drugs, clinician=clinician), table=table_words(table))
    if alone:
        others = drugs_words((drug for drug in drugs if drug != alone), clinician=clinician)
        said = gettext("Shown: {drug} alone. The plan's table has no equivalents by which to add {others}.")
        return said.format(drug=drug_words(alone, clinician=clinician), others=others)
    return ""
