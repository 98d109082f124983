"""H8: item nine of the PHQ-9 at 1, or thoughts without plan, intent or preparation. A "no" elsewhere is no reassurance
(item nine finds 69 of 100: Uebelacker 2011)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity

_NEARNESS = ("s_plan", "s_intent", "s_prepared")


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    found = []
    if sheet.answers.get("phq_9") == "1":
        found.append(rule.found(kind="item_9", inputs=rule.on(sheet, "phq_9")))
    if sheet.yes("s_thoughts") and all(sheet.answers.get(item) == "no" for item in _NEARNESS):
        found.append(rule.found(kind="thoughts", inputs=rule.on(sheet, "s_thoughts")))
    return tuple(found)


RULE = Rule("H8", 1, Severity.HIGH, _evaluate, immediate=True, screen=Screen.CRISIS)
