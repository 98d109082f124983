"""Documents: requested for a version, drawn by a worker, and offered only while they are correct."""

from __future__ import annotations

from plans.services.documents.asking import (
    DocumentRow,
    OpenFile,
    PatientDocument,
    ask,
    ask_again,
    ask_for,
    current_for_patient,
    for_plan,
    open_current_for_patient,
    open_file,
    open_row,
    put_back,
    redraw,
    replace,
    state,
    withdraw,
)
from plans.services.documents.opened import PAGE, PDF, Opened, last_opened, note_opened
from plans.services.documents.redraws import Redrawing, cancel_redrawing, redraw_clinic, redrawing

__all__ = [
    "PAGE",
    "PDF",
    "DocumentRow",
    "OpenFile",
    "Opened",
    "PatientDocument",
    "Redrawing",
    "ask",
    "ask_again",
    "ask_for",
    "cancel_redrawing",
    "current_for_patient",
    "for_plan",
    "last_opened",
    "note_opened",
    "open_current_for_patient",
    "open_file",
    "open_row",
    "put_back",
    "redraw",
    "redraw_clinic",
    "redrawing",
    "replace",
    "state",
    "withdraw",
]
