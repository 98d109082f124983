"""H5: new opioid or kratom, another sedative, or drinking at or above the clinic's limit (boxed warning; MMWR 2019).

Drinking is a separate finding: the number of drinks is asked one page later, when the others have been raised already.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    new = [
        item
        for item in ("opioid", "kratom")
        if response.yes(item)
        and response.last_answer(item) != "yes"
        and item not in response.about.substances
    ]
    if response.yes("other"):
        new.append("other")
    found = [rule.found(inputs=rule.on(response, *new), new=new, drinks_a_week=None)] if new else []
    # If the number is withheld or was not reached, at least one drink on each of those days is assumed.
    days, drinks = response.number("alcohol_days") or 0, response.number("alcohol_drinks") or 1
    asked = "alcohol_drinks" in response.answers or response.abandoned
    if asked and days * drinks >= response.about.thresholds.alcohol_week:
        inputs = rule.on(response, "alcohol_days", "alcohol_drinks")
        found.append(rule.found(kind="alcohol", inputs=inputs, new=[], drinks_a_week=days * drinks))
    return tuple(found)


RULE = FlagRule("H5", 3, FlagPriority.HIGH, Reason.DOSES, _evaluate, immediate=True)
