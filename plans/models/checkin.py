"""Check-ins: occasions, responses and their flags."""

from __future__ import annotations

from django.db import models

from plans.domain.checkins.states import CheckInState, OccasionState, RawAnswerState
from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan


class Occasion(Row):
    """A check-in due on a patient's local date, scheduled ahead."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="occasions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="occasions")
    # baseline, weekly, after_cut, maintenance, last_dose, follow_up, unscheduled, extra
    purpose = operational(models.CharField(max_length=20))
    # Which form is asked: "baseline", "long" or "weekly".
    form = operational(models.CharField(max_length=20))
    local_date = operational(models.DateField())
    local_time = operational(models.TimeField())
    zone = operational(models.CharField(max_length=64))
    due_at = operational(models.DateTimeField())
    closes_at = operational(models.DateTimeField())
    # plans.domain.checkins.states.OccasionState
    state = operational(models.CharField(max_length=20, default=OccasionState.PLANNED.value))
    invited_at = operational(models.DateTimeField(null=True, blank=True))
    settled_at = operational(models.DateTimeField(null=True, blank=True))
    created_at = operational(models.DateTimeField())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("patient", "purpose", "local_date"),
                condition=~models.Q(state=OccasionState.CANCELLED.value),
                name="occasion_once",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                condition=models.Q(state=OccasionState.PLANNED.value),
                name="occasion_to_invite",
            ),
            models.Index(
                fields=("closes_at", "id"),
                condition=models.Q(state=OccasionState.INVITED.value),
                name="occasion_to_close",
            ),
            models.Index(fields=("patient", "local_date"), name="occasion_of_patient"),
            # How many check-ins a rule's flags are compared with; so are those of responses and flags.
            models.Index(
                fields=("clinic", "settled_at"),
                condition=models.Q(state=OccasionState.MISSED.value),
                name="occasion_missed",
            ),
        )


class CheckIn(Row):
    """A response: its current answers, and where the patient is in the form."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="checkins")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="checkins")
    occasion = models.OneToOneField(
        Occasion, null=True, blank=True, on_delete=models.PROTECT, related_name="checkin"
    )
    form = operational(models.CharField(max_length=20))
    # Instruments and their versions, as asked: {"phq9": 1, …}
    form_version = operational(models.JSONField(default=dict))
    # plans.domain.checkins.states.CheckInState
    state = operational(models.CharField(max_length=20, default=CheckInState.OPEN.value))
    # {item code: value text}; each saved state is a CheckInRevision (services.checkins.saving).
    answers = clinical(models.JSONField(default=dict))
    # {"phq9": {"total": 12, "affective": 5, "change_first": …}, …}
    scores = clinical(models.JSONField(default=dict))
    page = operational(models.CharField(max_length=40, blank=True))
    revision = operational(models.PositiveIntegerField(default=0))
    # Staff who entered it by phone; empty when the patient answered.
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    late = operational(models.BooleanField(default=False))
    started_at = operational(models.DateTimeField())
    saved_at = operational(models.DateTimeField())
    submitted_at = operational(models.DateTimeField(null=True, blank=True))
    local_date = operational(models.DateField())
    # The form's nonce: a double submit finds the first result.
    nonce = operational(models.CharField(max_length=64, blank=True))

    class Meta:
        indexes = (
            models.Index(fields=("patient", "-started_at"), name="checkin_of_patient"),
            models.Index(
                fields=("saved_at", "id"),
                condition=models.Q(state=CheckInState.OPEN.value),
                name="checkin_to_leave",
            ),
            # Who answered last.
            models.Index(
                fields=("clinic", "-submitted_at"),
                condition=models.Q(state=CheckInState.SUBMITTED.value),
                name="checkin_newest",
            ),
            models.Index(
                fields=("clinic", "started_at"),
                condition=models.Q(state__in=(CheckInState.SUBMITTED.value, CheckInState.ABANDONED.value)),
                name="checkin_done",
            ),
        )


class CheckInRevision(Row):
    """A response's answers after one save, or after what the page of a call saved by itself; never changed."""

    checkin = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="revisions")
    number = operational(models.PositiveIntegerField())
    answers = clinical(models.JSONField())
    page = operational(models.CharField(max_length=40, blank=True))
    saved_at = operational(models.DateTimeField())
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # What the rules read besides the answers: {"whole": …, "abandoned": …, "about": {…}}.
    known = clinical(models.JSONField(default=dict))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("checkin", "number"), name="checkin_revision_once"),)


class Flag(Row):
    """A rule that fired: its code and version, its inputs, and the facts of its sentence."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="flags")
    checkin = models.ForeignKey(
        CheckIn, null=True, blank=True, on_delete=models.PROTECT, related_name="flags"
    )
    occasion = models.ForeignKey(Occasion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(
        "ReviewItem", null=True, blank=True, on_delete=models.PROTECT, related_name="flags"
    )
    rule = clinical(models.CharField(max_length=20))
    rule_version = operational(models.PositiveSmallIntegerField())
    severity = clinical(models.CharField(max_length=10))
    inputs = clinical(models.JSONField(default=dict))
    facts = clinical(models.JSONField(default=dict))
    raised_at = operational(models.DateTimeField())
    # "<response or occasion>:<rule>": a rule flags the same response once, however often it is evaluated.
    key = operational(models.CharField(max_length=120, unique=True))

    class Meta:
        indexes = (
            models.Index(fields=("patient", "-raised_at"), name="flag_of_patient"),
            models.Index(fields=("clinic", "raised_at"), name="flag_of_clinic"),
        )


class RawAnswer(Row):
    """A posted page whose response could not be written: kept apart until it can.

    It has no foreign keys, so that it can be written while the patient's row is locked by whatever went wrong.
    """

    clinic_id = operational(models.UUIDField())
    patient_id = operational(models.UUIDField())
    plan_id = operational(models.UUIDField(null=True, blank=True))
    occasion_id = operational(models.UUIDField(null=True, blank=True))
    # The member of staff who entered it by phone; empty when the patient answered.
    user_id = operational(models.UUIDField(null=True, blank=True))
    nonce = operational(models.CharField(max_length=64, blank=True))
    page = operational(models.CharField(max_length=40))
    # {item code: [value texts]}, as posted.
    posted = clinical(models.JSONField())
    late = operational(models.BooleanField(default=False))
    received_at = operational(models.DateTimeField())
    # plans.domain.checkins.states.RawAnswerState
    state = operational(models.CharField(max_length=20, default=RawAnswerState.WAITING.value))
    tries = operational(models.PositiveIntegerField(default=0))
    # Real time.
    next_try_at = operational(models.DateTimeField())
    # When somebody was alerted, because the first retry failed too.
    told_at = operational(models.DateTimeField(null=True, blank=True))
    settled_at = operational(models.DateTimeField(null=True, blank=True))

    class Meta:
        indexes = (
            models.Index(
                fields=("next_try_at", "id"),
                condition=models.Q(state=RawAnswerState.WAITING.value),
                name="raw_answer_waiting",
            ),
        )


class RuleSignature(Row):
    """A lead's signature under the rules, thresholds and cadence in force; never changed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    number = operational(models.PositiveIntegerField())
    # SHA-256 of what was signed, to compare it with what is in force.
    digest = operational(models.CharField(max_length=64))
    # {"rules": {"H1": 1, …}, "thresholds": {…}, "cadence": {…}}
    signed = operational(models.JSONField())
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = operational(models.DateTimeField())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("clinic", "number"), name="rule_signature_once"),)


class DoseMark(Row):
    """A dose that the patient ticked: one row per patient, day, time of day and drug."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="dose_marks")
    # The patient's local date.
    on = clinical(models.DateField())
    time = clinical(models.CharField(max_length=10))
    drug = clinical(models.CharField(max_length=40))
    # planned (as the plan says) or other (something else)
    how = clinical(models.CharField(max_length=10))
    marked_at = operational(models.DateTimeField())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("patient", "on", "time", "drug"), name="dose_mark_once"),
        )
        indexes = (models.Index(fields=("plan", "on"), name="dose_mark_of_plan"),)


class ClinicQuestionnaire(Row):
    """A clinic's own questionnaire: an instrument that it holds a licence for, or its own items."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    code = operational(models.CharField(max_length=40))
    version = operational(models.PositiveSmallIntegerField())
    # The file as loaded; never edited afterwards.
    text = operational(models.TextField())
    item_set = operational(models.CharField(max_length=64))
    # Whether new check-ins ask it; at most one version of a code is asked.
    asked = operational(models.BooleanField(default=True))
    loaded_at = operational(models.DateTimeField())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("clinic", "code", "version"), name="clinic_questionnaire_once"),
            models.UniqueConstraint(
                fields=("clinic", "code"),
                condition=models.Q(asked=True),
                name="clinic_questionnaire_one_asked",
            ),
        )
