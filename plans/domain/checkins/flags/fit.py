"""U1: a seizure, fit or blackout (guideline Table 3; boxed warning)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    return (rule.found(inputs=rule.on(response, "s_fit")),) if response.yes("s_fit") else ()


RULE = FlagRule(
    "U1", 2, FlagPriority.URGENT, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.EMERGENCY, call=True
)
