"""Consents that patients gave and took back."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User


class Consent(Row):
    """A patient said yes or no to one purpose, in one version of its text. Never changed: the newest counts."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    # plans.domain.rights.consents.ConsentPurpose
    purpose = operational(models.CharField(max_length=20))
    version = operational(models.PositiveSmallIntegerField())
    language = operational(models.CharField(max_length=10))
    given = operational(models.BooleanField())
    # plans.domain.rights.consents.ConsentHow
    how = operational(models.CharField(max_length=20))
    at = operational(models.DateTimeField())
    # Who recorded it; empty: the patient, on their page.
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = clinical(models.CharField(max_length=300, blank=True))

    class Meta:
        indexes = (models.Index(fields=("patient", "purpose", "-at"), name="consent_newest"),)
