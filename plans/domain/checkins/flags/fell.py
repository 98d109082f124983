"""H7: a fall, an accident or a near miss (label: ataxia)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    return (rule.found(inputs=rule.on(response, "sx_fell")),) if response.yes("sx_fell") else ()


RULE = FlagRule("H7", 2, FlagPriority.HIGH, Reason.SAFETY, _evaluate, immediate=True, call=True)
