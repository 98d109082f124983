"""U2: hallucination, paranoia or severe confusion (guideline Table 3: delirium, psychosis).

Feeling sure of being in danger from others is a question and a finding of its own, so that the answer says which. What
the patient is shown for it is in `dangers`: it is also the answer of somebody whom another person hurts.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    found = []
    if sheet.yes("s_seeing"):
        found.append(rule.found(inputs=rule.on(sheet, "s_seeing")))
    if sheet.yes("s_threat"):
        found.append(rule.found(kind="threat", screen=Screen.NONE, inputs=rule.on(sheet, "s_threat")))
    return tuple(found)


RULE = Rule("U2", 3, Severity.URGENT, _evaluate, immediate=True, screen=Screen.EMERGENCY)
