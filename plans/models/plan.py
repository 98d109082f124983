"""Plans and their immutable versions."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models

from plans.domain.taper.plan_states import LIVE, PlanState
from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User

LIVE_STATES = tuple(state.value for state in PlanState if state in LIVE)
# States in which documents are drawn and offered: not while a ward decides what is taken.
ON_PAPER_STATES = tuple(state for state in LIVE_STATES if state != PlanState.PAUSED)


class Plan(Row):
    """One taper of one patient. Its versions have the doses; a draft stores the form as typed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="plans")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="plans")
    # States and transitions: plans.domain.taper.plan_states.
    state = clinical(models.CharField(max_length=20, default=PlanState.DRAFT.value))
    state_at = operational(models.DateTimeField())
    held_until = clinical(models.DateField(null=True, blank=True))
    active_version = models.ForeignKey(
        "PlanVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Every drug of the active version, in the order of its schedule; none in a draft.
    drugs = clinical(ArrayField(models.CharField(max_length=40), default=list, blank=True))
    # The plan form as typed; emptied when the plan is issued.
    draft = clinical(models.JSONField(default=dict))
    draft_at = operational(models.DateTimeField(null=True, blank=True))
    draft_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Projections of the active version, for lists and for the clock. A plan that does not end at zero has no last day;
    # `goal_on` is the first day of the dose that stays.
    last_day = clinical(models.DateField(null=True, blank=True))
    ends_at_zero = clinical(models.BooleanField(default=True))
    # For a plan paused for a hospital stay: since when, and when to ask the ward (again).
    paused_on = clinical(models.DateField(null=True, blank=True))
    ask_ward_on = operational(models.DateField(null=True, blank=True))
    # An EndReason of plan_states, or transferred, stopped_care, died: why and when a plan ended early.
    ended_because = clinical(models.CharField(max_length=20, blank=True))
    ended_on = clinical(models.DateField(null=True, blank=True))
    goal_on = clinical(models.DateField(null=True, blank=True))
    # When a clinician reviews a dose that stays.
    review_on = clinical(models.DateField(null=True, blank=True))
    # For a dose that stays: from and until when its pages are drawn.
    pages_from = operational(models.DateField(null=True, blank=True))
    pages_until = operational(models.DateField(null=True, blank=True))
    # Counts acts on the plan: a form carries it, so that the second of two concurrent acts is refused as stale.
    lock = operational(models.PositiveIntegerField(default=1))
    created_at = operational(models.DateTimeField())
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("patient",), condition=models.Q(state__in=LIVE_STATES), name="plan_one_live_a_patient"
            ),
            models.UniqueConstraint(
                fields=("patient",),
                condition=models.Q(state=PlanState.DRAFT.value),
                name="plan_one_draft_a_patient",
            ),
            models.CheckConstraint(
                condition=models.Q(state=PlanState.DRAFT.value, active_version=None)
                | models.Q(state=PlanState.ABANDONED.value, active_version=None)
                | (
                    ~models.Q(state__in=(PlanState.DRAFT.value, PlanState.ABANDONED.value))
                    & models.Q(active_version__isnull=False)
                ),
                name="plan_issued_has_version",
            ),
        )
        indexes = (
            models.Index(fields=("clinic", "state", "id"), name="plan_by_state"),
            # Plans whose ward is to be asked.
            models.Index(
                fields=("ask_ward_on",),
                condition=models.Q(state=PlanState.PAUSED.value),
                name="plan_ward_to_ask",
            ),
        )


class PlanVersion(Row):
    """One issued version, never edited. `canonical` is authoritative; everything else is projected from it or
    history."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = operational(models.PositiveIntegerField())
    # issued, corrected, or the act of plans.domain.taper.plan_states that made it
    kind = clinical(models.CharField(max_length=20))
    note = clinical(models.TextField(blank=True))
    # Canonical JSON text (plans.domain.taper.snapshot). Text, because jsonb would not return the hashed bytes.
    canonical = clinical(models.TextField())
    schema = operational(models.PositiveSmallIntegerField())
    sha256 = operational(models.CharField(max_length=64))
    # The first day of this version; earlier days belong to earlier versions.
    from_day = clinical(models.DateField())
    made_on = operational(models.DateField())
    last_day = clinical(models.DateField())
    issued_at = operational(models.DateTimeField())
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    replaced_at = operational(models.DateTimeField(null=True, blank=True))
    item = models.ForeignKey("ReviewItem", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("plan", "number"), name="version_number_once"),)
        indexes = (models.Index(fields=("-issued_at",), name="version_newest"),)


class PlanStep(Row):
    """A projection of a version's steps for lists and searches: one row per step, never two on one day."""

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="steps")
    n = clinical(models.PositiveIntegerField())
    days = clinical(DateRangeField())
    kind = clinical(models.CharField(max_length=20))
    # The day's dose of every drug: counts of 0.00001 mg by drug, or seven of them, Monday first, if the days of its
    # week differ (plans.domain.regimen.DayDose).
    doses = clinical(models.JSONField(default=dict))
    # Whether its first day has another regimen than the day before; false for a first step.
    changes = clinical(models.BooleanField(default=False))

    class Meta:
        constraints = (
            ExclusionConstraint(
                name="step_days_apart",
                expressions=[("version", RangeOperators.EQUAL), ("days", RangeOperators.OVERLAPS)],
            ),
            models.UniqueConstraint(fields=("version", "n"), name="step_number_once"),
        )
        indexes = (
            # For doses that change within a week.
            models.Index("days__startswith", condition=models.Q(changes=True), name="step_by_first_day"),
        )
