"""Calls to patients: what came of each, and who is calling whom."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User
from plans.models.review import ReviewItem


class Call(Row):
    """What came of a call to a patient, or what was agreed about calling them. Never changed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, db_index=False, on_delete=models.PROTECT, related_name="calls")
    # The item from whose page it was recorded, if it was not the list of calls.
    item = models.ForeignKey(ReviewItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = operational(models.DateTimeField())
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # plans.domain.review.calls.CallResult
    result = operational(models.CharField(max_length=20))
    # plans.domain.review.calls.CallReason: what there was to call about.
    reasons = clinical(models.JSONField(default=list))
    again_at = operational(models.DateTimeField(null=True, blank=True))
    # plans.domain.review.calls.NoCall, and the last day it counts for; empty until changed.
    why = clinical(models.CharField(max_length=20, blank=True))
    until = operational(models.DateField(null=True, blank=True))
    note = clinical(models.TextField(blank=True))

    class Meta:
        indexes = (
            models.Index(fields=("patient", "result", "-at"), name="call_of_patient"),
            models.Index(fields=("clinic", "-at", "-id"), name="call_newest"),
        )


class CallClaim(Row):
    """Who is calling a patient now, so that nobody else does. The lease runs on real time."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="call_claim")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    lease_until = operational(models.DateTimeField())
