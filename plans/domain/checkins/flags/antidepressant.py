"""H11: an antidepressant started, stopped or changed by somebody else (ours); "I am not sure" counts."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    answer = response.answers.get("med_mood")
    if answer not in ("yes", "unsure"):
        return ()
    return (rule.found(inputs=rule.on(response, "med_change", "med_mood"), sure=answer == "yes"),)


RULE = FlagRule("H11", 2, FlagPriority.HIGH, Reason.DOSES, _evaluate)
