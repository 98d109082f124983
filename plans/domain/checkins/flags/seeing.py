"""U2: hallucination, paranoia or severe confusion (guideline Table 3: delirium, psychosis).

Being sure of being in danger from others is a separate question and finding, so that the answer says which it is. What
the patient is shown for it is in `dangers`: a victim of violence gives the same answer.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    found = []
    if response.yes("s_seeing"):
        found.append(rule.found(inputs=rule.on(response, "s_seeing")))
    if response.yes("s_threat"):
        found.append(rule.found(kind="threat", screen=Screen.NONE, inputs=rule.on(response, "s_threat")))
    return tuple(found)


RULE = FlagRule(
    "U2", 3, FlagPriority.URGENT, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.EMERGENCY, call=True
)
