"""The audit trail: appended in the transaction of the act, never changed or removed (a trigger refuses)."""

from __future__ import annotations

from django.db import models

from plans.models.base import clinical, identifying, operational


class AuditEvent(models.Model):
    """Who did what to what, when, on which version. No foreign keys: the trail outlives its subjects."""

    id = operational(models.BigAutoField(primary_key=True))
    # Clinic time and real time, which differ only if a demo clock was moved.
    at = operational(models.DateTimeField())
    real_at = operational(models.DateTimeField())
    clinic_id = operational(models.UUIDField(null=True, blank=True))
    # user, patient, system
    actor_kind = operational(models.CharField(max_length=10))
    actor_id = operational(models.UUIDField(null=True, blank=True))
    actor_name = identifying(models.CharField(max_length=200, blank=True))
    act = operational(models.CharField(max_length=40))
    subject_kind = operational(models.CharField(max_length=20))
    subject_id = operational(models.UUIDField(null=True, blank=True))
    patient_id = operational(models.UUIDField(null=True, blank=True))
    plan_id = operational(models.UUIDField(null=True, blank=True))
    version = operational(models.PositiveIntegerField(null=True, blank=True))
    facts = clinical(models.JSONField(default=dict))

    class Meta:
        indexes = (
            models.Index(fields=("clinic_id", "id"), name="audit_of_clinic"),
            models.Index(fields=("patient_id", "id"), name="audit_of_patient"),
        )

    def __str__(self) -> str:
        return f"AuditEvent {self.pk}"
