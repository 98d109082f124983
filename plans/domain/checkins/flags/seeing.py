"""U2: hallucination, paranoia or severe confusion (guideline Table 3: delirium, psychosis)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    return (rule.found(inputs=rule.on(sheet, "s_seeing")),) if sheet.yes("s_seeing") else ()


RULE = Rule("U2", 1, Severity.URGENT, _evaluate, immediate=True, screen=Screen.EMERGENCY)
