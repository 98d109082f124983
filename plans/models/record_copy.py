"""Copies of everything kept about a patient, made for the patient."""

from __future__ import annotations

from django.db import models

from plans.domain.rights.copies import UNDER_WAY, CopyState
from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User


class RecordCopy(Row):
    """A copy that a member of staff asked for; a worker makes it. Making it is an outbox entry."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="record_copies")
    # plans.domain.rights.copies.CopyState
    state = operational(models.CharField(max_length=20, default=CopyState.ASKED.value))
    asked_at = operational(models.DateTimeField())
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Notes left out because somebody else said something in confidence: [[CopyNote, key], …].
    withheld = operational(models.JSONField(default=list))
    step_now = operational(models.PositiveSmallIntegerField(default=0))
    steps_all = operational(models.PositiveSmallIntegerField(default=0))
    # Of the finished file: its pieces, size and SHA-256.
    pieces = operational(models.PositiveIntegerField(default=0))
    size = operational(models.PositiveBigIntegerField(default=0))
    sha256 = operational(models.CharField(max_length=64, blank=True))
    ready_at = operational(models.DateTimeField(null=True, blank=True))
    # Real time.
    expires_at = operational(models.DateTimeField(null=True, blank=True))
    # When it was put on the patient's page, and by whom.
    handed_at = operational(models.DateTimeField(null=True, blank=True))
    handed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("patient",),
                condition=models.Q(state__in=[one.value for one in UNDER_WAY]),
                name="record_copy_one_under_way",
            ),
        )
        indexes = (
            models.Index(fields=("patient", "-asked_at"), name="record_copy_of_patient"),
            models.Index(
                fields=("expires_at",),
                condition=models.Q(state=CopyState.READY.value),
                name="record_copy_to_end",
            ),
        )


class RecordCopyPiece(Row):
    """A piece of a copy, sealed for its place in it."""

    copy = models.ForeignKey(RecordCopy, on_delete=models.CASCADE, related_name="+")
    number = operational(models.PositiveIntegerField())
    sealed = clinical(models.BinaryField())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("copy", "number"), name="record_copy_piece_once"),)
