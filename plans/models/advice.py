"""What a clinic's lead tells patients on page 1 of the calendar."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from plans.models.base import Row
from plans.models.people import Clinic, User


class AdviceSignature(Row):
    """Texts in one language with the lead's signature; never changed, the highest number holds."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "language": "operational", "number": "operational",
        "missed": "operational", "worse": "operational", "emergency": "operational", "signed_by": "operational",
        "signed_at": "operational", "signed_on": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    missed = models.TextField()
    worse = models.TextField()
    # Lines.
    emergency = models.JSONField()
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    # The day in the clinic's zone, as paper says it.
    signed_on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("clinic", "language", "number"), name="advice_signature_once"),
        )
