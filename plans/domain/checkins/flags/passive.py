"""H8: item nine of the PHQ-9 at 1, or thoughts without plan, intent or preparation. A "no" elsewhere does not reassure
(sensitivity of item nine 69 %: Uebelacker 2011)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason

_NEARNESS = ("s_plan", "s_intent", "s_prepared")


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    found = []
    if response.answers.get("phq_9") == "1":
        found.append(rule.found(kind="item_9", inputs=rule.on(response, "phq_9")))
    if response.yes("s_thoughts") and all(response.answers.get(item) == "no" for item in _NEARNESS):
        found.append(rule.found(kind="thoughts", inputs=rule.on(response, "s_thoughts")))
    return tuple(found)


RULE = FlagRule(
    "H8", 1, FlagPriority.HIGH, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.CRISIS, call=True
)
