"""How django-allauth behaves here: nobody signs up, passwords are tried slowly, messages go through the outbox."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext

from plans.domain.errors import Refused
from plans.services import account_messages, clock, invitations, sign_ins
from plans.web.gate import chosen_clinic
from plans.web.middleware import SEEN_AT, SIGNED_IN_AT
from plans.web.network import network_of
from plans.web.untyped import Context, Options

_FILES = "django.core.mail.backends.filebased.EmailBackend"
_PLAIN_TO_SEE = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")
DEVICE_COOKIE: Final = "__Host-device" if settings.SITE_IS_HTTPS else "device"
"""Signed: this browser has signed in to an account, so that strangers who try its password do not slow it."""


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by clinics for their staff; nobody can sign up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: object) -> object:
        """Check a password, unless attempts come too fast: then a ValidationError says how long to wait."""
        try:
            attempt = sign_ins.begin(
                email=str(credentials.get("email", "")),
                network=network_of(request),
                device=request.COOKIES.get(DEVICE_COOKIE, ""),
            )
        except Refused as refusal:
            raise _wait(int(str(refusal.facts["seconds"]))) from refusal
        user = super().authenticate(request, **credentials)
        if user is not None:
            attempt.right()
        return user

    # Any: allauth ships no types.
    def send_password_reset_mail(self, user: Any, email: str, context: Context) -> None:
        """Send it through the outbox, so that no page waits for a mail server; the link is made on sending."""
        account_messages.forgotten_password(UUID(str(user.pk)))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: object = None,
        *more: object,
        **named: object,
    ) -> None:
        """Drop messages that somebody signed in or out: the page itself shows that."""
        if message_template not in _PLAIN_TO_SEE:
            super().add_message(request, level, message_template, *more, **named)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To an open invitation if there is one, else to the first page."""
        if invitations.of_user(UUID(str(request.user.pk))):
            return reverse("invitations")
        url: str = super().get_login_redirect_url(request)
        return url

    # Any: allauth ships no types.
    def post_login(self, request: HttpRequest, user: Any, **kwargs: Options) -> HttpResponse:
        """Restart both limits of the session, on real time, and remember this browser."""
        now = int(clock.real_now().timestamp())
        request.session[SIGNED_IN_AT] = now
        request.session[SEEN_AT] = now
        # A clinic that adds this person later must not move a session that works in another.
        chosen_clinic(request)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        response.set_cookie(
            DEVICE_COOKIE,
            sign_ins.device_key(UUID(str(user.pk))),
            max_age=int(sign_ins.DEVICE_FOR.total_seconds()),
            secure=settings.SITE_IS_HTTPS,
            httponly=True,
            samesite="Lax",
        )
        return response


def _wait(seconds: int) -> ValidationError:
    return ValidationError(
        ngettext(
            "Too many tries. Wait %(n)s second, then sign in again. The account is not locked.",
            "Too many tries. Wait %(n)s seconds, then sign in again. The account is not locked.",
            seconds,
        )
        % {"n": seconds},
        code="too_fast",
    )
