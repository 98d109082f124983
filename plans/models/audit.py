"""The audit trail: appended in the transaction of the act, never changed or removed (a trigger refuses)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class AuditEvent(models.Model):
    """Who did what to what, when, on which version. No foreign keys: the trail outlives what it speaks of."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "at": "operational", "real_at": "operational", "clinic_id": "operational",
        "actor_kind": "operational", "actor_id": "operational", "actor_name": "identifying",
        "act": "operational", "subject_kind": "operational", "subject_id": "operational",
        "patient_id": "operational", "plan_id": "operational", "version": "operational", "facts": "clinical",
    }  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    # Clinic time and real time: they differ only while a demo clock is moved.
    at = models.DateTimeField()
    real_at = models.DateTimeField()
    clinic_id = models.UUIDField(null=True, blank=True)
    # user, patient, system
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    act = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField(null=True, blank=True)
    patient_id = models.UUIDField(null=True, blank=True)
    plan_id = models.UUIDField(null=True, blank=True)
    version = models.PositiveIntegerField(null=True, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = (
            models.Index(fields=("clinic_id", "id"), name="audit_of_clinic"),
            models.Index(fields=("patient_id", "id"), name="audit_of_patient"),
        )

    def __str__(self) -> str:
        return f"AuditEvent {self.pk}"
