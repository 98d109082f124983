"""Tells the audit trail who signs in and out, who could not, and who set a new password."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from allauth.account import signals as account_signals
from django.contrib.auth import signals as auth_signals
from django.http import HttpRequest

from plans.services import session_trail
from plans.web.network import network_of

ENDED: Final = "taperplan.session_ended"
"""In a request's META while a session that is over is ended."""


# Any: arguments of signals, which have no types.
def _signed_in(request: HttpRequest, user: Any, **_: Any) -> None:
    session_trail.signed_in(
        user_id=UUID(str(user.pk)), session=request.session.session_key or "", network=network_of(request)
    )


# Any: as above.
def _signed_out(request: HttpRequest, user: Any, **_: Any) -> None:
    if getattr(user, "pk", None) is None:
        return
    keep = session_trail.ended if ENDED in request.META else session_trail.signed_out
    keep(user_id=UUID(str(user.pk)), session=request.session.session_key or "")


# Any: as above.
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    if request is not None:
        session_trail.failed(email=str(credentials.get("email", "")), network=network_of(request))


# Any: as above.
def _password_set(user: Any, **_: Any) -> None:
    session_trail.password_set(user_id=UUID(str(user.pk)))


def connect() -> None:
    """Listen to Django and django-allauth."""
    account_signals.user_logged_in.connect(_signed_in, dispatch_uid="trail")
    auth_signals.user_logged_out.connect(_signed_out, dispatch_uid="trail")
    auth_signals.user_login_failed.connect(_failed, dispatch_uid="trail")
    account_signals.password_changed.connect(_password_set, dispatch_uid="trail")
    account_signals.password_reset.connect(_password_set, dispatch_uid="trail")
