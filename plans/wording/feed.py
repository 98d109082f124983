"""Titles of calendar events: neutral, or with doses if the patient chose that."""

from __future__ import annotations

from typing import Final

from django.utils import translation
from django.utils.translation import gettext

from plans.domain.amounts import NBSP
from plans.domain.documents.words import BREAK, Words
from plans.domain.people import CareState
from plans.domain.taper.schedule import Step, StepKind, TimedDose
from plans.wording.documents import help_rows

# Written before the doses of a step that is not a plain cut: a rise must never look like a cut.
_SAID: Final = {
    StepKind.HOLD: "hold",
    StepKind.RISE: "rise",
    StepKind.STEP_BACK: "rise",
    StepKind.SWAP: "switch",
    StepKind.CROSSOVER: "switch",
    StepKind.SPREAD: "spread",
}


def feed_name(language: str) -> str:
    """The calendar's name on a phone; it says nothing about health."""
    with translation.override(language):
        return gettext("My plan")


def care_title(state: CareState, language: str, *, phone: str) -> str:
    """The title for a patient in hospital or treated elsewhere; no name and no dose."""
    with translation.override(language):
        if state is CareState.ADMITTED:
            return gettext("The hospital ward decides what you take. Clinic: {phone}").format(phone=phone)
        return gettext("Do not stop suddenly. Your plan with us has ended. Clinic: {phone}").format(
            phone=phone
        )


def care_text(state: CareState, language: str, country: str, *, who: str) -> str:
    """The text beneath that title: who prescribes now ("" if nobody is named), and whom to call."""
    lines = []
    with translation.override(language):
        if who:
            lines.append(gettext("Your prescriber is now: {who}").format(who=who))
        if state is CareState.ADMITTED:
            lines.append(gettext("Do not stop suddenly. It can make you very ill."))
    return "\n".join([*lines, *(f"{name}: {number}" for name, number, _ in help_rows(country, language))])


def _amount(dose: TimedDose, words: Words) -> str:
    """The milligrams of a dose, and its drops where it is counted in drops: "0.7 mg, 7 drops"."""
    drops = [words.piece(take).replace(BREAK, NBSP) for take in dose.take if take.drops]
    return ", ".join((words.mg(dose.dose), *drops))


def event_title(step: Step, words: Words, *, doses: bool) -> str:
    """ "Plan step 3", or "clonazepam: 0.5 mg in the morning and 1 mg at night"."""
    with translation.override(words.language):
        if not doses:
            return gettext("Plan step {n}").format(n=step.n)
        said = []
        for drug in dict.fromkeys(dose.drug for dose in step.doses):
            parts = [
                words.say("take_at", pieces=_amount(dose, words), time=words.when(dose.time, dose.weekdays))
                for dose in step.doses
                if dose.drug == drug
            ]
            said.append(gettext("{drug}: {doses}").format(drug=drug, doses=words.listed(parts)))
        title = "; ".join(said)
        key = _SAID.get(step.kind)
        return f"{words.say(key)}. {title}" if key else title
