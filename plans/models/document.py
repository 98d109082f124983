"""Documents drawn by a worker."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from plans.domain.documents.states import DocumentState
from plans.models.base import Row
from plans.models.people import Clinic, Patient
from plans.models.plan import Plan, PlanVersion


class Document(Row):
    """A document of one version of a plan in one variant. The work of drawing it is an outbox row."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "patient": "operational", "plan": "operational",
        "version": "operational", "kind": "operational", "variant": "operational", "layout": "operational",
        "state": "operational", "sha256": "operational", "size": "operational", "pages": "operational",
        "file": "operational", "page_now": "operational", "pages_all": "operational", "fault": "operational",
        "pages_from": "operational", "pages_until": "operational", "asked_at": "operational",
        "published_at": "operational", "replaced_at": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="documents")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="documents")
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="documents")
    # calendar, pharmacy
    kind = models.CharField(max_length=20)
    # e.g. "a4-normal-en", "letter-large-es"
    variant = models.CharField(max_length=40)
    layout = models.PositiveIntegerField()
    # Of a dose that stays: the day the pages are drawn for, and the last day they show. Empty: the whole version.
    pages_from = models.DateField(null=True, blank=True)
    pages_until = models.DateField(null=True, blank=True)
    # plans.domain.documents.states.DocumentState
    state = models.CharField(max_length=20, default=DocumentState.ASKED.value)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    pages = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=200, blank=True)
    page_now = models.PositiveSmallIntegerField(default=0)
    pages_all = models.PositiveSmallIntegerField(default=0)
    # A stable code, never a message: a message could quote the patient.
    fault = models.CharField(max_length=60, blank=True)
    asked_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("version", "kind", "variant", "layout", "pages_until"),
                nulls_distinct=False,
                name="document_once",
            ),
        )
        indexes = (models.Index(fields=("plan", "-asked_at"), name="document_of_plan"),)
