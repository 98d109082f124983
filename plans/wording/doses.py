"""A day's dose in words: every drug that is taken, with its milligrams, never one number for several drugs."""

from __future__ import annotations

from django.utils.translation import gettext

from plans.domain.regimen import DayDose
from plans.wording.drugs import drug_words


def day_dose_words(day: DayDose, *, clinician: bool = False) -> str:
    """The dose of a day on one line: "alprazolam 3 mg + diazepam 10 mg"; "no dose" where nothing is taken.

    With `clinician` the names are written in tall-man letters.
    """
    if not day:
        return gettext("no dose")
    return " + ".join(f"{drug_words(drug, clinician=clinician)} {dose.mg}" for drug, dose in day)
