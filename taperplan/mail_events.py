"""Webhook reports of a mail provider: off unless MAIL_WEBHOOK names it, and never without a secret."""

from __future__ import annotations

from typing import Final

from taperplan import env

PROVIDERS: Final = ("mailgun",)
_SHORTEST: Final = 24


def provider() -> str:
    """The provider's name, empty for none. Raises WrongSetting for an unknown one."""
    name = env.text("MAIL_WEBHOOK")
    if name and name not in PROVIDERS:
        raise env.WrongSetting(
            "MAIL_WEBHOOK", "is no provider we know", f"Write one of {', '.join(PROVIDERS)}."
        )
    return name


def anymail(name: str) -> dict[str, str]:
    """The settings of django-anymail for a provider. Raises WrongSetting if the secret is missing or guessable."""
    if not name:
        return {}
    secret = env.text("MAIL_WEBHOOK_SECRET")
    user, _, password = secret.partition(":")
    if not user or len(password) < _SHORTEST:
        raise env.WrongSetting(
            "MAIL_WEBHOOK_SECRET",
            "is missing or short",
            f"Write user:password with {_SHORTEST} characters or more after the colon.",
        )
    key = env.text("MAIL_WEBHOOK_SIGNING_KEY")
    if not key:
        raise env.WrongSetting(
            "MAIL_WEBHOOK_SIGNING_KEY", "is missing", "Copy it from Mailgun's page of webhooks."
        )
    return {"WEBHOOK_SECRET": secret, "MAILGUN_WEBHOOK_SIGNING_KEY": key}
