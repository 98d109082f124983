"""H10: "I would rather not say" to a safety question, or the form left unfinished after a safety answer other than
"no".

A withheld follow-up question about thoughts belongs to U3; a withheld item nine counts as a safety question.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import SAFETY, Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    found = []
    withheld = [item for item in (*SAFETY, "phq_9") if response.withheld(item)]
    if withheld:
        found.append(rule.found(inputs=rule.on(response, *withheld), items=withheld))
    telling = [item for item in SAFETY if response.answers.get(item) not in (None, "no")]
    if response.abandoned and telling:
        found.append(rule.found(kind="abandoned", inputs=rule.on(response, *telling), items=telling))
    return tuple(found)


RULE = FlagRule("H10", 3, FlagPriority.HIGH, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.CRISIS)
