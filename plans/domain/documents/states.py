"""The life of a document.

asked ──► drawing ──► ready ──► replaced (a newer version, or the plan ended)
             └──────► failed ──► asked (tried again)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class DocumentState(StrEnum):
    """Where a document stands."""

    ASKED = "asked"
    DRAWING = "drawing"
    READY = "ready"
    FAILED = "failed"
    REPLACED = "replaced"


# A worker has it before it, or in hand.
BEING_DRAWN: Final = (DocumentState.ASKED, DocumentState.DRAWING)
