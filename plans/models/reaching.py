"""How members of staff are reached, and the codes by which they answer."""

from __future__ import annotations

from django.db import models

from plans.domain.reaching import CodePurpose
from plans.models.base import Row, identifying, operational, secret
from plans.models.outbox import Work
from plans.models.people import Clinic, User


class StaffChannel(Row):
    """One way to reach a member of staff, in all their clinics. It counts once it is confirmed, until it is removed."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="channels")
    # plans.domain.reaching.ChannelKind
    kind = operational(models.CharField(max_length=10))
    # An e-mail address, a number, or the address of a push service with its key.
    address = identifying(models.CharField(max_length=300))
    position = operational(models.PositiveSmallIntegerField())
    # When it may be used for what is not urgent, by the clinic's clock; empty: always.
    use_from = operational(models.TimeField(null=True, blank=True))
    use_until = operational(models.TimeField(null=True, blank=True))
    created_at = operational(models.DateTimeField())
    # The code that confirms it is HMAC(key, nonce); its limits are in real time.
    nonce = secret(models.BinaryField(max_length=16))
    code_expires_at = operational(models.DateTimeField())
    code_tries = operational(models.PositiveSmallIntegerField(default=0))
    confirmed_at = operational(models.DateTimeField(null=True, blank=True))
    # When something sent to it last came back, and since when it is known not to work.
    worked_at = operational(models.DateTimeField(null=True, blank=True))
    failing_since = operational(models.DateTimeField(null=True, blank=True))
    removed_at = operational(models.DateTimeField(null=True, blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "kind", "address"),
                condition=models.Q(removed_at=None),
                name="channel_once",
            ),
        )
        indexes = (
            models.Index(
                fields=("kind", "address"),
                condition=models.Q(removed_at=None, confirmed_at__isnull=False),
                name="channel_of_sender",
            ),
        )


class ReplyCode(Row):
    """The code that one alert or test carries: by replying with it, or through its link, the person says it came.

    Code and token are HMACs of the nonce: the row alone answers nothing.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    work = models.OneToOneField(Work, on_delete=models.PROTECT, related_name="reply_code")
    # Where it was sent; empty: the e-mail of the login.
    channel = models.ForeignKey(
        StaffChannel, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # plans.domain.reaching.CodePurpose
    purpose = operational(models.CharField(max_length=10))
    # The clinic's day of a test.
    day = operational(models.DateField(null=True, blank=True))
    nonce = secret(models.BinaryField(max_length=16))
    code_hash = secret(models.CharField(max_length=64))
    token_hash = secret(models.CharField(max_length=64, unique=True))
    created_at = operational(models.DateTimeField())
    expires_at = operational(models.DateTimeField())
    answered_at = operational(models.DateTimeField(null=True, blank=True))
    # plans.domain.reaching.AnsweredBy
    answered_by = operational(models.CharField(max_length=10, blank=True))
    # When it was found that it does not come back, and when its channel worked again or was removed.
    failed_at = operational(models.DateTimeField(null=True, blank=True))
    cleared_at = operational(models.DateTimeField(null=True, blank=True))
    # Expired, or its channel was removed: its code answers nothing more and may be given again.
    ended_at = operational(models.DateTimeField(null=True, blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "code_hash"), condition=models.Q(ended_at=None), name="reply_code_once"
            ),
        )
        indexes = (
            models.Index(fields=("user", "clinic", "-answered_at"), name="reply_code_answered"),
            models.Index(
                fields=("clinic", "day"),
                condition=models.Q(purpose=CodePurpose.TEST.value),
                name="reply_code_tests",
            ),
            # What every page of the clinic shows.
            models.Index(
                fields=("clinic", "-failed_at"),
                condition=models.Q(failed_at__isnull=False, cleared_at=None),
                name="reply_code_failing",
            ),
            # What the tick looks for.
            models.Index(
                fields=("created_at", "id"),
                condition=models.Q(
                    purpose=CodePurpose.TEST.value, answered_at=None, failed_at=None, cleared_at=None
                ),
                name="reply_code_waiting",
            ),
        )
