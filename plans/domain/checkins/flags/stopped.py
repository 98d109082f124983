"""U4: all doses stopped at once, or run out (boxed warning: abrupt stop can be life-threatening)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    if not sheet.about.taking:
        return ()
    if sheet.yes("s_stopped"):
        return (rule.found(inputs=rule.on(sheet, "s_stopped")),)
    if sheet.answers.get("dose_taken") == "none":
        return (rule.found(kind="none", inputs=rule.on(sheet, "dose_taken")),)
    return ()


RULE = Rule("U4", 2, Severity.URGENT, _evaluate, immediate=True)
