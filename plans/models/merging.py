"""Two records of one person that were merged."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User


class PatientMerge(Row):
    """One record merged into another: which rows moved, so that it can be undone. Kept when it was."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # The record that stays, and the one whose rows it got.
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merged_into")
    reason = clinical(models.CharField(max_length=300))
    # {table: [keys of rows that moved]}
    moved = operational(models.JSONField(default=dict))
    # What the merged record was before: its state of care.
    care_was = operational(models.CharField(max_length=20))
    at = operational(models.DateTimeField())
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    undone_at = operational(models.DateTimeField(null=True, blank=True))
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("merged",), condition=models.Q(undone_at=None), name="merge_once_a_record"
            ),
            models.CheckConstraint(
                condition=~models.Q(patient=models.F("merged")), name="merge_of_two_records"
            ),
        )
        indexes = (models.Index(fields=("patient", "-at"), name="merge_of_patient"),)
