"""What somebody typed into a form that was refused, kept for an hour."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, operational, secret
from plans.models.people import Clinic, User


class KeptForm(Row):
    """A form that was not saved: sealed for the person who typed it, in the clinic they typed it in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    # Where it was sent, and the page it stands on, both without a query.
    path = operational(models.CharField(max_length=300))
    page = operational(models.CharField(max_length=300))
    # plans.services.sealing: opens with this person, clinic and path alone.
    sealed = secret(models.BinaryField())
    # Real time. The tick deletes what has expired.
    kept_at = operational(models.DateTimeField())
    expires_at = operational(models.DateTimeField(db_index=True))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "clinic", "path"), name="kept_form_once"),)
