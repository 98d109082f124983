"""Refusals of a patient's file."""

from __future__ import annotations

from plans.domain.errors import TaperplanError


class BadPatientFile(TaperplanError):
    """A file that is not read: fact `why`, and `where` in it.

    `why`: too_large, not_a_file, other_schema, changed, not_whole, document_changed, too_many.
    """

    code = "bad_patient_file"
