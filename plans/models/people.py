"""Who: users, clinics, memberships and patients."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from plans.domain.people import CareState, EmailState, MailState
from plans.models.base import Row


class User(AbstractBaseUser, Row):
    """A member of staff; signs in by e-mail. Patients have no account."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "email": "identifying", "name": "identifying", "password": "secret",
        "last_login": "operational", "is_active": "operational", "created_at": "operational",
    }  # fmt: skip

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    # Sign-in only reads through it: users are made by services.accounts.
    objects: ClassVar = BaseUserManager["User"]()

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_once"),)

    def __str__(self) -> str:
        return f"User {self.pk}"


class Clinic(Row):
    """A clinic: whom patients call, when it is open, who is on call."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "name": "operational", "phone": "operational", "zone": "operational",
        "country": "operational", "language": "operational", "paper": "operational", "hours": "operational",
        "crisis_words": "operational", "out_of_hours_words": "operational", "primary": "operational",
        "address": "operational", "pharmacist_phone": "operational",
        "second": "operational", "lead": "operational", "holidays": "operational", "settings": "operational",
        "created_at": "operational",
    }  # fmt: skip

    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=40)
    address = models.CharField(max_length=200, blank=True)
    # For pharmacists alone, on the pharmacy sheet; without it they are told the clinic's.
    pharmacist_phone = models.CharField(max_length=40, blank=True)
    zone = models.CharField(max_length=64)
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=10, default="en")
    paper = models.CharField(max_length=10, default="a4")
    # {"mon": ["08:00", "17:00"], …}: a weekday left out is closed.
    hours = models.JSONField(default=dict)
    crisis_words = models.TextField(blank=True)
    out_of_hours_words = models.TextField(blank=True)
    primary = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lead = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # ISO dates.
    holidays = models.JSONField(default=list)
    # Cadence, thresholds and clocks that differ from the defaults; keys are checked by services.
    settings = models.JSONField(default=dict)
    created_at = models.DateTimeField()


class Membership(Row):
    """A user's place in a clinic; one user may have several clinics."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "user": "operational", "clinic": "operational", "role": "operational",
        "is_active": "operational", "created_at": "operational",
    }  # fmt: skip

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="memberships")
    # clinician: plans and reviews; staff: patients, phone check-ins, calls; reader: looks only.
    role = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "clinic"), name="membership_once"),)


class Patient(Row):
    """A patient of a clinic, and how and when they may be reached."""

    PRIVACY: ClassVar[dict[str, str]] = {
        "id": "operational", "clinic": "operational", "name": "identifying", "preferred_name": "identifying",
        "sort_key": "identifying", "record_no": "identifying", "email": "identifying",
        "email_state": "operational", "email_confirmed_at": "operational", "phone": "identifying",
        "born": "identifying", "zone": "operational", "language": "operational", "country": "operational",
        "contact_how": "operational", "contact_when": "identifying", "person_to_call": "identifying",
        "crisis_plan": "clinical", "pharmacy": "identifying", "indication": "clinical", "conditions": "clinical",
        "substances": "clinical", "medicines": "clinical", "duration_months": "clinical", "notes": "clinical",
        "consent_version": "operational", "consent_on": "operational", "consent_by": "operational",
        "mail_state": "operational", "mail_state_at": "operational", "care_state": "operational",
        "checkin_weekday": "operational", "checkin_time": "operational", "reminders": "operational",
        "close_watch": "clinical", "thresholds": "clinical", "cadence": "operational", "version": "operational",
        "created_at": "operational", "created_by": "operational",
    }  # fmt: skip

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    name = models.CharField(max_length=200)
    preferred_name = models.CharField(max_length=100, blank=True)
    # Folded by services.people, so that lists sort the same on every database and collation.
    sort_key = models.CharField(max_length=220)
    record_no = models.CharField(max_length=40)
    email = models.EmailField(max_length=254, blank=True)
    # plans.domain.people.EmailState
    email_state = models.CharField(max_length=20, default=EmailState.NONE.value)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    born = models.DateField()
    zone = models.CharField(max_length=64)
    language = models.CharField(max_length=10, default="en")
    country = models.CharField(max_length=2)
    # email or phone
    contact_how = models.CharField(max_length=10, default="email")
    contact_when = models.CharField(max_length=200, blank=True)
    # {"name": …, "relation": …, "phone": …, "may_be_told": …}
    person_to_call = models.JSONField(default=dict)
    crisis_plan = models.TextField(blank=True)
    pharmacy = models.CharField(max_length=300, blank=True)
    indication = models.CharField(max_length=40)
    # Codes of the closed sets in plans.domain.taper.cautions.
    conditions = models.JSONField(default=list)
    substances = models.JSONField(default=list)
    medicines = models.JSONField(default=list)
    duration_months = models.PositiveSmallIntegerField()
    notes = models.TextField(blank=True)
    consent_version = models.CharField(max_length=20, blank=True)
    consent_on = models.DateField(null=True, blank=True)
    consent_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # plans.domain.people.MailState
    mail_state = models.CharField(max_length=20, default=MailState.ON.value)
    mail_state_at = models.DateTimeField(null=True, blank=True)
    # plans.domain.people.CareState
    care_state = models.CharField(max_length=20, default=CareState.IN_CARE.value)
    # 0 is Monday
    checkin_weekday = models.PositiveSmallIntegerField(default=0)
    checkin_time = models.TimeField()
    # How many reminders follow an invitation where the patient wants fewer than the clinic; empty: as the clinic.
    reminders = models.PositiveSmallIntegerField(null=True, blank=True)
    close_watch = models.BooleanField(default=False)
    # Numbers of flag rules that differ from the clinic's for this patient; keys are checked by services.
    thresholds = models.JSONField(default=dict, blank=True)
    # How often this patient is asked, where it differs from the clinic; keys are checked by services.
    cadence = models.JSONField(default=dict, blank=True)
    # Counts edits: a form carries it, so that two people cannot overwrite each other.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint("clinic", Lower("record_no"), name="patient_record_no_once"),
            models.CheckConstraint(
                condition=models.Q(consent_version="", consent_on=None, consent_by=None)
                | (
                    ~models.Q(consent_version="")
                    & models.Q(consent_on__isnull=False, consent_by__isnull=False)
                ),
                name="patient_consent_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(email="", email_state=EmailState.NONE.value)
                | (~models.Q(email="") & ~models.Q(email_state=EmailState.NONE.value)),
                name="patient_email_has_state",
            ),
        )
        indexes = (
            models.Index(fields=("clinic", "sort_key", "id"), name="patient_by_name"),
            # Every page counts them in its top line.
            models.Index(
                fields=("clinic",),
                condition=models.Q(email_state__in=(EmailState.BOUNCED.value, EmailState.COMPLAINED.value)),
                name="patient_mail_comes_back",
            ),
        )
