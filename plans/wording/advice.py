"""What to do when things go wrong, as page 1 of the calendar says it, for the same calendar as a page."""

from __future__ import annotations

from dataclasses import dataclass

from plans.domain.documents.advice import SignedAdvice
from plans.domain.documents.words import Words


@dataclass(frozen=True, slots=True)
class AdviceWords:
    """Headings and texts. `emergency` lists the warning signs; `answers` says who signed the advice."""

    missed_head: str
    missed: str
    missed_strong: str
    missed_day: str
    worse_head: str
    worse: str
    worse_strong: tuple[str, ...]
    emergency_head: str
    emergency: tuple[str, ...]
    answers: str


def advice_words(words: Words, advice: SignedAdvice | None, emergency_number: str) -> AdviceWords:
    """The advice in force, in the language of `words`: the clinic's own, or the project's general text."""
    missed, worse = words.say("missed_text"), words.say("worse_text")
    emergency, answers = tuple(words.say("emergency_text").split("\n")), words.say("advice_unsigned")
    if advice is not None:
        missed, worse, emergency = advice.texts.missed, advice.texts.worse, advice.texts.emergency
        date = words.day_year(advice.signed_on)
        answers = words.say("advice_signed", number=advice.number, name=advice.signed_by, date=date)
    return AdviceWords(
        missed_head=words.say("missed_head"),
        missed=missed,
        missed_strong=words.say("missed_strong"),
        missed_day=words.say("missed_day"),
        worse_head=words.say("worse_head"),
        worse=worse,
        worse_strong=tuple(words.say("worse_strong").split("\n")),
        emergency_head=words.say("emergency_head", number=emergency_number),
        emergency=emergency,
        answers=answers,
    )
