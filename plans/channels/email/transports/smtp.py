"""The usual transport: a mail server over SMTP."""

from __future__ import annotations

from django.conf import settings

from plans.channels.email.delivery import Server, SmtpTransport, Transport


def make() -> Transport:
    """A transport to the mail server of the settings."""
    return SmtpTransport(
        Server(
            host=settings.EMAIL_HOST,
            port=settings.EMAIL_PORT,
            seconds=float(settings.EMAIL_TIMEOUT),
            user=settings.EMAIL_HOST_USER,
            password=settings.EMAIL_HOST_PASSWORD,
            starttls=settings.EMAIL_USE_TLS,
            hello=settings.MAIL_DOMAIN,
        )
    )
