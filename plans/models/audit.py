"""The audit trail: acts, and who opened whose record. Rows are appended, never changed or removed: a trigger refuses,
and so does what the roles of the application may do. Seals chain ranges of them by hash."""

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
    # user, patient, system; unknown: whoever tried to sign in to no account
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
            models.Index(fields=("clinic_id", "actor_id", "id"), name="audit_of_actor"),
            models.Index(fields=("clinic_id", "at"), name="audit_of_day"),
        )

    def __str__(self) -> str:
        return f"AuditEvent {self.pk}"


class RecordLook(models.Model):
    """A member of staff was shown something of a patient. One row each time; pages fold the rows of a session."""

    id = operational(models.BigAutoField(primary_key=True))
    # As for an act.
    at = operational(models.DateTimeField())
    real_at = operational(models.DateTimeField())
    clinic_id = operational(models.UUIDField())
    actor_id = operational(models.UUIDField())
    actor_name = identifying(models.CharField(max_length=200))
    patient_id = operational(models.UUIDField())
    # A hash of the session's key.
    session = operational(models.CharField(max_length=16))
    # The kind of row that was fetched first, and its key.
    subject_kind = operational(models.CharField(max_length=20))
    subject_id = operational(models.UUIDField())

    class Meta:
        indexes = (
            models.Index(fields=("patient_id", "id"), name="look_of_patient"),
            models.Index(fields=("clinic_id", "at"), name="look_of_day"),
            models.Index(fields=("clinic_id", "actor_id", "at"), name="look_of_actor"),
        )

    def __str__(self) -> str:
        return f"RecordLook {self.pk}"


class AuditSeal(models.Model):
    """A sealed range of one of the two tables, as `plans.domain.audit_chain.Seal` says; appended by workers alone."""

    id = operational(models.BigAutoField(primary_key=True))
    # plans.domain.audit_chain.TrailName
    trail = operational(models.CharField(max_length=10))
    number = operational(models.BigIntegerField())
    after = operational(models.BigIntegerField())
    last = operational(models.BigIntegerField())
    marks = operational(models.BinaryField())
    previous = operational(models.CharField(max_length=64))
    head = operational(models.CharField(max_length=64))
    # Real time.
    sealed_at = operational(models.DateTimeField())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("trail", "number"), name="audit_seal_once"),)

    def __str__(self) -> str:
        return f"AuditSeal {self.trail} {self.number}"
