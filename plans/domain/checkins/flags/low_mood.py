"""H1: PHQ-9 of 20 or more (new, or not reviewed in 28 days); up 5 to 10 or more; or the affective part up 3.

Cut-offs Kroenke 2001, change Löwe 2004; the affective part (without sleep, energy, appetite, thinking, pace) is ours.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    limits = response.about.thresholds
    now = response.scores.get("phq9")
    if now is None:
        return ()
    begin, before = response.before("phq9")
    rise = max(response.changes("phq9"), default=0)
    affective_rise = response.affective_rise()
    reviewed = response.about.reviewed.get(rule.code)
    known = before is not None and before.total >= limits.phq9_high
    seen = known and reviewed is not None and reviewed < limits.reviewed_days
    inputs = {
        "phq9": now.total,
        "phq9_first": begin.total if begin else None,
        "phq9_last": before.total if before else None,
        "affective": now.affective,
    }
    if now.total >= limits.phq9_high and not seen:
        days = limits.reviewed_days
        return (rule.found(inputs=inputs, why="level", total=now.total, reviewed_days=days),)
    if rise >= limits.phq9_change and now.total >= limits.phq9_watch:
        return (rule.found(inputs=inputs, why="rise", total=now.total, rise=rise),)
    if affective_rise >= limits.affective_change:
        return (rule.found(inputs=inputs, why="affective", total=now.total, rise=affective_rise),)
    return ()


RULE = FlagRule("H1", 3, FlagPriority.HIGH, Reason.MOOD, _evaluate, screen=Screen.SUPPORT)
