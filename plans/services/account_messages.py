"""Letters about accounts: a forgotten password, a first one, an invitation to a clinic. Through the outbox, as all are.

No page waits for a mail server, and how long it takes to answer does not tell who has an account.
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
from plans.services import clock, limits, outbox

MOST_RESETS_A_DAY: Final = 5
"""So many letters a day bring somebody a link for a forgotten password, however often it is asked for."""
# Not at once: ringing for a worker takes longer than finding that there is no such account.
_A_MOMENT: Final = timedelta(seconds=1)


@transaction.atomic
def forgotten_password(user_id: UUID) -> bool:
    """Send the link for a new password; False when there were enough today, or the user has no clinic."""
    user = User.objects.get(pk=user_id)
    place = Membership.objects.filter(user=user, is_active=True).order_by("clinic__name", "id").first()
    if place is None or _too_many(user):
        return False
    return _put(PASSWORD_RESET, user, place.clinic_id, str(clock.real_now().timestamp()))


def _too_many(user: User) -> bool:
    return limits.count("reset", str(user.pk), within=timedelta(days=1)) > MOST_RESETS_A_DAY


def first_password(user: User, clinic_id: UUID) -> bool:
    """Send the link for a first password to somebody whom a clinic added. For services, within their transaction."""
    return _put(SET_PASSWORD, user, clinic_id, str(clinic_id))


def invited(user: User, invitation: Invitation) -> bool:
    """Tell somebody that a clinic asks for them. For services, within their transaction."""
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


def path_for(work: Work, user: User) -> str:
    """The address, below SITE_URL, that such a letter leads to; a link for a password is made when it is sent.

    Empty when the letter is no longer right.
    """
    if work.notice == CLINIC_INVITATION:
        open_now = Invitation.objects.filter(
            pk=work.facts["which"], outcome="", expires_at__gt=clock.real_now()
        )
        return reverse("invitations") if open_now.exists() else ""
    if not user.is_active:
        return ""
    key = f"{user_pk_to_url_str(user)}-{PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return path.replace("UID-KEY", key)
