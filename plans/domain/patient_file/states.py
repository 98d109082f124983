"""How far a patient's file has come here.

being_checked ──► read

One that is not read is deleted after a day; one that was read is kept, with the history and the documents in it.
"""

from __future__ import annotations

from enum import StrEnum


class PatientFileState(StrEnum):
    """The state of a patient's file."""

    BEING_CHECKED = "being_checked"
    READ = "read"
