"""H10: "I would rather not say" to a safety question, or the form left unfinished after one answered other than "no".

A withheld follow-up to thoughts is rule U3's; a withheld item nine counts like a safety question.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import SAFETY, Evidence, Finding, Rule, Screen, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    found = []
    withheld = [item for item in (*SAFETY, "phq_9") if sheet.withheld(item)]
    if withheld:
        found.append(rule.found(inputs=rule.on(sheet, *withheld), items=withheld))
    telling = [item for item in SAFETY if sheet.answers.get(item) not in (None, "no")]
    if sheet.abandoned and telling:
        found.append(rule.found(kind="abandoned", inputs=rule.on(sheet, *telling), items=telling))
    return tuple(found)


RULE = Rule("H10", 3, Severity.HIGH, _evaluate, immediate=True, screen=Screen.CRISIS)
