"""The states of a document.

asked ──► drawing ──► ready ──► replaced (a newer version, or the plan ended)
             └──────► failed ──► asked (tried again)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class DocumentState(StrEnum):
    """The state of a document."""

    ASKED = "asked"
    DRAWING = "drawing"
    READY = "ready"
    FAILED = "failed"
    REPLACED = "replaced"


# Waiting for a worker, or being drawn.
BEING_DRAWN: Final = (DocumentState.ASKED, DocumentState.DRAWING)
