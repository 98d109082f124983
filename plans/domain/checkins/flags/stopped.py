"""U4: all doses stopped at once, or run out (boxed warning: stopping abruptly can be life-threatening)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    if not response.about.taking:
        return ()
    if response.yes("s_stopped"):
        return (rule.found(inputs=rule.on(response, "s_stopped")),)
    if response.answers.get("dose_taken") == "none":
        return (rule.found(kind="none", inputs=rule.on(response, "dose_taken")),)
    return ()


RULE = FlagRule("U4", 2, FlagPriority.URGENT, Reason.DOSES, _evaluate, immediate=True, call=True)
