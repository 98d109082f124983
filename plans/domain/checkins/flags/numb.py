"""R3: numbness, no drive or swings between doses severe; high when it was so when last asked as well."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity

_ITEMS = ("sx_numb", "sx_drive", "sx_swings")


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    limit = sheet.about.thresholds.symptom_watch
    now = sheet.symptoms()
    severe = [item for item in _ITEMS if now.get(item, 0) >= limit]
    running = [item for item in severe if sheet.last_level(item) >= limit]
    if not severe:
        return ()
    severity = Severity.HIGH if running else Severity.ROUTINE
    inputs = rule.on(sheet, *severe)
    return (rule.found(severity=severity, inputs=inputs, items=severe, running=running, severe_from=limit),)


RULE = Rule("R3", 3, Severity.ROUTINE, _evaluate)
