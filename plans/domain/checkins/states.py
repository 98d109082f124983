"""The lives of an occasion, of a check-in, and of an answer that could not be stored at once.

occasion   planned ──► invited ──► answered
              │           └──────► missed
              └──► cancelled (the plan changed, or the patient left)

check-in   open ──► submitted
             └────► abandoned (left after at least one answer, past closing)

raw answer waiting ──► stored
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class OccasionState(StrEnum):
    """Where a check-in that falls due on a day stands."""

    PLANNED = "planned"
    INVITED = "invited"
    ANSWERED = "answered"
    MISSED = "missed"
    CANCELLED = "cancelled"


class CheckInState(StrEnum):
    """Where the patient's answers to one check-in stand."""

    OPEN = "open"
    SUBMITTED = "submitted"
    ABANDONED = "abandoned"


class RawAnswerState(StrEnum):
    """Whether an answer that was kept apart stands in its check-in by now."""

    WAITING = "waiting"
    STORED = "stored"


# Check-ins whose answers no longer change by themselves: they count for later ones.
DONE: Final = (CheckInState.SUBMITTED, CheckInState.ABANDONED)
