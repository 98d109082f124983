"""W1: words in free text that speak of danger. They may raise, never lower; flagging too much is fine.

Matching is on whole words in lower case, without accents or apostrophes, in English and Spanish.
"""

from __future__ import annotations

import re
import unicodedata

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity

_SUICIDE = (
    "suicide", "suicidal", "kill myself", "killing myself", "end my life", "ending my life", "end it all",
    "want to die", "wanna die", "better off dead", "hurt myself", "harm myself", "self harm", "not want to live",
    "dont want to live", "no reason to live", "suicidio",
    "suicidarme", "matarme", "quitarme la vida", "quiero morir", "hacerme dano",
)  # fmt: skip
_DANGER = (
    "seizure", "seizures", "overdose", "overdosed", "blackout", "blacked out", "cant breathe", "cannot breathe",
    "chest pain", "hearing voices", "passed out", "convulsion", "convulsiones", "sobredosis", "no puedo respirar",
    "dolor en el pecho",
)  # fmt: skip


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign) and sign not in "'’ʼ`")
    return f" {' '.join(re.split(r'[^a-z0-9]+', kept))} "


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    found = []
    for item in sheet.texts:
        text = _folded(sheet.answers.get(item, ""))
        if any(f" {words} " in text for words in _SUICIDE):
            found.append(rule.found(kind=f"suicide_{item}", inputs={item: None}, item=item, about="suicide"))
        elif any(f" {words} " in text for words in _DANGER):
            found.append(
                rule.found(
                    kind=f"danger_{item}",
                    severity=Severity.HIGH,
                    screen=Screen.EMERGENCY,
                    inputs={item: None},
                    item=item,
                    about="danger",
                )
            )
    return tuple(found)


RULE = Rule("W1", 2, Severity.URGENT, _evaluate, immediate=True, screen=Screen.CRISIS)
