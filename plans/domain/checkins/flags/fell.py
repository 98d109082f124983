"""H7: a fall, a crash or a near miss (label: ataxia)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    return (rule.found(inputs=rule.on(sheet, "sx_fell")),) if sheet.yes("sx_fell") else ()


RULE = Rule("H7", 2, Severity.HIGH, _evaluate, immediate=True)
