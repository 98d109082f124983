"""Titles of calendar events: neutral, or with the doses where the patient chose so."""

from __future__ import annotations

from typing import Final

from django.utils import translation
from django.utils.translation import gettext

from plans.domain.paper_words import Words
from plans.domain.taper.schedule import Step, StepKind

# What stands before the doses of a step that is no plain cut: a rise is never told like one.
_SAID: Final = {
    StepKind.HOLD: "hold",
    StepKind.RISE: "rise",
    StepKind.STEP_BACK: "rise",
    StepKind.SWAP: "switch",
    StepKind.CROSSOVER: "switch",
    StepKind.SPREAD: "spread",
}


def feed_name(language: str) -> str:
    """What the calendar is called among others on a phone; nothing of health."""
    with translation.override(language):
        return gettext("My plan")


def event_title(step: Step, words: Words, *, doses: bool) -> str:
    """ "Plan step 3", or "clonazepam: 0.5 mg in the morning and 1 mg at night"."""
    with translation.override(words.language):
        if not doses:
            return gettext("Plan step {n}").format(n=step.n)
        said = []
        for drug in dict.fromkeys(dose.drug for dose in step.doses):
            parts = [
                words.say("take_at", pieces=words.mg(dose.dose), time=words.times_inside[dose.time])
                for dose in step.doses
                if dose.drug == drug
            ]
            said.append(gettext("{drug}: {doses}").format(drug=drug, doses=words.listed(parts)))
        title = "; ".join(said)
        key = _SAID.get(step.kind)
        return f"{words.say(key)}. {title}" if key else title
