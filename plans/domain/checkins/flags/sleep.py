"""R4: severe trouble sleeping on two check-ins running."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    limit = sheet.about.thresholds.symptom_watch
    now = sheet.symptoms().get("sx_sleep", 0)
    before = sheet.last_level("sx_sleep")
    if now < limit or before < limit:
        return ()
    return (rule.found(inputs=rule.on(sheet, "sx_sleep"), now=now, was=before, severe_from=limit),)


RULE = Rule("R4", 3, Severity.ROUTINE, _evaluate)
