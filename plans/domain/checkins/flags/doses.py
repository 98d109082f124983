"""H6: extra doses, less than half of the planned ones, or less on two days or more (the numbers are ours).

Also something else than planned ticked off on so many days of a week on the patient's own page, between check-ins.
"""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule, Thresholds
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    taken = response.answers.get("dose_taken")
    if taken == "extra":
        return (rule.found(inputs=rule.on(response, "dose_taken"), why="extra"),)
    if taken != "fewer":
        return ()
    days = response.number("dose_missed_days")
    inputs = rule.on(response, "dose_taken", "dose_missed_days", "dose_under_half")
    if response.yes("dose_under_half"):
        # A kind of its own: told after days that were missed, it is heard of as well.
        return (rule.found(kind="half", inputs=inputs, why="half", days=days),)
    if days is not None and days >= response.about.thresholds.missed_days:
        return (rule.found(inputs=inputs, why="days", days=days),)
    return ()


def marked(days: int, limits: Thresholds) -> tuple[FlagFinding, ...]:
    """What `days` of the last seven on which something else was ticked off come to: nobody asked, so it is told."""
    if days < limits.missed_days:
        return ()
    return (RULE.found(kind="marked", inputs={"marked_other_days": days}, why="marked", days=days),)


RULE = FlagRule("H6", 2, FlagPriority.HIGH, Reason.DOSES, _evaluate, immediate=True)
