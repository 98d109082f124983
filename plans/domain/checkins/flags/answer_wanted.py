"""R9: the patient wants contact this week, or an answer before the next visit."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    week = sheet.answers.get("contact") == "week"
    question = sheet.yes("needs_answer")
    if not week and not question:
        return ()
    items = [item for item, fires in (("contact", week), ("needs_answer", question)) if fires]
    return (rule.found(inputs=rule.on(sheet, *items), week=week, question=question),)


RULE = Rule("R9", 2, Severity.ROUTINE, _evaluate)
