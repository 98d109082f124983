"""H5: new opioid or kratom, another sedative, or drinking at or above the clinic's limit (boxed warning; MMWR 2019).

Drinking is a finding of its own: how many drinks is asked a page later, when the others have been told already.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    new = [
        item
        for item in ("opioid", "kratom")
        if sheet.yes(item) and sheet.last_answer(item) != "yes" and item not in sheet.about.substances
    ]
    if sheet.yes("other"):
        new.append("other")
    found = [rule.found(inputs=rule.on(sheet, *new), new=new, drinks_a_week=None)] if new else []
    # Who would rather not say how many, or left before that, had at least one on each of those days.
    days, drinks = sheet.number("alcohol_days") or 0, sheet.number("alcohol_drinks") or 1
    asked = "alcohol_drinks" in sheet.answers or sheet.abandoned
    if asked and days * drinks >= sheet.about.thresholds.alcohol_week:
        inputs = rule.on(sheet, "alcohol_days", "alcohol_drinks")
        found.append(rule.found(kind="alcohol", inputs=inputs, new=[], drinks_a_week=days * drinks))
    return tuple(found)


RULE = Rule("H5", 3, Severity.HIGH, _evaluate, immediate=True)
