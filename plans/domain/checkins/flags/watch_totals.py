"""R2: PHQ-9 of 10 to 19 or GAD-7 of 10 to 14, without a rise that fires H1 (including its affective part) or H2."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    limits = response.about.thresholds
    bands = {
        "phq9": (limits.phq9_watch, limits.phq9_high, limits.phq9_change),
        "gad7": (limits.gad7_watch, limits.gad7_high, limits.gad7_change),
    }
    risen = {"phq9"} if response.affective_rise() >= limits.affective_change else set()
    totals = {}
    for scale, (low, high, change) in bands.items():
        now = response.total(scale)
        still = max(response.changes(scale), default=0) < change and scale not in risen
        if now is not None and low <= now < high and still:
            totals[scale] = now
    return (rule.found(inputs=dict(totals), totals=totals),) if totals else ()


RULE = FlagRule("R2", 2, FlagPriority.ROUTINE, Reason.MOOD, _evaluate)
