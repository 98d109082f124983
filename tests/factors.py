"""Authenticator apps of test people, and the codes they show."""

from __future__ import annotations

import time

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from plans.models import User
from plans.services.actors import Actor

_PERIOD = 30


def give_app(actor: Actor) -> str:
    """Set up an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(User.objects.get(pk=actor.member_id), secret)
    return str(secret)


def code_of(secret: str, *, ahead: int = 0) -> str:
    """What the app shows now, or some half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // _PERIOD + ahead)))
