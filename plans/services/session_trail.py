"""Sign-ins, sign-outs, failures and refusals in the audit trail: of staff, and of patients' links.

Those of staff stand in the trail of every clinic in which the person works. Of an account that does not exist nothing
is kept but a hash of the address that was typed, in no clinic's trail. What a link was refused stands in its patient's
History; a token that was never given out, in no clinic's trail.
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
from plans.domain.link_policy import LinkAct
from plans.models import Membership, User
from plans.services import audit, limits, wall
from plans.services.actors import Actor
from plans.services.links import LinkView
from plans.services.looks import session_mark
from plans.services.wall import Door

log = logging.getLogger(__name__)

_BURST: Final = 30
_EVERY: Final = timedelta(seconds=30)
"""Failures and refusals that are kept of one person, and of all unknown accounts together: nobody fills the trail.
What exceeds them is in the log."""
_LINK_BURST: Final = 3
_LINK_EVERY: Final = timedelta(days=1)
"""The same of one link: mail programs open old messages by themselves."""


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
    # The same of an account that exists, so that the operator's list does not tell which do.
    facts: JsonObject = {"account": account_mark(typed), "network": network}
    if user is not None:
        _keep(user.pk, "session.failed", facts)
        return
    _of_nobody("session.failed", "user", facts)


def account_mark(typed: str) -> str:
    """What the trail keeps of the address that was typed at a failed sign-in."""
    typed = typed.strip().lower()
    found = hmac.new(settings.SECRET_KEY.encode(), typed.encode("utf-8", "replace"), hashlib.sha256)
    return found.hexdigest()[:16]


def unknown_link(*, network: str) -> None:
    """Keep that somebody tried a token that was never given out."""
    if _within("access.unknown_link", "all"):
        _of_nobody("access.unknown_link", "link", {"network": network})


def _of_nobody(act: str, kind: str, facts: JsonObject) -> None:
    with transaction.atomic():
        audit.record(
            by=Actor(kind="unknown", id=None, name="", clinic_id=None),
            act=act,
            subject_kind=kind,
            subject_id=None,
            facts=facts,
        )


def link_refused(link: LinkView, act: LinkAct) -> None:
    """Keep in the patient's History that their link was used for what it does not open (any more). Who held it is not
    known."""
    if limits.take("trail", "link", str(link.id), burst=_LINK_BURST, every=_LINK_EVERY) != limits.NO_WAIT:
        return
    with transaction.atomic():
        audit.record(
            by=Actor(kind="unknown", id=None, name="", clinic_id=link.clinic_id),
            act="link.refused",
            subject_kind="link",
            subject_id=link.id,
            patient_id=link.patient_id,
            facts={"purpose": link.purpose.value, "act": act.value, "state": link.state.value},
        )


def listed(*, by: Actor, page: str, session: str) -> None:
    """Keep that a member looked through a list of patients, or searched one. Whom it showed is not kept: it would be
    everybody, many times a day, and who opened whose record would be lost among them."""
    facts: JsonObject = {"page": page, "session": session_mark(session)}
    with transaction.atomic():
        audit.record(by=by, act="access.listed", subject_kind="page", subject_id=None, facts=facts)


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
    wall.enter_through(Door.PERSON, user_id)
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
