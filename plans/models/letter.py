"""Letters that were written about a patient."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, identifying, operational
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan
from plans.models.review import ReviewItem


class Letter(Row):
    """A letter as it went out, never changed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="letters")
    # The plan on whose page its patient reads it, if it went by message.
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # The review item that it answers.
    item = models.ForeignKey(ReviewItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # plans.domain.letters.LetterTo and LetterWay
    to = operational(models.CharField(max_length=20))
    way = operational(models.CharField(max_length=20))
    to_name = identifying(models.CharField(max_length=300, blank=True))
    subject = clinical(models.CharField(max_length=200))
    text = clinical(models.TextField())
    made_at = operational(models.DateTimeField())
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("patient", "-made_at"), name="letter_of_patient"),)
