"""Planned visits."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User


class PlannedVisit(Row):
    """A patient's visit, planned or cancelled; moving one cancels it and plans another."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="visits")
    # The clinic's day and hour; without an hour only the day is agreed.
    on = clinical(models.DateField())
    at = clinical(models.TimeField(null=True, blank=True))
    with_whom = clinical(models.CharField(max_length=100, blank=True))
    planned_at = operational(models.DateTimeField())
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cancelled_at = operational(models.DateTimeField(null=True, blank=True))

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
