"""H3: one of our symptom items very severe, or up by 2 or more to severe ("severe or worsening": Basch 2016)."""

from __future__ import annotations

from plans.domain.checkins import scoring
from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    limits = response.about.thresholds
    earlier = [scoring.symptoms(past.answers) for past in response.past]
    found = []
    for code, level in sorted(response.symptoms().items(), key=lambda one: (-one[1], one[0])):
        levels = [one[code] for one in earlier if code in one]
        was = [levels[0], levels[-1]] if levels else []
        rise = max((level - one for one in was), default=0)
        worse = rise >= limits.symptom_change and level >= limits.symptom_watch
        if level >= limits.symptom_top or worse:
            found.append({"item": code, "now": level, "was": levels[-1] if levels else None})
    if not found:
        return ()
    return (rule.found(inputs=rule.on(response, *(str(one["item"]) for one in found)), items=found),)


RULE = FlagRule("H3", 2, FlagPriority.HIGH, Reason.MOOD, _evaluate)
