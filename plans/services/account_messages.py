"""Messages about accounts: a forgotten password, a first password, an invitation to a clinic. All go through the
outbox.

No page waits for a mail server, and response times do not reveal who has an account.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.urls import reverse

from plans.domain.notices import CLINIC_INVITATION, PASSWORD_RESET, SET_PASSWORD
from plans.models import Invitation, Membership, User, Work
from plans.services import clock, limits, outbox, wall
from plans.services.wall import Door

MOST_RESETS_A_DAY: Final = 5
"""The most messages per day with a link for a forgotten password, however often it is requested."""
# Delayed: notifying a worker at once would take longer than finding no account, and reveal it.
_A_MOMENT: Final = timedelta(seconds=1)


@transaction.atomic
def forgotten_password(user_id: UUID) -> bool:
    """Send the link for a new password; False after too many today, or if the user has no clinic."""
    wall.enter_through(Door.PERSON, user_id)
    user = User.objects.get(pk=user_id)
    place = Membership.objects.filter(user=user, is_active=True).order_by("clinic__name", "id").first()
    if place is None or _too_many(user):
        return False
    return _put(PASSWORD_RESET, user, place.clinic_id, str(clock.real_now().timestamp()))


def _too_many(user: User) -> bool:
    return limits.count("reset", str(user.pk), within=timedelta(days=1)) > MOST_RESETS_A_DAY


def first_password(user: User, clinic_id: UUID) -> bool:
    """Send the link for a first password to somebody a clinic added, in the caller's transaction."""
    return _put(SET_PASSWORD, user, clinic_id, str(clinic_id))


def invited(user: User, invitation: Invitation) -> bool:
    """Send somebody a clinic's invitation, in the caller's transaction."""
    return _put(CLINIC_INVITATION, user, invitation.clinic_id, str(invitation.pk))


def _put(notice: str, user: User, clinic_id: UUID, which: str) -> bool:
    now = clock.now()
    return outbox.put(
        notice=notice,
        key=f"{notice}:{user.pk}:{which}",
        clinic_id=clinic_id,
        user=user,
        now=now,
        due_at=now + _A_MOMENT,
        facts={"which": which},
    )


def invitation_is_open(work: Work) -> bool:
    """Whether the invitation behind such a message still waits for an answer."""
    found = Invitation.objects.filter(pk=work.facts["which"], outcome="", expires_at__gt=clock.real_now())
    return found.exists()


def password_path(user: User) -> str:
    """The path where a user sets a password; its key is made when the message is sent."""
    key = f"{user_pk_to_url_str(user)}-{PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return path.replace("UID-KEY", key)


def invitations_path() -> str:
    """The path where a user answers invitations."""
    return reverse("invitations")
