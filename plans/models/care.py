"""Departures from the plan: doses really taken, and changes of care."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, identifying, operational
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan, PlanVersion
from plans.models.review import ReviewItem


class TakenDose(Row):
    """A record of the dose really taken. Never edited; the four fields of its end are filled in once."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="taken")
    # [{"time": …, "drug": …, "units": …}], units of 0.00001 mg; empty where nothing is taken.
    regimen = clinical(models.JSONField(default=list))
    from_day = clinical(models.DateField())
    # patient, carer, ward, pharmacy, gp, other
    told_by = clinical(models.CharField(max_length=20))
    note = clinical(models.TextField(blank=True))
    item = models.ForeignKey(ReviewItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = operational(models.DateTimeField())
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # The last day it counts for; before `from_day` if a later record replaced all of its days.
    last_day = clinical(models.DateField(null=True, blank=True))
    # later_record, as_planned, went_on, stay
    ended_how = operational(models.CharField(max_length=20, blank=True))
    ended_at = operational(models.DateTimeField(null=True, blank=True))
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    end_note = clinical(models.TextField(blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("plan",), condition=models.Q(ended_at=None), name="taken_one_open_a_plan"
            ),
            models.CheckConstraint(
                condition=models.Q(last_day=None, ended_how="", ended_at=None, ended_by=None)
                | (
                    models.Q(last_day__isnull=False, ended_at__isnull=False, ended_by__isnull=False)
                    & ~models.Q(ended_how="")
                ),
                name="taken_end_whole",
            ),
        )
        indexes = (models.Index(fields=("plan", "recorded_at"), name="taken_of_plan"),)


class CareChange(Row):
    """A change of a patient's care from a day on. Never edited; a correction fills in its own fields once.

    `plan_was` and `version_was` are what a correction restores: the plan's state and active version.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_changes")
    # plans.domain.people.CareState
    was = operational(models.CharField(max_length=20))
    state = operational(models.CharField(max_length=20))
    on = clinical(models.DateField())
    note = clinical(models.TextField(blank=True))
    # Who prescribes now, if the patient moved to other care; shown to the patient.
    prescriber = identifying(models.CharField(max_length=200, blank=True))
    prescriber_phone = identifying(models.CharField(max_length=40, blank=True))
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    plan_was = operational(models.CharField(max_length=20, blank=True))
    version_was = models.ForeignKey(
        PlanVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = operational(models.DateTimeField())
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    corrected_at = operational(models.DateTimeField(null=True, blank=True))
    corrected_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    correction = clinical(models.TextField(blank=True))

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(corrected_at=None, corrected_by=None, correction="")
                | (
                    models.Q(corrected_at__isnull=False, corrected_by__isnull=False)
                    & ~models.Q(correction="")
                ),
                name="care_correction_whole",
            ),
        )
        indexes = (models.Index(fields=("patient", "-made_at"), name="care_of_patient"),)


class RecordOpening(Row):
    """A record that somebody opened outside their own list, and why. Part of the trail of the clinic it was opened in:
    it stays there when the patient moves."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = operational(models.DateTimeField())
    reason = clinical(models.CharField(max_length=500))

    class Meta:
        indexes = (
            models.Index(fields=("clinic", "-at", "-id"), name="record_opening_newest"),
            models.Index(fields=("patient", "user", "-at"), name="record_opening_of_patient"),
        )
