"""H6: extra doses, less than half of the planned doses, or less on two days or more (the numbers are ours).

Also doses other than planned, ticked on several days of a week on the patient's page between check-ins.
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
        # A separate kind, so that it is raised as well when missed days were reported before.
        return (rule.found(kind="half", inputs=inputs, why="half", days=days),)
    if days is not None and days >= response.about.thresholds.missed_days:
        return (rule.found(inputs=inputs, why="days", days=days),)
    return ()


def marked(days: int, limits: Thresholds) -> tuple[FlagFinding, ...]:
    """The finding for `days` of the last seven with something else ticked; nobody asked, so it is raised by itself."""
    if days < limits.missed_days:
        return ()
    return (RULE.found(kind="marked", inputs={"marked_other_days": days}, why="marked", days=days),)


RULE = FlagRule("H6", 2, FlagPriority.HIGH, Reason.DOSES, _evaluate, immediate=True)
