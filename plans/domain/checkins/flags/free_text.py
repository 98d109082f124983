"""R7: the patient wrote something in their own words, which nobody reads straight away."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    written = [item for item in sheet.texts if sheet.answers.get(item)]
    # The words themselves stay in the sheet: a flag repeats no free text.
    return (
        (rule.found(inputs={item: len(sheet.answers[item]) for item in written}, items=written),)
        if written
        else ()
    )


RULE = Rule("R7", 2, Severity.ROUTINE, _evaluate)
