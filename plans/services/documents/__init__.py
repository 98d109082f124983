"""Documents: asked for with the version they show, drawn by a worker, offered only while they are right."""

from __future__ import annotations

from plans.services.documents.asking import (
    CALENDAR,
    LAYOUT,
    DocumentRow,
    OpenFile,
    PatientDocument,
    ask,
    ask_again,
    current_for_patient,
    for_plan,
    open_current_for_patient,
    open_file,
    redraw,
    replace,
    state,
)

__all__ = [
    "CALENDAR",
    "LAYOUT",
    "DocumentRow",
    "OpenFile",
    "PatientDocument",
    "ask",
    "ask_again",
    "current_for_patient",
    "for_plan",
    "open_current_for_patient",
    "open_file",
    "redraw",
    "replace",
    "state",
]
