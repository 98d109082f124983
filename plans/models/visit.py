"""Visits a patient is expected at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from plans.models.base import Row
from plans.models.people import Clinic, Patient, User


class PlannedVisit(Row):
    """A visit of a patient, planned or taken back; one that was moved is taken back and planned anew."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "patient": "operational", "on": "clinical", "at": "clinical",
        "with_whom": "clinical", "planned_at": "operational", "planned_by": "operational",
        "cancelled_at": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="visits")
    # The clinic's day and hour; without an hour the day alone is agreed.
    on = models.DateField()
    at = models.TimeField(null=True, blank=True)
    with_whom = models.CharField(max_length=100, blank=True)
    planned_at = models.DateTimeField()
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("patient", "on", "at"),
                condition=models.Q(cancelled_at=None),
                nulls_distinct=False,
                name="visit_once",
            ),
        )
        indexes = (models.Index(fields=("patient", "on"), name="visit_of_patient"),)
