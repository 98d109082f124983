"""H4: the patient asks for contact today, or is much worse (patient-stated urgency: AFT-39)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    today = response.answers.get("contact") == "today"
    worse = response.answers.get("overall") == "much_worse"
    if not today and not worse:
        return ()
    items = [item for item, fires in (("contact", today), ("overall", worse)) if fires]
    return (rule.found(inputs=rule.on(response, *items), today=today, worse=worse),)


RULE = FlagRule("H4", 1, FlagPriority.HIGH, Reason.MOOD, _evaluate, immediate=True, call=True)
