"""R9: the patient wants contact this week, or an answer before the next visit."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    week = response.answers.get("contact") == "week"
    question = response.yes("needs_answer")
    if not week and not question:
        return ()
    items = [item for item, fires in (("contact", week), ("needs_answer", question)) if fires]
    return (rule.found(inputs=rule.on(response, *items), week=week, question=question),)


RULE = FlagRule("R9", 2, FlagPriority.ROUTINE, None, _evaluate)
