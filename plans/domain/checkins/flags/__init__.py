"""Flag rules: what in a response needs a clinician's attention, and how the rules are run.

Each rule is one module here with its spec (`FlagRule`) and a pure function from a response's `Evidence` to
`FlagFinding`s, and one line in `RULES`. Its title and sentence are one row of `plans.wording.flags`. Priorities,
families and screens are read from the specs and listed nowhere else.

    seen = Evidence(answers={"s_fit": "yes"}, scores={})
    found = evaluate(seen, whole=False)              # a page was saved: only immediate rules run
    [one.rule for one in found]                      # ["U1"]
    highest(found)                                   # FlagPriority.URGENT: an item on the queue, an alert
    screens(found, frozenset({"s_fit"}))             # (Screen.EMERGENCY,): before the next question

Missed check-ins are judged too (`silence`), and a rule that raises becomes a finding itself (`BROKEN`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plans.domain.checkins.flagging import (
    ORDER,
    Evidence,
    FlagFinding,
    FlagPriority,
    FlagRule,
    FlagSpec,
    Screen,
)
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
    silence,
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
from plans.domain.review.reasons import Reason

RULES: Final[tuple[FlagRule, ...]] = (
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
"""The rules over responses, in the order in which lists show them."""
BROKEN: Final = FlagSpec("X0", 1, FlagPriority.HIGH, Reason.SAFETY)
"""A rule, or the scoring, raised an exception."""
SPECS: Final[Mapping[str, FlagSpec]] = {one.code: one for one in (*RULES, *silence.SPECS, BROKEN)}
"""The specs of all flags, by code."""


def codes_of(family: Reason) -> frozenset[str]:
    """The codes of a family, for the review queue's filter."""
    return frozenset(one.code for one in SPECS.values() if one.family is family)


def evaluate(
    evidence: Evidence, *, whole: bool, rules: tuple[FlagRule, ...] = RULES
) -> tuple[FlagFinding, ...]:
    """Run the rules; returns their findings, the most urgent first.

    `whole`: the response was sent or is closed; otherwise only immediate rules run. A rule that raises becomes a
    finding of high priority, never silence; so does scoring that raised.
    """
    found: list[FlagFinding] = []
    if evidence.unscored:
        found.append(_broken("scoring", evidence.unscored))
    for rule in rules:
        if not whole and not rule.immediate:
            continue
        try:
            found += rule.evaluate(rule, evidence)
        except Exception as broken:  # noqa: BLE001 - whatever a rule raises, somebody must hear of it
            found.append(_broken(rule.code, type(broken).__name__))
    return tuple(sorted(found, key=lambda one: ORDER.index(one.priority)))


def _broken(what: str, error: str) -> FlagFinding:
    return BROKEN.found(kind=what, rule=what, error=error)


def highest(findings: tuple[FlagFinding, ...]) -> FlagPriority | None:
    """The most urgent priority that needs action; None if there is none."""
    asking = [one.priority for one in findings if one.priority is not FlagPriority.INFO]
    return min(asking, key=ORDER.index, default=None)


def screens(
    findings: tuple[FlagFinding, ...], items: frozenset[str], *, sent: bool = False
) -> tuple[Screen, ...]:
    """What to show at once for findings based on one of `items`, each once, the most urgent first.

    With `sent` also what a whole response calls for: support where a scale is high, unless something stronger is shown.
    """
    shown = dict.fromkeys(
        one.screen for one in findings if one.screen is not Screen.NONE and items & one.inputs.keys()
    )
    whole = sent and Screen.CRISIS not in shown and any(one.screen is Screen.SUPPORT for one in findings)
    return (*shown, Screen.SUPPORT) if whole else tuple(shown)
