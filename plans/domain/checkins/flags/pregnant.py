"""U7: pregnant with severe withdrawal: one symptom very severe, or three severe (the numbers are ours)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity

_MANY = 3


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    if not sheet.about.pregnant:
        return ()
    limits = sheet.about.thresholds
    severe = {code: level for code, level in sheet.symptoms().items() if level >= limits.symptom_watch}
    if len(severe) < _MANY and not any(level >= limits.symptom_top for level in severe.values()):
        return ()
    inputs = rule.on(sheet, *sorted(severe))
    return (rule.found(inputs=inputs, items=sorted(severe), severe_from=limits.symptom_watch),)


RULE = Rule("U7", 2, Severity.URGENT, _evaluate, immediate=True, screen=Screen.MATERNITY)
