"""R4: severe trouble sleeping at two check-ins in a row."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    limit = response.about.thresholds.symptom_watch
    now = response.symptoms().get("sx_sleep", 0)
    before = response.last_level("sx_sleep")
    if now < limit or before < limit:
        return ()
    return (rule.found(inputs=rule.on(response, "sx_sleep"), now=now, was=before, severe_from=limit),)


RULE = FlagRule("R4", 3, FlagPriority.ROUTINE, Reason.MOOD, _evaluate)
