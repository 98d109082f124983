"""Users, clinics, memberships and patients."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from plans.domain.people import CareState, EmailState, MailState
from plans.models.base import Row, clinical, identifying, operational


class User(AbstractBaseUser, Row):
    """A member of staff; signs in by e-mail. Patients have no account."""

    email = identifying(models.EmailField(max_length=254))
    name = identifying(models.CharField(max_length=200))
    is_active = operational(models.BooleanField(default=True))
    # Part of what every session is checked against: counting up ends them all.
    session_epoch = operational(models.PositiveIntegerField(default=0, db_default=0))
    created_at = operational(models.DateTimeField())

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    # Only for signing in: services.accounts creates users.
    objects: ClassVar = BaseUserManager["User"]()

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_once"),)

    def __str__(self) -> str:
        return f"User {self.pk}"

    # Django's own, which its fallback keys go through as well.
    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        found: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]  # not in the stubs
        if not self.session_epoch:
            return found
        text = f"{found}:{self.session_epoch}"
        return salted_hmac("plans.session_epoch", text, secret=secret, algorithm="sha256").hexdigest()


class Clinic(Row):
    """A clinic: whom patients call, when it is open, who is on call."""

    name = operational(models.CharField(max_length=200))
    phone = operational(models.CharField(max_length=40))
    address = operational(models.CharField(max_length=200, blank=True))
    # Only for pharmacists, on the pharmacy sheet; without it the sheet shows the clinic's.
    pharmacist_phone = operational(models.CharField(max_length=40, blank=True))
    zone = operational(models.CharField(max_length=64))
    country = operational(models.CharField(max_length=2))
    language = operational(models.CharField(max_length=10, default="en"))
    paper = operational(models.CharField(max_length=10, default="a4"))
    # {"mon": ["08:00", "17:00"], …}: a missing weekday is closed.
    hours = operational(models.JSONField(default=dict))
    crisis_words = operational(models.TextField(blank=True))
    out_of_hours_words = operational(models.TextField(blank=True))
    # Written beside the open-ended shifts, which say who is on duty, for servers of the release before the rota.
    primary = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lead = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # ISO dates.
    holidays = operational(models.JSONField(default=list))
    # Cadence, thresholds and clocks that differ from the defaults; keys are checked by services.
    settings = operational(models.JSONField(default=dict))
    # From this day on everybody here needs a second step at sign-in; empty: at once.
    second_factor_from = operational(models.DateField(null=True, blank=True))
    created_at = operational(models.DateTimeField())


class Membership(Row):
    """A user's membership of a clinic; one user may have several."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="memberships")
    # clinician: plans and reviews; staff: patients, phone check-ins, calls; reader: looks only.
    role = operational(models.CharField(max_length=20))
    # Whether they get the digest on days on which they are not on duty.
    digest = operational(models.BooleanField(default=True, db_default=True))
    is_active = operational(models.BooleanField(default=True))
    # The last day of a locum, in the clinic's zone; the tick ends the membership after it.
    ends_on = operational(models.DateField(null=True, blank=True))
    created_at = operational(models.DateTimeField())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "clinic"), name="membership_once"),)


class Patient(Row):
    """A patient of a clinic, and how and when they may be reached."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    name = identifying(models.CharField(max_length=200))
    preferred_name = identifying(models.CharField(max_length=100, blank=True))
    # Folded by services.people, so that lists sort the same on every database and collation.
    sort_key = identifying(models.CharField(max_length=220))
    record_no = identifying(models.CharField(max_length=40))
    email = identifying(models.EmailField(max_length=254, blank=True))
    # plans.domain.people.EmailState
    email_state = operational(models.CharField(max_length=20, default=EmailState.NONE.value))
    email_confirmed_at = operational(models.DateTimeField(null=True, blank=True))
    phone = identifying(models.CharField(max_length=40, blank=True))
    born = identifying(models.DateField())
    zone = operational(models.CharField(max_length=64))
    language = operational(models.CharField(max_length=10, default="en"))
    country = operational(models.CharField(max_length=2))
    # email or phone
    contact_how = operational(models.CharField(max_length=10, default="email"))
    contact_when = identifying(models.CharField(max_length=200, blank=True))
    # {"name": …, "relation": …, "phone": …, "may_be_told": …}
    person_to_call = identifying(models.JSONField(default=dict))
    crisis_plan = clinical(models.TextField(blank=True))
    pharmacy = identifying(models.CharField(max_length=300, blank=True))
    indication = clinical(models.CharField(max_length=40))
    # Codes from the closed sets in plans.domain.taper.cautions.
    conditions = clinical(models.JSONField(default=list))
    substances = clinical(models.JSONField(default=list))
    medicines = clinical(models.JSONField(default=list))
    # Empty while nobody has asked.
    duration_months = clinical(models.PositiveSmallIntegerField(null=True, blank=True))
    # plans.domain.people.StillToAsk
    to_ask = operational(models.JSONField(default=list, db_default=[]))
    notes = clinical(models.TextField(blank=True))
    consent_version = operational(models.CharField(max_length=20, blank=True))
    consent_on = operational(models.DateField(null=True, blank=True))
    consent_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # plans.domain.people.MailState
    mail_state = operational(models.CharField(max_length=20, default=MailState.ON.value))
    mail_state_at = operational(models.DateTimeField(null=True, blank=True))
    # Messages name neither the clinic nor what is waiting.
    discreet = operational(models.BooleanField(default=False, db_default=False))
    # Whose patient it is: in their part of the caseload, handed over when they leave. Empty: nobody's yet.
    owner = models.ForeignKey(
        User, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    # plans.domain.people.CareState
    care_state = operational(models.CharField(max_length=20, default=CareState.IN_CARE.value))
    # 0 is Monday
    checkin_weekday = operational(models.PositiveSmallIntegerField(default=0))
    checkin_time = operational(models.TimeField())
    # Reminders after an invitation, if the patient wants fewer than the clinic sends; empty: as the clinic.
    reminders = operational(models.PositiveSmallIntegerField(null=True, blank=True))
    close_watch = clinical(models.BooleanField(default=False))
    # Until when somebody marked them so; empty: until unmarked.
    close_watch_until = clinical(models.DateField(null=True, blank=True))
    # Flag thresholds that differ from the clinic's for this patient; services check the keys.
    thresholds = clinical(models.JSONField(default=dict, blank=True))
    # This patient's cadence, where it differs from the clinic's; services check the keys.
    cadence = operational(models.JSONField(default=dict, blank=True))
    # Counts edits: a form carries it, so that two people cannot overwrite each other.
    version = operational(models.PositiveIntegerField(default=1))
    created_at = operational(models.DateTimeField())
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
            # Every page shows their count in its top bar.
            models.Index(
                fields=("clinic",),
                condition=models.Q(email_state__in=(EmailState.BOUNCED.value, EmailState.COMPLAINED.value)),
                name="patient_mail_comes_back",
            ),
        )
