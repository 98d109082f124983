"""What is told when somebody's way of signing in changes, and what they can do if it was somebody else.

The link of the message opens a page with one button: it ends all sessions, makes the password useless, takes away what
was added, and sends a link for a new password. It never takes away a factor that was there before: whoever reads the
mailbox must not get past the second step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.core import signing
from django.db import transaction
from django.urls import reverse

from plans.domain.notices import CREDENTIALS_CHANGED
from plans.domain.signing_in import CredentialChange
from plans.models import Membership, User, Work
from plans.services import account_messages, audit, clock, outbox, staff_sessions, wall
from plans.services.actors import Actor
from plans.services.wall import Door

GOOD_FOR: Final = timedelta(days=7)
_SALT: Final = "plans.not_me"
ADDED: Final = (CredentialChange.APP_ADDED, CredentialChange.PASSKEY_ADDED)
"""Changes that "it was not me" takes back."""


@dataclass(frozen=True, slots=True)
class NotMe:
    """What a link says: whose account, and the factor that was added, if one was."""

    user_id: UUID
    factor_id: int | None


@transaction.atomic
def tell(user_id: UUID, change: CredentialChange, *, factor_id: int | None = None) -> bool:
    """Tell a user that their way of signing in was changed; False if they belong to no clinic."""
    with wall.through(Door.PERSON, user_id):
        return _tell(user_id, change, factor_id)


def _tell(user_id: UUID, change: CredentialChange, factor_id: int | None) -> bool:
    user = User.objects.get(pk=user_id)
    place = Membership.objects.filter(user=user, is_active=True).order_by("clinic__name", "id").first()
    if place is None:
        return False
    now = clock.now()
    return outbox.put(
        notice=CREDENTIALS_CHANGED,
        key=f"{CREDENTIALS_CHANGED}:{user.pk}:{change.value}:{clock.real_now().timestamp()}",
        clinic_id=place.clinic_id,
        user=user,
        now=now,
        due_at=now,
        facts={"change": change.value, "factor": factor_id if change in ADDED else None},
    )


def not_me_path(work: Work) -> str:
    """The path of the page for "it was not me", for the message that is being sent."""
    token = signing.dumps([str(work.user_id), work.facts.get("factor")], salt=_SALT)
    return reverse("not-me", kwargs={"token": token})


def read(token: str) -> NotMe | None:
    """What a link says; None if it is not ours or too old."""
    try:
        user_id, factor_id = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
        return NotMe(UUID(user_id), None if factor_id is None else int(factor_id))
    except (signing.BadSignature, ValueError, TypeError):
        return None


@transaction.atomic
def close(said: NotMe) -> bool:
    """It was somebody else: end all sessions, make the password useless, take away what was added, and send a link for
    a new password. False if the account is gone."""
    wall.enter_through(Door.PERSON, said.user_id)
    user = User.objects.select_for_update(no_key=True).filter(pk=said.user_id, is_active=True).first()
    if user is None:
        return False
    Authenticator.objects.filter(user=user, pk=said.factor_id).delete()
    if not Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    staff_sessions.end_all(user.pk)
    for place in Membership.objects.filter(user=user, is_active=True):
        audit.record(
            by=Actor(kind="user", id=user.pk, name=user.name, clinic_id=place.clinic_id),
            act="member.not_me",
            subject_kind="user",
            subject_id=user.pk,
            clinic_id=place.clinic_id,
            facts={"who": user.name},
        )
    account_messages.forgotten_password(user.pk)
    return True
