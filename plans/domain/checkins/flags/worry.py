"""H2: GAD-7 of 15 or more, or up 4 to 10 or more (Toussaint 2020); up 6 is marked as reliable (Bischoff 2020)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    limits = sheet.about.thresholds
    now = sheet.total("gad7")
    if now is None:
        return ()
    begin, before = sheet.before("gad7")
    rise = max(sheet.changes("gad7"), default=0)
    inputs = {
        "gad7": now,
        "gad7_first": begin.total if begin else None,
        "gad7_last": before.total if before else None,
    }
    if now >= limits.gad7_high:
        why = "level"
    elif rise >= limits.gad7_change and now >= limits.gad7_watch:
        why = "rise"
    else:
        return ()
    least = limits.gad7_reliable
    reliable = rise >= least
    return (rule.found(inputs=inputs, why=why, total=now, rise=rise, reliable=reliable, reliable_from=least),)


RULE = Rule("H2", 2, Severity.HIGH, _evaluate)
