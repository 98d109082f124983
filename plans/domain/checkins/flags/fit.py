"""U1: a seizure, fit or blackout (guideline Table 3; boxed warning)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    return (rule.found(inputs=rule.on(sheet, "s_fit")),) if sheet.yes("s_fit") else ()


RULE = Rule("U1", 2, Severity.URGENT, _evaluate, immediate=True, screen=Screen.EMERGENCY)
