"""The review queue."""

from __future__ import annotations

from django.db import models

from plans.domain.review.item_states import ItemState
from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan


class ReviewItem(Row):
    """Something that a clinician must review, with its clocks and its holder."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="items")
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    # plans.domain.review.reasons.Source
    source = operational(models.CharField(max_length=20))
    # What it is about, such as "checkin:<id>": at most one open item for each.
    source_key = operational(models.CharField(max_length=120))
    severity = clinical(models.CharField(max_length=10))
    # 0 urgent, 1 high, 2 routine: ascending like the clocks, so that one row comparison pages the queue.
    priority = operational(models.PositiveSmallIntegerField())
    # States and transitions: plans.domain.review.item_states.
    state = operational(models.CharField(max_length=20, default=ItemState.NEW.value))
    holder = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lease_until = operational(models.DateTimeField(null=True, blank=True))
    lock = operational(models.PositiveIntegerField(default=1))
    opened_at = operational(models.DateTimeField())
    first_action_due = operational(models.DateTimeField())
    resolve_due = operational(models.DateTimeField())
    first_action_at = operational(models.DateTimeField(null=True, blank=True))
    # Only claiming acknowledges: an opened message proves nothing.
    acknowledged_at = operational(models.DateTimeField(null=True, blank=True))
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # The highest tier alerted: 1 the first on duty, 2 the second, 3 everybody who may review.
    tier = operational(models.PositiveSmallIntegerField(default=0))
    # The next rung of its ladder (plans.domain.review.escalation). The ladder counts from `alerted_from`, or if that is
    # empty from when the item was opened.
    rung = operational(models.PositiveSmallIntegerField(default=0, db_default=0))
    alerted_from = operational(models.DateTimeField(null=True, blank=True))
    escalate_at = operational(models.DateTimeField(null=True, blank=True))
    snoozed_until = operational(models.DateTimeField(null=True, blank=True))
    # Of a waiting item: plans.domain.review.item_states.WaitsFor.
    waits_for = operational(models.CharField(max_length=20, blank=True, db_default=""))
    resolved_at = operational(models.DateTimeField(null=True, blank=True))
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = clinical(models.CharField(max_length=30, blank=True))
    note = clinical(models.TextField(blank=True))
    facts = clinical(models.JSONField(default=dict))

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
            # How well the queue is worked, in the weeks asked for.
            models.Index(fields=("clinic", "opened_at"), name="item_opened"),
            # What the tick looks for, and the two counts of every page and of the closed ones.
            models.Index(
                fields=("lease_until", "id"),
                condition=models.Q(lease_until__isnull=False),
                name="item_leased",
            ),
            models.Index(
                fields=("snoozed_until", "id"),
                condition=models.Q(state=ItemState.SNOOZED.value),
                name="item_to_wake",
            ),
            models.Index(
                fields=("snoozed_until", "id"),
                condition=models.Q(state=ItemState.WAITING.value),
                name="item_waiting_to_wake",
            ),
            models.Index(
                fields=("clinic", "-resolved_at", "-id"),
                condition=models.Q(state=ItemState.RESOLVED.value),
                name="item_closed",
            ),
            models.Index(
                fields=("clinic", "-opened_at"),
                include=("severity",),
                condition=~models.Q(state=ItemState.RESOLVED.value),
                name="item_newest",
            ),
        )


class ReviewEvent(Row):
    """What was done to an item: claimed, called, noted, escalated, resolved… Never changed."""

    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="events")
    at = operational(models.DateTimeField())
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = operational(models.CharField(max_length=30))
    note = clinical(models.TextField(blank=True))
    facts = clinical(models.JSONField(default=dict))

    class Meta:
        indexes = (
            models.Index(fields=("item", "at"), name="event_of_item"),
            # Who was told around a moment.
            models.Index(fields=("at",), condition=models.Q(kind="alerted"), name="event_alerted"),
        )
