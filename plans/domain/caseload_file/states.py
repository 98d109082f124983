"""How far an import has come.

being_checked ──► under_way ──► finished
      └───────────────────────────►┘ (all at once, or nothing to make)

Its file is kept until it is finished, and a day at most.
"""

from __future__ import annotations

from enum import StrEnum


class ImportState(StrEnum):
    """The state of an import. Discarding deletes it."""

    BEING_CHECKED = "being_checked"
    UNDER_WAY = "under_way"
    FINISHED = "finished"
