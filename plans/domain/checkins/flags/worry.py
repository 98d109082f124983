"""H2: GAD-7 of 15 or more, or up 4 to 10 or more (Toussaint 2020); up 6 is marked as reliable (Bischoff 2020)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    limits = response.about.thresholds
    now = response.total("gad7")
    if now is None:
        return ()
    begin, before = response.before("gad7")
    rise = max(response.changes("gad7"), default=0)
    inputs = {
        "gad7": now,
        "gad7_first": begin.total if begin else None,
        "gad7_last": before.total if before else None,
    }
    if now >= limits.gad7_high:
        why = "level"
    elif rise >= limits.gad7_change and now >= limits.gad7_watch:
        why = "rise"
    else:
        return ()
    least = limits.gad7_reliable
    found = rule.found(
        inputs=inputs, why=why, total=now, rise=rise, reliable=rise >= least, reliable_from=least
    )
    return (found,)


RULE = FlagRule("H2", 2, FlagPriority.HIGH, Reason.MOOD, _evaluate)
