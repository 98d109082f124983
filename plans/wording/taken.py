"""Words about doses actually taken: who reported them, and how they differ from the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import Dose
from plans.domain.documents.words import Words
from plans.domain.regimen import DayDose
from plans.domain.taper.request import Intake
from plans.wording.doses import day_dose_words, per_day_words
from plans.wording.drugs import drug_words, listed, time_words
from plans.wording.plans import long_day

TOLD_BY: Final[Mapping[str, Promise]] = {
    "patient": _("the patient"),
    "carer": _("a carer or relative"),
    "ward": _("the ward"),
    "pharmacy": _("the pharmacy"),
    "gp": _("the GP or another prescriber"),
    "other": _("somebody else"),
}
ENDED_HOW: Final[Mapping[str, Promise]] = {
    "later_record": _("a later record"),
    "as_planned": _("as planned again"),
    "went_on": _("the plan went on from there"),
    "stay": _("a stay in hospital began"),
}


def taken_words(taken: DayDose, planned: DayDose) -> str:
    """ "takes clonazepam 6 mg, plan says clonazepam 8 mg", of every drug."""
    return gettext("takes {taken}, plan says {planned}").format(
        taken=day_dose_words(taken, clinician=True), planned=day_dose_words(planned, clinician=True)
    )


_REPORTED: Final[Mapping[str, Promise]] = {
    "planned": _("As planned."),
    "extra": _("More than planned; how much was not said."),
    "fewer": _("Less than planned; how much was not said."),
    "none": _("Nothing was taken, by the answer."),
    "other": _("Something else than planned; how much was not said."),
}


def reported_words(how: str) -> str:
    """What was reported for a day where no milligrams are known."""
    return str(_REPORTED.get(how, how))


def amount_words(taken: DayDose, planned: DayDose, *, as_planned: bool) -> str:
    """What was taken on a day in milligrams of every drug, beside the plan where it differs."""
    said = day_dose_words(taken, clinician=True)
    if as_planned:
        return gettext("{dose}, as planned.").format(dose=said)
    return gettext("{taken}. The plan said {planned}.").format(
        taken=said, planned=day_dose_words(planned, clinician=True)
    )


def regimen_words(regimen: Iterable[Intake]) -> str:
    """Every dose with its time of day: "clonazepam 0.5 mg morning, 1 mg night"; "no dose" where nothing is taken."""
    by_drug: dict[str, list[str]] = {}
    for one in sorted(regimen, key=lambda dose: (dose.drug, dose.time.minutes)):
        said = f"{one.dose.mg} {time_words(one.time).lower()}"
        by_drug.setdefault(one.drug, []).append(said)
    parts = [f"{drug_words(drug, clinician=True)} {', '.join(said)}" for drug, said in by_drug.items()]
    return "; ".join(parts) or gettext("no dose")


def pharmacy_words(regimen: Sequence[Intake], since: date, words: Words) -> str:
    """What the pharmacy sheet says when another dose is taken: each dose, since when, and to ask the clinic."""
    by_drug: dict[str, list[str]] = {}
    for one in sorted(regimen, key=lambda dose: (dose.drug, dose.time.minutes)):
        dose = words.say("take_at", pieces=words.mg(one.dose), time=words.time_inside(one.time))
        by_drug.setdefault(one.drug, []).append(dose)
    with translation.override(words.language):
        parts = [
            gettext("{drug}: {doses}").format(drug=drug, doses=words.listed(said))
            for drug, said in by_drug.items()
        ]
        return gettext(
            "The clinic has recorded a different dose from this sheet. Taken since {day}: {doses}. Ask "
            "the clinic before you dispense."
        ).format(day=words.day_year(since), doses="; ".join(parts) or gettext("no dose"))


def rise_words(rises: Mapping[str, tuple[Dose, Dose]], day: date) -> str:
    """That the dose of a drug rises from a day on, for each drug that does; "" for none."""
    if not rises:
        return ""
    said = [
        gettext("{drug} from {before} to {after}").format(
            drug=drug_words(drug, clinician=True), before=before.mg, after=after.mg
        )
        for drug, (before, after) in rises.items()
    ]
    return gettext("From {day} the plan's dose is higher than what is taken: {rises}.").format(
        day=long_day(day), rises=listed(said)
    )


def higher_words(before: DayDose, after: DayDose, day: date) -> str:
    """That a plan goes on at a higher dose than it said, whatever was taken meanwhile."""
    return gettext(
        "From {day} the dose is higher than the plan said: {after}, not {before}. Pages say HIGHER DOSE."
    ).format(
        day=long_day(day),
        after=per_day_words(after, clinician=True),
        before=day_dose_words(before, clinician=True),
    )
