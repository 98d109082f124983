"""The outbox: messages, documents and alerts, committed together with what caused them."""

from __future__ import annotations

from django.db import models

from plans.domain.outbox import WorkState
from plans.models.base import Row, operational, secret
from plans.models.checkin import Occasion
from plans.models.document import Document
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan, PlanVersion
from plans.models.review import ReviewItem


class Work(Row):
    """An outbox entry and its state: pending, claimed, sending, then an end (`plans.domain.outbox.WorkState`)."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # messages, documents, alerts
    queue = operational(models.CharField(max_length=20))
    # The code in plans.domain.notices; "draw" for a document.
    notice = operational(models.CharField(max_length=40))
    # (occasion, rung) or (subject, notice): unique among rows that are not cancelled.
    key = operational(models.CharField(max_length=160))
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(
        PlanVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    occasion = models.ForeignKey(Occasion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(ReviewItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    rung = operational(models.PositiveSmallIntegerField(default=0))
    # Small non-clinical facts that the message needs, fixed when it was put (never a name, a dose or an answer).
    facts = operational(models.JSONField(default=dict))
    state = operational(models.CharField(max_length=20, default=WorkState.PENDING.value))
    # Why it was skipped, rejected, cancelled or retried: a stable code.
    reason = operational(models.CharField(max_length=60, blank=True))
    # Fencing token of the claim: a worker whose lease expired cannot settle what another took over.
    token = secret(models.CharField(max_length=32, blank=True))
    lease_until = operational(models.DateTimeField(null=True, blank=True))
    attempts = operational(models.PositiveSmallIntegerField(default=0))
    # Crashes (a fault in drawing, a killed process); after five the entry is set aside.
    crashes = operational(models.PositiveSmallIntegerField(default=0))
    # The message that this one was bundled into.
    carried_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # How often an alert of unknown fate was sent again, which the message says.
    repeat = operational(models.PositiveSmallIntegerField(default=0))
    # Clinic time: when it is due, and when it is too late.
    due_at = operational(models.DateTimeField())
    not_after = operational(models.DateTimeField(null=True, blank=True))
    # Real time: the back-off.
    try_at = operational(models.DateTimeField(null=True, blank=True))
    message_id = operational(models.CharField(max_length=200, blank=True))
    smtp_code = operational(models.PositiveSmallIntegerField(null=True, blank=True))
    created_at = operational(models.DateTimeField())
    settled_at = operational(models.DateTimeField(null=True, blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("key",), condition=~models.Q(state=WorkState.CANCELLED.value), name="work_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=(WorkState.CLAIMED.value, WorkState.SENDING.value), lease_until__isnull=False
                )
                | (
                    ~models.Q(state__in=(WorkState.CLAIMED.value, WorkState.SENDING.value))
                    & models.Q(lease_until=None)
                ),
                name="work_claim_has_lease",
            ),
        )
        indexes = (
            models.Index(
                fields=("queue", "due_at", "id"),
                condition=models.Q(state=WorkState.PENDING.value),
                name="work_due",
            ),
            models.Index(
                fields=("lease_until", "id"),
                condition=models.Q(state__in=(WorkState.CLAIMED.value, WorkState.SENDING.value)),
                name="work_leased",
            ),
            models.Index(fields=("patient", "-created_at"), name="work_of_patient"),
            models.Index(
                fields=("plan", "id"),
                condition=models.Q(state=WorkState.PENDING.value),
                name="work_pending_of_plan",
            ),
            models.Index(
                fields=("clinic", "-settled_at"),
                condition=models.Q(
                    state__in=(WorkState.UNKNOWN.value, WorkState.REJECTED.value, WorkState.POISON.value)
                ),
                name="work_to_look_at",
            ),
            models.Index(fields=("clinic", "-created_at", "-id"), name="work_of_clinic"),
            models.Index(fields=("clinic", "queue", "settled_at"), name="work_settled"),
            models.Index(
                fields=("clinic", "-created_at", "-id"),
                condition=models.Q(state__in=(WorkState.SKIPPED.value, WorkState.CANCELLED.value)),
                name="work_not_sent",
            ),
            models.Index(
                fields=("clinic", "-created_at", "-id"),
                condition=models.Q(
                    state__in=(WorkState.PENDING.value, WorkState.CLAIMED.value, WorkState.SENDING.value)
                ),
                name="work_waiting",
            ),
            models.Index(
                fields=("carried_by",), condition=models.Q(carried_by__isnull=False), name="work_carried"
            ),
        )


class Heartbeat(models.Model):
    """When a loop last ran, on real time; a silent loop is shown to people and monitors."""

    name = operational(models.CharField(max_length=40, primary_key=True))
    at = operational(models.DateTimeField())
    facts = operational(models.JSONField(default=dict))

    def __str__(self) -> str:
        return self.name


class DemoClock(models.Model):
    """How far clinic time is ahead of real time; one row, demo mode only."""

    id = operational(models.PositiveSmallIntegerField(primary_key=True, default=1))
    offset_seconds = operational(models.BigIntegerField(default=0))

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="demo_clock_one_row"),
            models.CheckConstraint(condition=models.Q(offset_seconds__gte=0), name="demo_clock_forward_only"),
        )

    def __str__(self) -> str:
        return f"+{self.offset_seconds} s"
