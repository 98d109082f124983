"""Downtime lists, and the key that each clinic's are encrypted with."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, operational, secret
from plans.models.people import Clinic, User


class DowntimeKey(Row):
    """What a clinic's lists are encrypted with from now on: made of a code that was shown once and is kept nowhere."""

    clinic = models.OneToOneField(Clinic, on_delete=models.PROTECT, related_name="+")
    salt = operational(models.BinaryField(max_length=16))
    iterations = operational(models.PositiveIntegerField())
    # plans.services.sealing: the key made of code and salt.
    sealed = secret(models.BinaryField())
    set_at = operational(models.DateTimeField())
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")


class DowntimeList(Row):
    """A list as it was made: a whole page, encrypted."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    made_at = operational(models.DateTimeField())
    patients = operational(models.PositiveIntegerField())
    page = clinical(models.TextField())

    class Meta:
        indexes = (models.Index(fields=("clinic", "-made_at"), name="downtime_newest"),)
