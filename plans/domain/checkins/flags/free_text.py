"""R7: the patient wrote free text, which nobody reads straight away."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    written = [item for item in response.texts if response.answers.get(item)]
    # The text stays in the response: flags never quote free text.
    return (
        (rule.found(inputs={item: len(response.answers[item]) for item in written}, items=written),)
        if written
        else ()
    )


RULE = FlagRule("R7", 2, FlagPriority.ROUTINE, None, _evaluate)
