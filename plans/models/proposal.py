"""Drafts and changes that wait for a second signature."""

from __future__ import annotations

from django.db import models

from plans.domain.taper.second_signature import ProposalState
from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, User
from plans.models.plan import Plan
from plans.models.review import ReviewItem


class Proposal(Row):
    """What one clinician asked another to sign: the issue of a draft, or a change to a running plan.

    Kept when it is over, so that nothing typed is lost; what was issued is the version's own text.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="proposals")
    # A PlanAct: issue, or the act that the change is recorded as.
    act = clinical(models.CharField(max_length=20))
    # States and transitions: plans.domain.taper.second_signature.
    state = operational(models.CharField(max_length=20, default=ProposalState.WAITING.value))
    # The triggers it raised.
    because = clinical(models.JSONField(default=list))
    # The form of the change as typed; a draft keeps its own.
    form = clinical(models.JSONField(default=dict))
    # What is done when it is signed, beside what the form says; services check the keys.
    asked = clinical(models.JSONField(default=dict))
    # The digest of what its author was shown: nothing else can be signed.
    digest = operational(models.CharField(max_length=64))
    plan_lock = operational(models.PositiveIntegerField())
    from_day = clinical(models.DateField())
    # The review item that the change answers.
    answers = models.ForeignKey(ReviewItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = operational(models.DateTimeField())
    asked_on = operational(models.DateField())
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = operational(models.DateTimeField(null=True, blank=True))
    # Why it was not signed.
    reason = clinical(models.TextField(blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("plan",),
                condition=models.Q(state=ProposalState.WAITING.value),
                name="proposal_one_waits_a_plan",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ProposalState.WAITING.value, decided_at=None)
                | (~models.Q(state=ProposalState.WAITING.value) & models.Q(decided_at__isnull=False)),
                name="proposal_decided_whole",
            ),
        )
