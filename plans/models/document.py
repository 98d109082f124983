"""Documents drawn by a worker."""

from __future__ import annotations

from django.db import models

from plans.domain.documents.states import DocumentState
from plans.models.base import Row, operational
from plans.models.people import Clinic, Patient
from plans.models.plan import Plan, PlanVersion


class Document(Row):
    """A document of one version of a plan in one variant. Drawing it is an outbox entry."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="documents")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="documents")
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="documents")
    # A key of plans.domain.documents.kinds.KINDS
    kind = operational(models.CharField(max_length=20))
    # e.g. "a4-normal-en", "letter-large-es"
    variant = operational(models.CharField(max_length=40))
    layout = operational(models.PositiveIntegerField())
    # For a dose that stays: the day that the pages are drawn for, and the last day they show. Empty: the whole version.
    pages_from = operational(models.DateField(null=True, blank=True))
    pages_until = operational(models.DateField(null=True, blank=True))
    # plans.domain.documents.states.DocumentState
    state = operational(models.CharField(max_length=20, default=DocumentState.ASKED.value))
    sha256 = operational(models.CharField(max_length=64, blank=True))
    size = operational(models.PositiveIntegerField(default=0))
    pages = operational(models.PositiveSmallIntegerField(default=0))
    file = operational(models.CharField(max_length=200, blank=True))
    page_now = operational(models.PositiveSmallIntegerField(default=0))
    pages_all = operational(models.PositiveSmallIntegerField(default=0))
    # A stable code, never an exception's text, which could quote the patient.
    fault = operational(models.CharField(max_length=60, blank=True))
    asked_at = operational(models.DateTimeField())
    published_at = operational(models.DateTimeField(null=True, blank=True))
    replaced_at = operational(models.DateTimeField(null=True, blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("version", "kind", "variant", "layout", "pages_until"),
                nulls_distinct=False,
                name="document_once",
            ),
        )
        indexes = (models.Index(fields=("plan", "-asked_at"), name="document_of_plan"),)
