"""R2: PHQ-9 of 10 to 19 or GAD-7 of 10 to 14, without a rise that H1 (the affective part, too) or H2 looks for."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    limits = sheet.about.thresholds
    bands = {
        "phq9": (limits.phq9_watch, limits.phq9_high, limits.phq9_change),
        "gad7": (limits.gad7_watch, limits.gad7_high, limits.gad7_change),
    }
    risen = {"phq9"} if sheet.affective_rise() >= limits.affective_change else set()
    totals = {}
    for scale, (low, high, change) in bands.items():
        now = sheet.total(scale)
        still = max(sheet.changes(scale), default=0) < change and scale not in risen
        if now is not None and low <= now < high and still:
            totals[scale] = now
    return (rule.found(inputs=dict(totals), totals=totals),) if totals else ()


RULE = Rule("R2", 2, Severity.ROUTINE, _evaluate)
