"""Codes and facts of the taper engine as sentences in the reader's language. Import from here only."""

from __future__ import annotations

from plans.domain.errors import TaperplanError
from plans.domain.taper.cautions import Caution
from plans.domain.taper.limit_rules import Verdict
from plans.wording.cautions import caution_words, severity_words
from plans.wording.directions import missed_dose_words, sig, step_words
from plans.wording.drugs import (
    drug_words,
    form_words,
    forms_as_in,
    listed,
    measured_lines,
    number_words,
    product_words,
    take_lines,
    take_words,
    time_words,
    when_words,
)
from plans.wording.methods import (
    end_words,
    kind_words,
    mark_words,
    method_words,
    preparation_words,
    spread_words,
    table_words,
)
from plans.wording.patient_facts import condition_words, indication_words, medicine_words, substance_words
from plans.wording.taper_errors import refusal_words
from plans.wording.verdicts import level_words, reason_words, steps_words, verdict_words

__all__ = [
    "caution_words",
    "condition_words",
    "drug_words",
    "end_words",
    "form_words",
    "forms_as_in",
    "indication_words",
    "kind_words",
    "level_words",
    "listed",
    "mark_words",
    "measured_lines",
    "medicine_words",
    "method_words",
    "missed_dose_words",
    "number_words",
    "preparation_words",
    "product_words",
    "reason_words",
    "refusal_words",
    "says",
    "severity_words",
    "sig",
    "spread_words",
    "step_words",
    "steps_words",
    "substance_words",
    "table_words",
    "take_lines",
    "take_words",
    "time_words",
    "verdict_words",
    "when_words",
]


def says(thing: Verdict | Caution | TaperplanError) -> str:
    """The sentence of a finding, a caution or a refusal."""
    match thing:
        case Verdict():
            return verdict_words(thing)
        case Caution():
            return caution_words(thing)
        case TaperplanError():
            return refusal_words(thing)
