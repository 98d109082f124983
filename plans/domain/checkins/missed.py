"""Silence as information: what a check-in nobody answered means. Never "well"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plans.domain.checkins.flagging import Finding, Severity

SUSPEND_AFTER: Final = 4
"""So many missed in a row end the letters; a phone task takes their place."""
IN_A_ROW: Final = 2
CLOSE_WATCH_DAYS: Final = 28
CLOSE_WATCH_CUT_DAYS: Final = 14
VERSIONS: Final = {"R5": 2, "H9": 2, "M2": 1, "M4": 1}
SEVERITIES: Final = {"R5": "routine", "H9": "high", "M2": "high", "M4": "high"}


@dataclass(frozen=True, slots=True)
class Missed:
    """A check-in that closed unanswered. `in_a_row` counts it; `begun`: it was started and left, with nothing telling
    among its safety answers (that would be H10)."""

    in_a_row: int
    close_watch: bool
    begun: bool = False


def evaluate(missed: Missed) -> tuple[Finding, ...]:
    """R5: one (routine). H9: under close watch (high). M2: two in a row (high). M4: four (high), letters stop.

    One that was begun counts by itself: somebody answers, so letters go on, but what was not answered is not "well".
    """
    facts = {"in_a_row": missed.in_a_row, "close_watch": missed.close_watch, "begun": missed.begun}
    inputs: dict[str, str | int | None] = {"in_a_row": missed.in_a_row}
    if missed.in_a_row >= SUSPEND_AFTER and not missed.begun:
        return (Finding("M4", VERSIONS["M4"], Severity.HIGH, inputs=inputs, facts=facts),)
    if missed.in_a_row >= IN_A_ROW and not missed.begun:
        return (Finding("M2", VERSIONS["M2"], Severity.HIGH, inputs=inputs, facts=facts),)
    if missed.close_watch:
        return (Finding("H9", VERSIONS["H9"], Severity.HIGH, inputs=inputs, facts=facts),)
    return (Finding("R5", VERSIONS["R5"], Severity.ROUTINE, inputs=inputs, facts=facts),)


def close_watch(
    *, marked: bool, days_since_flag: int | None, days_since_cut: int | None, item_9: int | None
) -> bool:
    """Whether a patient is under close watch: marked so, an urgent or high flag in 28 days, a cut in 14, or item nine
    above 0 when last answered."""
    flagged = days_since_flag is not None and days_since_flag <= CLOSE_WATCH_DAYS
    cut = days_since_cut is not None and 0 <= days_since_cut <= CLOSE_WATCH_CUT_DAYS
    return marked or flagged or cut or (item_9 or 0) > 0
