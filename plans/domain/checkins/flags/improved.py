"""R8: PHQ-9 down by 5 or more from the first or the last one. Stored and shown; needs no action."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    fall = -min(response.changes("phq9"), default=0)
    if fall < response.about.thresholds.phq9_change:
        return ()
    return (rule.found(inputs={"phq9": response.total("phq9")}, total=response.total("phq9"), fall=fall),)


RULE = FlagRule("R8", 1, FlagPriority.INFO, None, _evaluate)
