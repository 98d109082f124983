"""H5: new opioid or kratom, another sedative, or drinking at or above the clinic's limit (boxed warning; MMWR 2019)."""

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
    # Who would rather not say how many had at least one on each of those days.
    days, drinks = sheet.number("alcohol_days") or 0, sheet.number("alcohol_drinks") or 1
    week = days * drinks
    over = week >= sheet.about.thresholds.alcohol_week
    if not new and not over:
        return ()
    items = (*new, "alcohol_days", "alcohol_drinks") if over else tuple(new)
    return (rule.found(inputs=rule.on(sheet, *items), new=new, drinks_a_week=week if over else None),)


RULE = Rule("H5", 2, Severity.HIGH, _evaluate)
