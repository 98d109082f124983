"""U3: thoughts of suicide with intent, plan or preparation, or item nine of the PHQ-9 at 2 or 3 (Simon 2013).

A "yes" to thoughts whose follow-up questions are open or withheld counts: how near it is, nobody knows yet. Each new
fact is a finding of its own, so that a later "yes, I have a plan" calls again.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity

_NEARNESS = ("s_plan", "s_intent", "s_prepared")


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    found = []
    if sheet.yes("s_thoughts"):
        if any(sheet.answers.get(item) not in ("yes", "no") for item in _NEARNESS):
            found.append(rule.found(kind="thoughts", inputs=rule.on(sheet, "s_thoughts", *_NEARNESS)))
        found += [
            rule.found(kind=item.removeprefix("s_"), inputs=rule.on(sheet, "s_thoughts", item))
            for item in _NEARNESS
            if sheet.yes(item)
        ]
    if sheet.answers.get("phq_9") in ("2", "3"):
        found.append(rule.found(kind="item_9", inputs=rule.on(sheet, "phq_9"), level=sheet.number("phq_9")))
    return tuple(found)


RULE = Rule("U3", 1, Severity.URGENT, _evaluate, immediate=True, screen=Screen.CRISIS)
