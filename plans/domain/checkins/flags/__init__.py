"""The rules, and how they are run. A new rule is one file and a line in RULES."""

from __future__ import annotations

from typing import Final

from plans.domain.checkins.flagging import ORDER, Evidence, Finding, Rule, Screen, Severity
from plans.domain.checkins.flags import (
    answer_wanted,
    antidepressant,
    asks_today,
    breathing,
    doses,
    fell,
    fit,
    free_text,
    heart,
    improved,
    low_mood,
    numb,
    passive,
    pregnant,
    seeing,
    short_forms,
    sleep,
    stopped,
    substances,
    suicidal,
    symptom,
    watch_totals,
    withheld,
    words,
    worry,
)

RULES: Final[tuple[Rule, ...]] = (
    fit.RULE,
    seeing.RULE,
    suicidal.RULE,
    stopped.RULE,
    breathing.RULE,
    heart.RULE,
    pregnant.RULE,
    words.RULE,
    low_mood.RULE,
    worry.RULE,
    symptom.RULE,
    asks_today.RULE,
    substances.RULE,
    doses.RULE,
    fell.RULE,
    passive.RULE,
    withheld.RULE,
    antidepressant.RULE,
    short_forms.RULE,
    watch_totals.RULE,
    numb.RULE,
    sleep.RULE,
    free_text.RULE,
    improved.RULE,
    answer_wanted.RULE,
)
BROKEN: Final = "X0"
"""The code of a finding that says: a rule could not be evaluated."""


def evaluate(evidence: Evidence, *, whole: bool, rules: tuple[Rule, ...] = RULES) -> tuple[Finding, ...]:
    """What the rules find, the most urgent first.

    `whole`: the sheet was sent or is closed; otherwise only the rules that act at once are asked. A rule that raises
    becomes a finding of its own (high), never silence; so does scoring that raised.
    """
    found: list[Finding] = []
    if evidence.unscored:
        found.append(_broken("scoring", evidence.unscored))
    for rule in rules:
        if not whole and not rule.immediate:
            continue
        try:
            found += rule.evaluate(rule, evidence)
        except Exception as broken:  # noqa: BLE001 - whatever a rule raises, a person must hear of it
            found.append(_broken(rule.code, type(broken).__name__))
    return tuple(sorted(found, key=lambda one: ORDER.index(one.severity)))


def _broken(what: str, error: str) -> Finding:
    return Finding(BROKEN, 1, Severity.HIGH, kind=what, facts={"rule": what, "error": error})


def highest(findings: tuple[Finding, ...]) -> Severity | None:
    """The most urgent severity that asks somebody to act; None if there is none."""
    asking = [one.severity for one in findings if one.severity is not Severity.INFO]
    return min(asking, key=ORDER.index, default=None)


def screens(
    findings: tuple[Finding, ...], items: frozenset[str], *, sent: bool = False
) -> tuple[Screen, ...]:
    """What to show at once for findings that rest on one of `items`, each once, the most urgent first.

    With `sent` also what a whole sheet asks for: support where a scale says that things are bad, unless more is shown.
    """
    shown = dict.fromkeys(
        one.screen for one in findings if one.screen is not Screen.NONE and items & one.inputs.keys()
    )
    whole = sent and Screen.CRISIS not in shown and any(one.screen is Screen.SUPPORT for one in findings)
    return (*shown, Screen.SUPPORT) if whole else tuple(shown)
