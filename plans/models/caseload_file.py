"""A caseload being imported from a file."""

from __future__ import annotations

from django.db import models

from plans.domain.caseload_file.states import ImportState
from plans.models.base import Row, identifying, operational
from plans.models.people import Clinic, User


class CaseloadImport(Row):
    """One file of a clinic, from its upload until it is imported or discarded; deleted when `expires_at` has passed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # Names, dates of birth, doses: emptied as soon as the import is finished.
    content = identifying(models.TextField(blank=True))
    # SHA-256 of the text; what is left of the file in the audit trail.
    digest = operational(models.CharField(max_length=64))
    # What each column holds: codes of plans.domain.caseload_file.columns, "" for a column that is not imported.
    columns = operational(models.JSONField(default=list))
    # plans.domain.caseload_file.values.DayOrder
    day_order = operational(models.CharField(max_length=20))
    # Whether somebody has looked at the patients who may be the same person or share a mailbox.
    looked = operational(models.BooleanField(default=False))
    state = operational(models.CharField(max_length=20, default=ImportState.BEING_CHECKED.value))
    # Whose the patients are to be for whom the file says nothing; empty: nobody's yet.
    owner = models.ForeignKey(
        User, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    # Patients to make when it began; made so far; drafts among them; patients who were known; rows with problems.
    total = operational(models.PositiveIntegerField(default=0))
    made = operational(models.PositiveIntegerField(default=0))
    drafts = operational(models.PositiveIntegerField(default=0))
    known = operational(models.PositiveIntegerField(default=0))
    left_out = operational(models.PositiveIntegerField(default=0))
    created_at = operational(models.DateTimeField())
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Real time.
    expires_at = operational(models.DateTimeField(db_index=True))

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(state=ImportState.FINISHED.value) | models.Q(content=""),
                name="import_finished_keeps_no_file",
            ),
        )
