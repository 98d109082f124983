"""H4: the patient asks for contact today, or is much worse (the patient's own urgency: AFT-39)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    today = sheet.answers.get("contact") == "today"
    worse = sheet.answers.get("overall") == "much_worse"
    if not today and not worse:
        return ()
    items = [item for item, fires in (("contact", today), ("overall", worse)) if fires]
    return (rule.found(inputs=rule.on(sheet, *items), today=today, worse=worse),)


RULE = Rule("H4", 1, Severity.HIGH, _evaluate, immediate=True)
