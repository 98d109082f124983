"""Reviews of the catalogue's drugs."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, identifying, operational
from plans.models.people import Clinic, User


class CatalogueReview(Row):
    """A review of one drug for one clinic; never changed. It is valid while the drug's digest equals `digest`."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    drug = operational(models.CharField(max_length=40))
    digest = operational(models.CharField(max_length=64))
    # Who reviewed it, as typed: a pharmacist need not be a member.
    reviewer = identifying(models.CharField(max_length=120))
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = operational(models.DateTimeField())
    # The day in the clinic's zone.
    signed_on = operational(models.DateField())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("clinic", "drug", "digest"), name="catalogue_review_once"),
        )
