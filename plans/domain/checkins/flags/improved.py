"""R8: PHQ-9 down by 5 or more from the first or the last one. Kept and shown; asks for nothing."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    fall = -min(sheet.changes("phq9"), default=0)
    if fall < sheet.about.thresholds.phq9_change:
        return ()
    return (rule.found(inputs={"phq9": sheet.total("phq9")}, total=sheet.total("phq9"), fall=fall),)


RULE = Rule("R8", 1, Severity.INFO, _evaluate)
