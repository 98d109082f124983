"""R1: PHQ-2 or GAD-2 of 3 or more; the long form is asked at once, at most every 14 days."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    limit = response.about.thresholds.short_form
    totals = {scale: response.total(scale) for scale in ("phq2", "gad2")}
    over = {scale: total for scale, total in totals.items() if total is not None and total >= limit}
    return (rule.found(inputs=dict(over), totals=over),) if over else ()


RULE = FlagRule("R1", 1, FlagPriority.ROUTINE, Reason.MOOD, _evaluate)
