"""R2: PHQ-9 of 10 to 19 or GAD-7 of 10 to 14, without the rise that H1 and H2 look for."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    limits = sheet.about.thresholds
    bands = {
        "phq9": (limits.phq9_watch, limits.phq9_high, limits.phq9_change),
        "gad7": (limits.gad7_watch, limits.gad7_high, limits.gad7_change),
    }
    totals = {}
    for scale, (low, high, change) in bands.items():
        now = sheet.total(scale)
        if now is not None and low <= now < high and max(sheet.changes(scale), default=0) < change:
            totals[scale] = now
    return (rule.found(inputs=dict(totals), totals=totals),) if totals else ()


RULE = Rule("R2", 1, Severity.ROUTINE, _evaluate)
