"""Sign-ins, sign-outs, failures and refusals of staff in the audit trail.

They stand in the trail of every clinic in which the person works. Of an account that does not exist nothing is kept but
a hash of the address that was typed, in no clinic's trail.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.domain.json import JsonObject
from plans.models import Membership, User
from plans.services import audit, limits
from plans.services.actors import Actor
from plans.services.looks import session_mark

log = logging.getLogger(__name__)

_BURST: Final = 30
_EVERY: Final = timedelta(seconds=30)
"""Failures and refusals that are kept of one person, and of all unknown accounts together: nobody fills the trail.
What exceeds them is in the log."""


def signed_in(*, user_id: UUID, session: str, network: str) -> None:
    """Keep that somebody signed in."""
    _keep(
        user_id,
        "session.signed_in",
        {"session": session_mark(session), "network": network},
    )


def signed_out(*, user_id: UUID, session: str) -> None:
    """Keep that somebody signed out."""
    _keep(user_id, "session.signed_out", {"session": session_mark(session)})


def ended(*, user_id: UUID, session: str) -> None:
    """Keep that a session ended by itself."""
    _keep(user_id, "session.ended", {"session": session_mark(session)})


def password_set(*, user_id: UUID) -> None:
    """Keep that somebody set a new password."""
    _keep(user_id, "session.password_set", {})


def failed(*, email: str, network: str) -> None:
    """Keep that somebody could not sign in."""
    typed = email.strip().lower()
    user = User.objects.filter(email__iexact=typed).first()
    if not _within("session.failed", str(user.pk) if user else "unknown"):
        return
    if user is not None:
        _keep(user.pk, "session.failed", {"network": network})
        return
    account = hmac.new(
        settings.SECRET_KEY.encode(), typed.encode("utf-8", "replace"), hashlib.sha256
    ).hexdigest()
    with transaction.atomic():
        audit.record(
            by=Actor(kind="unknown", id=None, name="", clinic_id=None),
            act="session.failed",
            subject_kind="user",
            subject_id=None,
            facts={"account": account[:16], "network": network},
        )


def refused(*, by: Actor, act: str, page: str, key: UUID | None) -> None:
    """Keep that a member asked for what their clinic does not have, or their role does not allow. Whether another
    clinic has it is not looked up: a foreign row and a missing one are the same here too."""
    if not _within(act, str(by.member_id)):
        return
    with transaction.atomic():
        audit.record(by=by, act=act, subject_kind="page", subject_id=key, facts={"page": page})


def _within(act: str, who: str) -> bool:
    if limits.take("trail", act, who, burst=_BURST, every=_EVERY) == limits.NO_WAIT:
        return True
    log.warning("more refusals than the trail keeps", extra={"event": act})
    return False


@transaction.atomic
def _keep(user_id: UUID, act: str, facts: JsonObject) -> None:
    """In each clinic of the person; in none for somebody who works in none any more."""
    user = User.objects.get(pk=user_id)
    mine: list[UUID | None] = list(
        Membership.objects.filter(user=user, is_active=True).values_list("clinic_id", flat=True)
    )
    audit.record_all(
        audit.Event(
            by=Actor(kind="user", id=user.pk, name=user.name, clinic_id=clinic_id),
            act=act,
            subject_kind="user",
            subject_id=user.pk,
            facts=facts,
        )
        for clinic_id in mine or [None]
    )
