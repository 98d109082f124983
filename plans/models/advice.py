"""A clinic's own advice on page 1 of the calendar."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, operational
from plans.models.people import Clinic, User


class AdviceSignature(Row):
    """Texts in one language with the lead's signature; never changed, and the highest number is in force."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    language = operational(models.CharField(max_length=10))
    number = operational(models.PositiveIntegerField())
    missed = operational(models.TextField())
    worse = operational(models.TextField())
    # Lines.
    emergency = operational(models.JSONField())
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = operational(models.DateTimeField())
    # The day in the clinic's zone, as a printed page says it.
    signed_on = operational(models.DateField())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("clinic", "language", "number"), name="advice_signature_once"),
        )
