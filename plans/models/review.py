"""The review queue."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from plans.domain.review.item_states import ItemState
from plans.models.base import Row
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan


class ReviewItem(Row):
    """One thing a clinician must look at, with its clocks and who holds it."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "patient": "operational", "plan": "operational",
        "source": "operational", "source_key": "operational", "severity": "clinical", "priority": "operational",
        "state": "operational", "holder": "operational", "lease_until": "operational", "lock": "operational",
        "opened_at": "operational", "first_action_due": "operational", "resolve_due": "operational",
        "first_action_at": "operational", "acknowledged_at": "operational", "acknowledged_by": "operational",
        "tier": "operational", "escalate_at": "operational", "snoozed_until": "operational",
        "resolved_at": "operational", "resolved_by": "operational", "outcome": "clinical", "note": "clinical",
        "facts": "clinical",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="items")
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    # checkin, missed, mail, document, supply, scoring, access, care, plan
    source = models.CharField(max_length=20)
    # What it is about, e.g. "checkin:<id>": one open item for one thing.
    source_key = models.CharField(max_length=120)
    severity = models.CharField(max_length=10)
    # 0 urgent, 1 high, 2 routine: ascending with the clock, so that one row comparison pages the queue.
    priority = models.PositiveSmallIntegerField()
    # States and transitions: plans.domain.review.item_states.
    state = models.CharField(max_length=20, default=ItemState.NEW.value)
    holder = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lease_until = models.DateTimeField(null=True, blank=True)
    lock = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    first_action_due = models.DateTimeField()
    resolve_due = models.DateTimeField()
    first_action_at = models.DateTimeField(null=True, blank=True)
    # Only claiming acknowledges: a letter that was opened proves nothing.
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # How many tiers were told: 1 the primary, 2 the second, 3 everyone.
    tier = models.PositiveSmallIntegerField(default=0)
    escalate_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=30, blank=True)
    note = models.TextField(blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("clinic", "source_key"),
                condition=~models.Q(state=ItemState.RESOLVED.value),
                name="item_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(holder=None, lease_until=None)
                | models.Q(holder__isnull=False, lease_until__isnull=False),
                name="item_holder_has_lease",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state=ItemState.RESOLVED.value, resolved_at__isnull=False, resolved_by__isnull=False
                )
                | (~models.Q(state=ItemState.RESOLVED.value) & models.Q(resolved_at=None, resolved_by=None)),
                name="item_resolved_whole",
            ),
        )
        indexes = (
            models.Index(
                fields=("clinic", "priority", "first_action_due", "id"),
                condition=~models.Q(state=ItemState.RESOLVED.value),
                name="item_queue",
            ),
            models.Index(
                fields=("escalate_at", "id"),
                condition=models.Q(escalate_at__isnull=False),
                name="item_to_escalate",
            ),
            models.Index(fields=("patient", "-opened_at"), name="item_of_patient"),
        )


class ReviewEvent(Row):
    """What was done on an item: claimed, called, noted, escalated, resolved… never changed."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "item": "operational", "at": "operational", "by": "operational",
        "kind": "operational", "note": "clinical", "facts": "clinical",
    }  # fmt: skip

    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30)
    note = models.TextField(blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = (models.Index(fields=("item", "at"), name="event_of_item"),)
