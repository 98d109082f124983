"""U5: hard to wake or slow breathing; or opioid, kratom or heavy drinking with severe sleepiness (boxed warning).

The screen names naloxone, if there is any, beside the emergency number (guideline, recommendation 17)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Screen
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    found = []
    if response.yes("s_waking"):
        found.append(rule.found(inputs=rule.on(response, "s_waking")))
    limits = response.about.thresholds
    drinks = response.number("alcohol_drinks")
    mixed = [item for item in ("opioid", "kratom") if response.yes(item)]
    if drinks is not None and drinks >= limits.heavy_day:
        mixed.append("alcohol_drinks")
    if mixed and response.symptoms().get("sx_sleepy", 0) >= limits.symptom_watch:
        inputs = rule.on(response, "sx_sleepy", *mixed)
        severe, heavy = limits.symptom_watch, limits.heavy_day
        found.append(rule.found(kind="mix", inputs=inputs, mixed=mixed, severe_from=severe, heavy_from=heavy))
    return tuple(found)


RULE = FlagRule(
    "U5", 3, FlagPriority.URGENT, Reason.SAFETY, _evaluate, immediate=True, screen=Screen.BREATHING, call=True
)
