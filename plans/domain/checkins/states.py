"""The states of an occasion, of a check-in, and of an answer that could not be stored at once.

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
    """The state of an occasion."""

    PLANNED = "planned"
    INVITED = "invited"
    ANSWERED = "answered"
    MISSED = "missed"
    CANCELLED = "cancelled"


class CheckInState(StrEnum):
    """The state of a response."""

    OPEN = "open"
    SUBMITTED = "submitted"
    ABANDONED = "abandoned"


class RawAnswerState(StrEnum):
    """Whether a raw answer has been stored in its check-in."""

    WAITING = "waiting"
    STORED = "stored"


# Finished check-ins, whose answers count for later ones.
DONE: Final = (CheckInState.SUBMITTED, CheckInState.ABANDONED)
