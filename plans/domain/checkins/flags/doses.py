"""H6: extra doses, less than half of the planned ones, or less on two days or more (the numbers are ours)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    taken = sheet.answers.get("dose_taken")
    if taken == "extra":
        return (rule.found(inputs=rule.on(sheet, "dose_taken"), why="extra"),)
    if taken != "fewer":
        return ()
    days = sheet.number("dose_missed_days")
    inputs = rule.on(sheet, "dose_taken", "dose_missed_days", "dose_under_half")
    if sheet.yes("dose_under_half"):
        return (rule.found(inputs=inputs, why="half", days=days),)
    if days is not None and days >= sheet.about.thresholds.missed_days:
        return (rule.found(inputs=inputs, why="days", days=days),)
    return ()


RULE = Rule("H6", 1, Severity.HIGH, _evaluate)
