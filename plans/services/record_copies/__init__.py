"""Everything kept about one patient as a file, for the patient: JSON with a schema, documents, and a page to read.

    copy_id = ask(by=doctor, patient_id=…)        # an outbox entry; a worker makes it (plans.dispatch.record_copies)
    hand_over(by=doctor, copy_id=copy_id)         # on the patient's page for two weeks, behind the second fact

`parts` names every table with something of a patient, `cells` says their rows in words, `schema` is what `record.json`
is written by, `writing` is the worker's side, and `asking` what people do. See ADR 32.
"""

from __future__ import annotations

from plans.services.record_copies.asking import (
    CopyFile,
    CopyForPatient,
    CopyView,
    NoteView,
    ask,
    ask_clinic,
    copies,
    end_of,
    fetch,
    forget,
    hand_over,
    notes,
    of_link,
    open_copy,
)

__all__ = [
    "CopyFile",
    "CopyForPatient",
    "CopyView",
    "NoteView",
    "ask",
    "ask_clinic",
    "copies",
    "end_of",
    "fetch",
    "forget",
    "hand_over",
    "notes",
    "of_link",
    "open_copy",
]
