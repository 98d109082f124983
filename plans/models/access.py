"""Access links, the short sessions they open, second facts, devices that gave them, and rate limits."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from plans.models.base import Row, identifying, operational, secret
from plans.models.checkin import Occasion
from plans.models.people import Clinic, Patient, User
from plans.models.plan import Plan, PlanVersion


class Link(Row):
    """An access link: whoever holds its token may do one thing for one subject. Only the token's hash is stored."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="links")
    # plans.domain.links.LinkPurpose
    purpose = operational(models.CharField(max_length=20))
    occasion = models.ForeignKey(Occasion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(
        PlanVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # The token is HMAC(key, nonce): a message sent again has the same link, and the row alone opens nothing.
    nonce = secret(models.BinaryField(max_length=16))
    token_hash = secret(models.CharField(max_length=64, unique=True))
    created_at = operational(models.DateTimeField())
    expires_at = operational(models.DateTimeField(null=True, blank=True))
    revoked_at = operational(models.DateTimeField(null=True, blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("purpose", "occasion"),
                condition=models.Q(occasion__isnull=False, revoked_at=None),
                name="link_one_an_occasion",
            ),
        )
        indexes = (models.Index(fields=("patient", "purpose"), name="link_of_patient"),)


class PatientSession(Row):
    """A short session opened by a link, under a cookie of its own."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="sessions")
    key_hash = secret(models.CharField(max_length=64, unique=True))
    # The purpose of the link that was opened, if it is not this session's: document, checkin, plan.
    origin = operational(models.CharField(max_length=20, blank=True))
    # The items answered in this session, never the answers: {key of the check-in: [item codes]}.
    wrote = operational(models.JSONField(default=dict))
    # When the second fact was given in it, for a device that is not to be remembered. Real time, as below.
    fact_at = operational(models.DateTimeField(null=True, blank=True))
    created_at = operational(models.DateTimeField())
    expires_at = operational(models.DateTimeField())


class PatientCode(Row):
    """A patient's own code, the second fact: only a slow hash of an HMAC of it, so that no copy of the row opens it."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="code")
    code_hash = secret(models.CharField(max_length=128))
    set_at = operational(models.DateTimeField())
    # Empty: the patient chose it.
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")


class PatientDevice(Row):
    """A device that gave the second fact, so that doses may be shown on it."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="devices")
    key_hash = secret(models.CharField(max_length=64, unique=True))
    # What its browser says of itself: phone, tablet, computer or empty.
    kind = operational(models.CharField(max_length=20, blank=True, default="", db_default=""))
    # Real time.
    confirmed_at = operational(models.DateTimeField())
    expires_at = operational(models.DateTimeField())


class BirthYearTry(Row):
    """A wrong second fact. Five within a day tell the clinic, many slow everybody's tries down."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="birth_year_tries")
    at = operational(models.DateTimeField())

    class Meta:
        indexes = (models.Index(fields=("patient", "at"), name="birth_year_try_recent"),)


class Limit(models.Model):
    """A rate limit: tries under one key, and when it expires. Used only by services.limits."""

    # An HMAC, so that no address, account or action can be read here.
    key = secret(models.CharField(max_length=64, primary_key=True))
    count = operational(models.PositiveIntegerField(default=0))
    # Real time. The tick deletes expired rows.
    until = operational(models.DateTimeField(db_index=True))

    def __str__(self) -> str:
        return f"Limit until {self.until}"


class Invitation(Row):
    """A lead's invitation to join the clinic; nothing changes for the person until it is accepted."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # As typed: the lead does not learn who has an account.
    email = identifying(models.EmailField(max_length=254))
    role = operational(models.CharField(max_length=20))
    created_at = operational(models.DateTimeField())
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Real time.
    expires_at = operational(models.DateTimeField())
    settled_at = operational(models.DateTimeField(null=True, blank=True))
    # accepted, declined, withdrawn; empty while it is open
    outcome = operational(models.CharField(max_length=20, blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                "clinic", Lower("email"), condition=models.Q(outcome=""), name="invitation_one_open"
            ),
        )
