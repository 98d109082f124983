"""Fills that a pharmacist handed out."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan, PlanVersion


class Dispensing(Row):
    """A fill that was handed out, as its version planned it unless the note says otherwise. Withdrawn, not changed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    # The days that the fill is for, both included.
    first = clinical(models.DateField())
    last = clinical(models.DateField())
    # Whole units (mL of a liquid) by product, as planned: [[words of the product, units], …].
    counts = clinical(models.JSONField(default=list))
    dispensed_on = clinical(models.DateField())
    note = clinical(models.CharField(max_length=300, blank=True))
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = operational(models.DateTimeField())
    withdrawn_at = operational(models.DateTimeField(null=True, blank=True))
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("version", "first"),
                condition=models.Q(withdrawn_at=None),
                name="dispensing_once_a_version",
            ),
        )
        indexes = (models.Index(fields=("patient", "-dispensed_on"), name="dispensing_of_patient"),)
