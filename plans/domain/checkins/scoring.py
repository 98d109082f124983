"""Scale totals, the PHQ-9 subtotal that does not overlap with withdrawal, and change. Nothing is ever imputed.

Change is measured from the first and from the last earlier response in which the same scale was complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from plans.domain.checkins.instrument import Questionnaire
from plans.domain.checkins.spec import Answers, QuestionnaireSpec, withheld
from plans.domain.json import Facts, JsonObject

AFFECTIVE: Final = ("phq_1", "phq_2", "phq_6", "phq_9")
"""Cognitive-affective items of the PHQ-9; the other five (sleep, energy, appetite, thinking, pace) overlap
withdrawal."""
_PARTS: Final = {"phq9": "phq2", "gad7": "gad2"}


@dataclass(frozen=True, slots=True)
class Score:
    """A complete scale: its total, and for the PHQ-9 the cognitive-affective subtotal."""

    total: int
    affective: int | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier response of the same plan: its day, its answers and its complete scales."""

    on: date
    answers: Answers
    scores: Mapping[str, Score]


def score(spec: QuestionnaireSpec, answers: Answers) -> dict[str, Score]:
    """The complete scales by code ("phq2", "phq9", "gad2", "gad7"); one missing answer leaves a scale out."""
    found: dict[str, Score] = {}
    for code in (*spec.versions, *spec.own):
        questionnaire = spec.questionnaire(code)
        whole = total(questionnaire, answers) if questionnaire.scored else None
        if whole is not None:
            part = total(questionnaire, answers, AFFECTIVE) if code == "phq9" else None
            found[code] = Score(total=whole, affective=part)
    return found


def total(questionnaire: Questionnaire, answers: Answers, items: Sequence[str] = ()) -> int | None:
    """The total of a scale, or of some of its items; None while an answer is missing or withheld."""
    scores = [questionnaire.items[item].score_of(answers.get(item)) for item in items or questionnaire.scored]
    return None if None in scores else sum(one or 0 for one in scores)


def first(past: Sequence[Past], scale: str) -> Score | None:
    """The earliest complete score of a scale; `past` is oldest first."""
    return next((response.scores[scale] for response in past if scale in response.scores), None)


def last(past: Sequence[Past], scale: str) -> Score | None:
    """The latest complete score of a scale; `past` is oldest first."""
    return next((response.scores[scale] for response in reversed(past) if scale in response.scores), None)


def to_json(scores: Mapping[str, Score], past: Sequence[Past]) -> JsonObject:
    """The scores of a response as stored: totals, subtotal, and change from the first and the last one (None
    without)."""
    stored = {}
    for scale, now in scores.items():
        begin, before = first(past, scale), last(past, scale)
        stored[scale] = {
            "total": now.total,
            "affective": now.affective,
            "change_first": now.total - begin.total if begin else None,
            "change_last": now.total - before.total if before else None,
        }
    return stored


def from_json(stored: Facts) -> dict[str, Score]:
    """The scores of a stored response."""
    return {scale: Score(total=one["total"], affective=one["affective"]) for scale, one in stored.items()}


def last_long(past: Sequence[Past]) -> dict[str, date]:
    """For each long scale the day it was last complete, for `spec.decide`."""
    return {scale: response.on for response in past for scale in _PARTS if scale in response.scores}


def symptoms(answers: Answers) -> dict[str, int]:
    """Our own items answered with a level, 0 to 4."""
    return {
        code: int(value)
        for code, value in answers.items()
        if code.startswith("sx_") and not withheld(value) and value in ("0", "1", "2", "3", "4")
    }
