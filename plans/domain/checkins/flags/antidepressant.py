"""H11: an antidepressant started, stopped or changed by somebody else (ours); "I am not sure" counts."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    answer = sheet.answers.get("med_mood")
    if answer not in ("yes", "unsure"):
        return ()
    return (rule.found(inputs=rule.on(sheet, "med_change", "med_mood"), sure=answer == "yes"),)


RULE = Rule("H11", 2, Severity.HIGH, _evaluate)
