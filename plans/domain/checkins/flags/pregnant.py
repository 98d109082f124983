"""U7: pregnant with severe withdrawal: one symptom very severe, or three severe (the numbers are ours)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason

_MANY = 3


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    if not response.about.pregnant:
        return ()
    limits = response.about.thresholds
    severe = {code: level for code, level in response.symptoms().items() if level >= limits.symptom_watch}
    if len(severe) < _MANY and not any(level >= limits.symptom_top for level in severe.values()):
        return ()
    inputs = rule.on(response, *sorted(severe))
    return (rule.found(inputs=inputs, items=sorted(severe), severe_from=limits.symptom_watch),)


RULE = FlagRule(
    "U7", 2, FlagPriority.URGENT, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.MATERNITY, call=True
)
