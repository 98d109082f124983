"""W1: words in free text that suggest danger. They may raise a flag and never lower one; over-flagging is accepted.

Matching is on whole words in lower case, without accents or apostrophes, in English and Spanish.
"""

from __future__ import annotations

import re
import unicodedata

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason

_SUICIDE = (
    "suicide", "suicidal", "kill myself", "killing myself", "end my life", "ending my life", "take my life",
    "taking my life", "took my life", "end it all", "want to die", "wanna die", "wish i was dead",
    "wish i were dead", "want to be dead", "better off dead", "better off without me", "hurt myself",
    "hurting myself", "harm myself", "harming myself", "cut myself", "cutting myself", "hang myself",
    "shoot myself", "self harm", "not want to live", "dont want to live", "not want to be here",
    "dont want to be here", "dont want to be alive", "dont want to wake up", "no reason to live",
    "cant go on like this", "cannot go on like this", "cant go on living", "cant go on any more",
    "cant go on anymore", "suicidio", "suicida", "suicidarme", "matarme", "quitarme la vida", "acabar con mi vida",
    "acabar con todo", "quiero morir", "quiero morirme", "ganas de morir", "no quiero vivir",
    "no quiero seguir viviendo", "hacerme dano", "cortarme las venas", "cortarme los brazos", "ahorcarme",
    "mejor muerto", "mejor muerta", "no puedo seguir asi",
)  # fmt: skip
_DANGER = (
    "seizure", "seizures", "overdose", "overdosed", "blackout", "blacked out", "cant breathe", "cannot breathe",
    "trouble breathing", "hard to breathe", "chest pain", "hearing voices", "hear voices", "hallucinating",
    "hallucinations", "passed out", "fainted", "collapsed", "cant stay awake", "cannot stay awake", "convulsion",
    "convulsiones", "sobredosis", "no puedo respirar", "me cuesta respirar", "dolor en el pecho", "oigo voces",
    "alucinaciones", "me desmaye", "perdi el conocimiento", "out to get me", "following me",
    "spying on me", "me persiguen", "me espian",
)  # fmt: skip


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign) and sign not in "'’ʼ`")
    return f" {' '.join(re.split(r'[^a-z0-9]+', kept))} "


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    found = []
    for item in response.texts:
        text = _folded(response.answers.get(item, ""))
        if any(f" {words} " in text for words in _SUICIDE):
            found.append(rule.found(kind=f"suicide_{item}", inputs={item: None}, item=item, about="suicide"))
        elif any(f" {words} " in text for words in _DANGER):
            found.append(
                rule.found(
                    kind=f"danger_{item}",
                    priority=FlagPriority.HIGH,
                    screen=Screen.EMERGENCY,
                    inputs={item: None},
                    item=item,
                    about="danger",
                )
            )
    return tuple(found)


RULE = FlagRule(
    "W1", 3, FlagPriority.URGENT, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.CRISIS, call=True
)
