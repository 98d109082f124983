"""Missed check-ins (R5, H9, M2, M4): silence never counts as being well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plans.domain.checkins.flagging import FlagFinding, FlagPriority, FlagSpec
from plans.domain.review.reasons import Reason

SUSPEND_AFTER: Final = 4
"""After this many missed in a row messages stop and a phone task replaces them."""
IN_A_ROW: Final = 2

ONE: Final = FlagSpec("R5", 2, FlagPriority.ROUTINE, Reason.MISSED)
WATCHED: Final = FlagSpec("H9", 3, FlagPriority.HIGH, Reason.MISSED)
TWO: Final = FlagSpec("M2", 1, FlagPriority.HIGH, Reason.MISSED)
FOUR: Final = FlagSpec("M4", 1, FlagPriority.HIGH, Reason.MISSED, call=True)
SPECS: Final = (ONE, WATCHED, TWO, FOUR)


@dataclass(frozen=True, slots=True)
class Missed:
    """A check-in that closed unanswered. `in_a_row` includes it; `begun`: it was started and left after only calm
    safety answers (others would be H10)."""

    in_a_row: int
    close_watch: bool
    begun: bool = False


def evaluate(missed: Missed) -> tuple[FlagFinding, ...]:
    """R5: one (routine). H9: under close watch (high). M2: two in a row (high). M4: four (high), messages stop.

    One that was begun does not count in a row: the patient does answer, so messages go on, but missing answers do not
    mean "well".
    """
    return (
        _rule(missed).found(
            inputs={"in_a_row": missed.in_a_row},
            in_a_row=missed.in_a_row,
            close_watch=missed.close_watch,
            begun=missed.begun,
        ),
    )


def _rule(missed: Missed) -> FlagSpec:
    if missed.in_a_row >= SUSPEND_AFTER and not missed.begun:
        return FOUR
    if missed.in_a_row >= IN_A_ROW and not missed.begun:
        return TWO
    return WATCHED if missed.close_watch else ONE
