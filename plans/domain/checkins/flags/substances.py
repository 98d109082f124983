"""H5: new opioid or kratom, another sedative, or drinking at or above the clinic's limit (boxed warning; MMWR 2019)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    before = sheet.last_answers()
    new = [
        item
        for item in ("opioid", "kratom")
        if sheet.yes(item) and before.get(item) != "yes" and item not in sheet.about.substances
    ]
    if sheet.yes("other"):
        new.append("other")
    days, drinks = sheet.number("alcohol_days") or 0, sheet.number("alcohol_drinks") or 0
    week = days * drinks
    over = week >= sheet.about.thresholds.alcohol_week
    if not new and not over:
        return ()
    items = (*new, "alcohol_days", "alcohol_drinks") if over else tuple(new)
    return (rule.found(inputs=rule.on(sheet, *items), new=new, drinks_a_week=week if over else None),)


RULE = Rule("H5", 1, Severity.HIGH, _evaluate)
