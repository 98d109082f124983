"""R7: the patient wrote something in their own words, which nobody reads straight away."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    written = [item for item in response.texts if response.answers.get(item)]
    # The words themselves stay in the response: a flag repeats no free text.
    return (
        (rule.found(inputs={item: len(response.answers[item]) for item in written}, items=written),)
        if written
        else ()
    )


RULE = FlagRule("R7", 2, FlagPriority.ROUTINE, None, _evaluate)
