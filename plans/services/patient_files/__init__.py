"""A patient as a file for another installation: made here, and read there after a dry run.

    made = make(by=doctor, patient_id=…, partner="Lakeside")        # the zip, and its fingerprint for the telephone
    file_id = upload(by=colleague, raw=made.content)                # at the other installation; nothing is made yet
    patient_file(colleague, file_id).signature                      # valid, or unknown without a shared key
    enter(by=colleague, file_id=file_id, asked=Entering(record_no="C-17", zone="America/Chicago"))

`making` writes the file, `reading` keeps an uploaded one and says what it would make, and `entering` makes it. The
file is a row of the database and nothing of it is ever a path, a task or a log line. See ADR 20.
"""

from __future__ import annotations

from plans.services.patient_files.entering import Entering, enter
from plans.services.patient_files.making import MadeFile, files_made, make, partners
from plans.services.patient_files.reading import (
    FileView,
    discard,
    document,
    forget,
    patient_file,
    patient_files,
    upload,
)

__all__ = [
    "Entering",
    "FileView",
    "MadeFile",
    "discard",
    "document",
    "enter",
    "files_made",
    "forget",
    "make",
    "partners",
    "patient_file",
    "patient_files",
    "upload",
]
