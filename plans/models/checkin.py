"""Check-ins: when one is due, what was answered, which flags came of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from plans.domain.checkins.states import CheckInState, OccasionState, RawAnswerState
from plans.models.base import Row
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan


class Occasion(Row):
    """A check-in that is due on a patient's local date, made ahead of time."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "patient": "operational", "plan": "operational",
        "purpose": "operational", "form": "operational", "local_date": "operational", "local_time": "operational",
        "zone": "operational", "due_at": "operational", "closes_at": "operational", "state": "operational",
        "invited_at": "operational", "settled_at": "operational", "created_at": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="occasions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="occasions")
    # baseline, weekly, after_cut, maintenance, last_dose, follow_up, unscheduled, extra
    purpose = models.CharField(max_length=20)
    # Which form is asked: "baseline", "long" or "weekly".
    form = models.CharField(max_length=20)
    local_date = models.DateField()
    local_time = models.TimeField()
    zone = models.CharField(max_length=64)
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    # plans.domain.checkins.states.OccasionState
    state = models.CharField(max_length=20, default=OccasionState.PLANNED.value)
    invited_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

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
        )


class CheckIn(Row):
    """An answer sheet: the answers as they stand, and where the patient is in the form."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "patient": "operational", "plan": "operational",
        "occasion": "operational", "form": "operational", "form_version": "operational", "state": "operational",
        "answers": "clinical", "scores": "clinical", "page": "operational", "revision": "operational",
        "entered_by": "operational", "late": "operational", "started_at": "operational", "saved_at": "operational",
        "submitted_at": "operational", "local_date": "operational", "nonce": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="checkins")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="checkins")
    occasion = models.OneToOneField(
        Occasion, null=True, blank=True, on_delete=models.PROTECT, related_name="checkin"
    )
    form = models.CharField(max_length=20)
    # Instruments and their versions, as asked: {"phq9": 1, …}
    form_version = models.JSONField(default=dict)
    # plans.domain.checkins.states.CheckInState
    state = models.CharField(max_length=20, default=CheckInState.OPEN.value)
    # {item code: value text}; every earlier state is a CheckInRevision.
    answers = models.JSONField(default=dict)
    # {"phq9": {"total": 12, "affective": 5, "change_first": …}, …}
    scores = models.JSONField(default=dict)
    page = models.CharField(max_length=40, blank=True)
    revision = models.PositiveIntegerField(default=0)
    # Staff who entered it by phone; empty when the patient answered.
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    late = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    local_date = models.DateField()
    # The form's own nonce: a double submit finds the first result.
    nonce = models.CharField(max_length=64, blank=True)

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
        )


class CheckInRevision(Row):
    """What a sheet held after each save; never changed."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "checkin": "operational", "number": "operational", "answers": "clinical",
        "page": "operational", "saved_at": "operational", "entered_by": "operational", "known": "clinical",
    }  # fmt: skip

    checkin = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    answers = models.JSONField()
    page = models.CharField(max_length=40, blank=True)
    saved_at = models.DateTimeField()
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # What the rules were given beside the answers: {"whole": …, "abandoned": …, "about": {…}}.
    known = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("checkin", "number"), name="checkin_revision_once"),)


class Flag(Row):
    """One rule that fired: which rule and version, on what, and the facts its sentence is made of."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "patient": "operational", "checkin": "operational",
        "occasion": "operational", "item": "operational", "rule": "clinical", "rule_version": "operational",
        "severity": "clinical", "inputs": "clinical", "facts": "clinical", "raised_at": "operational",
        "key": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="flags")
    checkin = models.ForeignKey(
        CheckIn, null=True, blank=True, on_delete=models.PROTECT, related_name="flags"
    )
    occasion = models.ForeignKey(Occasion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(
        "ReviewItem", null=True, blank=True, on_delete=models.PROTECT, related_name="flags"
    )
    rule = models.CharField(max_length=20)
    rule_version = models.PositiveSmallIntegerField()
    severity = models.CharField(max_length=10)
    inputs = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    # "<sheet or occasion>:<rule>": the same rule on the same sheet is raised once, however often it is evaluated.
    key = models.CharField(max_length=120, unique=True)

    class Meta:
        indexes = (models.Index(fields=("patient", "-raised_at"), name="flag_of_patient"),)


class RawAnswer(Row):
    """A page told by a patient whose sheet could not be written: kept apart until it can.

    It has no foreign keys, so that it can be written while the patient's row is locked by whatever went wrong.
    """

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic_id": "operational", "patient_id": "operational", "plan_id": "operational",
        "occasion_id": "operational", "user_id": "operational", "nonce": "operational", "page": "operational",
        "posted": "clinical", "late": "operational", "received_at": "operational", "state": "operational",
        "tries": "operational", "next_try_at": "operational", "told_at": "operational",
        "settled_at": "operational",
    }  # fmt: skip

    clinic_id = models.UUIDField()
    patient_id = models.UUIDField()
    plan_id = models.UUIDField(null=True, blank=True)
    occasion_id = models.UUIDField(null=True, blank=True)
    # The member of staff who entered it by phone; empty when the patient answered.
    user_id = models.UUIDField(null=True, blank=True)
    nonce = models.CharField(max_length=64, blank=True)
    page = models.CharField(max_length=40)
    # {item code: [value texts]}, as posted.
    posted = models.JSONField()
    late = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    # plans.domain.checkins.states.RawAnswerState
    state = models.CharField(max_length=20, default=RawAnswerState.WAITING.value)
    tries = models.PositiveIntegerField(default=0)
    # Real time.
    next_try_at = models.DateTimeField()
    # When somebody was told of it, because the sheet could not be written at the first new try either.
    told_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("next_try_at", "id"),
                condition=models.Q(state=RawAnswerState.WAITING.value),
                name="raw_answer_waiting",
            ),
        )


class RuleSignature(Row):
    """A lead's signature under the rules, thresholds and cadence in force on a day; never changed."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "number": "operational", "digest": "operational",
        "signed": "operational", "signed_by": "operational", "signed_at": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    # SHA-256 of what was signed: with it "is this still what was signed?" is one comparison.
    digest = models.CharField(max_length=64)
    # {"rules": {"H1": 1, …}, "thresholds": {…}, "cadence": {…}}
    signed = models.JSONField()
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("clinic", "number"), name="rule_signature_once"),)


class DoseMark(Row):
    """A dose the patient ticked off: one row a patient, day, time of day and drug."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "patient": "operational", "plan": "operational",
        "on": "clinical", "time": "clinical", "drug": "clinical", "how": "clinical", "marked_at": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="dose_marks")
    # The patient's local date.
    on = models.DateField()
    time = models.CharField(max_length=10)
    drug = models.CharField(max_length=40)
    # planned (as the plan says) or other (something else)
    how = models.CharField(max_length=10)
    marked_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("patient", "on", "time", "drug"), name="dose_mark_once"),
        )
        indexes = (models.Index(fields=("plan", "on"), name="dose_mark_of_plan"),)


class ClinicQuestionnaire(Row):
    """A questionnaire a clinic loaded: an instrument it holds a licence for, or items of its own."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "code": "operational", "version": "operational",
        "text": "operational", "item_set": "operational", "asked": "operational", "loaded_at": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    # The file as it was loaded; never edited afterwards.
    text = models.TextField()
    item_set = models.CharField(max_length=64)
    # Whether check-ins begun from now on ask it; of one code at most one version is asked.
    asked = models.BooleanField(default=True)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("clinic", "code", "version"), name="clinic_questionnaire_once"),
            models.UniqueConstraint(
                fields=("clinic", "code"),
                condition=models.Q(asked=True),
                name="clinic_questionnaire_one_asked",
            ),
        )
