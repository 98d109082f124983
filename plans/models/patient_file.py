"""Files of patients that came from another installation."""

from __future__ import annotations

from django.db import models

from plans.domain.patient_file.states import PatientFileState
from plans.models.base import Row, clinical, identifying, operational
from plans.models.people import Clinic, Patient, User


class PatientFile(Row):
    """A patient's file, from its upload until it is read or a day is over; kept once it was read."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # Whom it became.
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="files"
    )
    # The zip as uploaded.
    content = clinical(models.BinaryField())
    # SHA-256 of its record.
    digest = operational(models.CharField(max_length=64))
    # The patient's key where the file was made: the same person in every file.
    origin = identifying(models.UUIDField())
    # plans.domain.patient_file.states.PatientFileState
    state = operational(models.CharField(max_length=20, default=PatientFileState.BEING_CHECKED.value))
    created_at = operational(models.DateTimeField())
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Real time; empty once it was read.
    expires_at = operational(models.DateTimeField(null=True, blank=True, db_index=True))

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state=PatientFileState.READ.value, patient__isnull=False, expires_at=None)
                | (
                    ~models.Q(state=PatientFileState.READ.value)
                    & models.Q(patient=None, expires_at__isnull=False)
                ),
                name="patient_file_read_whole",
            ),
        )
        indexes = (models.Index(fields=("clinic", "origin"), name="patient_file_of_origin"),)
