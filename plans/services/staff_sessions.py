"""Where a member of staff is signed in: the list, ending one session, and ending all of them.

A session is Django's row; ours beside it says since when, from which network and with which browser. Ending all counts
up `session_epoch`, which every session is checked against, so that none is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import F

from plans.models import StaffSession, User
from plans.services import clock


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of one's own. `here`: it is the one that asks."""

    id: UUID
    began_at: datetime
    network: str
    device: str
    here: bool


def _over() -> datetime:
    return clock.real_now() - timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)


def begin(*, user_id: UUID, session_key: str, network: str, device: str) -> UUID:
    """Note a session that has just begun, and forget those that have expired; returns its key."""
    StaffSession.objects.filter(began_at__lt=_over()).delete()
    row = StaffSession.objects.create(
        user_id=user_id,
        session_key=session_key,
        began_at=clock.real_now(),
        network=network[:50],
        device=device[:60],
    )
    return row.pk


def renamed(row_id: UUID, session_key: str) -> None:
    """Note that a session goes on under a new key."""
    StaffSession.objects.filter(pk=row_id).update(session_key=session_key)


def of_user(user_id: UUID, *, here: str) -> tuple[SessionRow, ...]:
    """The open sessions of a user, newest first; `here` is the key of the one that asks."""
    rows = StaffSession.objects.filter(user_id=user_id, began_at__gte=_over()).order_by("-began_at", "id")
    stands = _store()
    return tuple(
        SessionRow(row.pk, row.began_at, row.network, row.device, row.session_key == here)
        for row in rows[:100]
        if stands.exists(row.session_key)
    )


def end(*, user_id: UUID, row_id: UUID) -> bool:
    """End one session of this user; False if it has ended, or is not theirs."""
    row = StaffSession.objects.filter(pk=row_id, user_id=user_id).first()
    if row is None:
        return False
    _store().delete(row.session_key)
    row.delete()
    return True


@transaction.atomic
def end_all(user_id: UUID, *, but: str = "") -> None:
    """End every session of a user, and forget the devices they signed in from.

    The session with the key `but` goes on only if the caller signs it with the user's new state, as
    `update_session_auth_hash` does.
    """
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
    for row in StaffSession.objects.filter(user_id=user_id).exclude(session_key=but):
        _store().delete(row.session_key)
        row.delete()


def _store() -> SessionBase:
    found: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore()
    return found
