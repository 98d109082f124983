"""A copy of everything kept about a patient: its life, and how long it can be fetched.

asked ─► being_made ─► ready ─► ended (deleted after two weeks, or replaced by a newer one)
              └─► failed
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final


class CopyState(StrEnum):
    """The state of a copy."""

    ASKED = "asked"
    BEING_MADE = "being_made"
    READY = "ready"
    FAILED = "failed"
    ENDED = "ended"


class CopyNote(StrEnum):
    """A kind of note that may hold what somebody else said in confidence."""

    TAKEN = "taken_doses"
    EVENT = "review_events"


UNDER_WAY: Final = (CopyState.ASKED, CopyState.BEING_MADE)
KEPT_FOR: Final = timedelta(days=14)
"""How long a finished copy can be fetched; then it is deleted."""
SCHEMA: Final = "taperplan-record/1"
"""What `record.json` is written by: docs/record-copy.schema.json."""
