"""U3: thoughts of suicide with intent, plan or preparation, or item nine of the PHQ-9 at 2 or 3 (Simon 2013).

A "yes" to thoughts with follow-up questions unanswered or withheld counts: how near it is, nobody knows yet. Each new
fact is a separate finding, so that a later "yes, I have a plan" alerts again.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason

_NEARNESS = ("s_plan", "s_intent", "s_prepared")


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    found = []
    if response.yes("s_thoughts"):
        if any(response.answers.get(item) not in ("yes", "no") for item in _NEARNESS):
            found.append(rule.found(kind="thoughts", inputs=rule.on(response, "s_thoughts", *_NEARNESS)))
        found += [
            rule.found(kind=item.removeprefix("s_"), inputs=rule.on(response, "s_thoughts", item))
            for item in _NEARNESS
            if response.yes(item)
        ]
    if response.answers.get("phq_9") in ("2", "3"):
        found.append(
            rule.found(kind="item_9", inputs=rule.on(response, "phq_9"), level=response.number("phq_9"))
        )
    return tuple(found)


RULE = FlagRule(
    "U3", 1, FlagPriority.URGENT, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.CRISIS, call=True
)
