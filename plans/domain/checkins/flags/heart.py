"""U6: chest pain; or very severe sweating or racing heart with fever, vomiting or confusion (our combination)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason

_VERY_SEVERE = 4
"""Not a clinic threshold: fever is asked about after this answer only."""


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    found = []
    if response.yes("s_chest"):
        found.append(rule.found(inputs=rule.on(response, "s_chest")))
    racing = response.symptoms().get("sx_heart", 0) >= _VERY_SEVERE
    with_it = [item for item in ("sx_heat", "s_seeing") if response.yes(item)]
    if racing and with_it:
        found.append(rule.found(kind="heat", inputs=rule.on(response, "sx_heart", *with_it)))
    return tuple(found)


RULE = FlagRule(
    "U6", 3, FlagPriority.URGENT, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.EMERGENCY, call=True
)
