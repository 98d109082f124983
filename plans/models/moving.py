"""Moves of patients between the clinics of an installation."""

from __future__ import annotations

from django.db import models

from plans.domain.moving import MoveState
from plans.models.base import Row, clinical, identifying, operational
from plans.models.people import Clinic, Patient, User


class PatientMove(Row):
    """An offer of a patient to another clinic, and after it was accepted the offering clinic's record of it.

    The receiving clinic sees this row and nothing of the patient's until it accepts. It is not one of the rows that
    follow the patient: it belongs to both clinics.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="moves")
    from_clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    to_clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # plans.domain.moving.MoveState
    state = operational(models.CharField(max_length=20, default=MoveState.OFFERED.value))
    # What the offer says of the patient, as it was when it was made or accepted.
    name = identifying(models.CharField(max_length=200))
    born = identifying(models.DateField())
    record_no = identifying(models.CharField(max_length=40))
    drugs = clinical(models.JSONField(default=list))
    # What whoever offers writes to the other clinic.
    note = clinical(models.TextField(blank=True))
    offered_at = operational(models.DateTimeField())
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = operational(models.DateTimeField())
    settled_at = operational(models.DateTimeField(null=True, blank=True))
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Why it was declined or taken back.
    reason = clinical(models.TextField(blank=True))
    # Plans and answers when the patient left: the offering clinic's copy.
    kept = clinical(models.JSONField(default=dict))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("patient",),
                condition=models.Q(state=MoveState.OFFERED.value),
                name="move_one_open_a_patient",
            ),
            models.CheckConstraint(
                condition=~models.Q(from_clinic=models.F("to_clinic")), name="move_between_two_clinics"
            ),
            models.CheckConstraint(
                condition=models.Q(state=MoveState.OFFERED.value, settled_at=None)
                | (~models.Q(state=MoveState.OFFERED.value) & models.Q(settled_at__isnull=False)),
                name="move_settled_whole",
            ),
        )
        indexes = (
            models.Index(fields=("from_clinic", "-offered_at", "-id"), name="move_from_clinic"),
            models.Index(fields=("to_clinic", "-offered_at", "-id"), name="move_to_clinic"),
            models.Index(
                fields=("expires_at",),
                condition=models.Q(state=MoveState.OFFERED.value),
                name="move_to_lapse",
            ),
        )
