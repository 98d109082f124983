"""R3: severe numbness, loss of motivation or mood swings between doses; high priority if severe the last time too."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason

_ITEMS = ("sx_numb", "sx_drive", "sx_swings")


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    limit = response.about.thresholds.symptom_watch
    now = response.symptoms()
    severe = [item for item in _ITEMS if now.get(item, 0) >= limit]
    running = [item for item in severe if response.last_level(item) >= limit]
    if not severe:
        return ()
    priority = FlagPriority.HIGH if running else FlagPriority.ROUTINE
    inputs = rule.on(response, *severe)
    return (rule.found(priority=priority, inputs=inputs, items=severe, running=running, severe_from=limit),)


RULE = FlagRule("R3", 3, FlagPriority.ROUTINE, Reason.MOOD, _evaluate)
