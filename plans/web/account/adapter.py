"""How django-allauth behaves here: nobody signs up, passwords are tried slowly, messages go through the outbox."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.contrib.auth import get_user, update_session_auth_hash
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext

from plans.domain.errors import Refused
from plans.domain.signing_in import CredentialChange, SsoProvider
from plans.services import (
    access,
    account_messages,
    clock,
    credentials,
    invitations,
    second_factor,
    sign_ins,
    sso,
    staff_sessions,
)
from plans.web.account.devices import device_of
from plans.web.gate import SSO, chosen_clinic, confirmed_lately
from plans.web.middleware import SEEN_AT, SIGNED_IN_AT
from plans.web.network import network_of
from plans.web.untyped import Allauth, Context, Options

_FILES = "django.core.mail.backends.filebased.EmailBackend"
_PLAIN_TO_SEE = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")
SESSION_ROW: Final = "session_row"
_CHANGES: Final = {
    "account/email/password_changed": CredentialChange.PASSWORD,
    "account/email/password_set": CredentialChange.PASSWORD,
    "account/email/password_reset": CredentialChange.PASSWORD,
    "mfa/email/totp_activated": CredentialChange.APP_ADDED,
    "mfa/email/totp_deactivated": CredentialChange.APP_REMOVED,
    "mfa/email/webauthn_added": CredentialChange.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": CredentialChange.PASSKEY_REMOVED,
    "mfa/email/recovery_codes_generated": CredentialChange.CODES_MADE,
    "socialaccount/email/account_connected": CredentialChange.PROVIDER_ADDED,
}
"""What django-allauth tells by e-mail, and what it is to us."""
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

    def is_reauthentication_required(self, *, app: str, **more: object) -> bool:
        """Whether a change of one's own factors needs the password or a factor again: not just after signing in."""
        if SSO in self.request.session:
            # Whoever runs that system must not get a factor that opens other clinics.
            return not did_recently_reauthenticate(self.request) or self._works_elsewhere()
        return not confirmed_lately(self.request)

    def _works_elsewhere(self) -> bool:
        user = self.request.user
        return not user.has_usable_password() and len(access.clinics_of(UUID(str(user.pk)))) > 1

    def send_notification_mail(
        self, template_prefix: str, user: Allauth, context: Context | None = None, email: str | None = None
    ) -> None:
        """Tell somebody through the outbox that their sign-in was changed, and end their other sessions."""
        change = _CHANGES[template_prefix]
        factor = second_factor.own(user.pk)[-1:] if change in credentials.ADDED else ()
        credentials.tell(user.pk, change, factor_id=factor[0].id if factor else None)
        if self.request.user.is_authenticated and self.request.user.pk == user.pk:
            keep_only_this(self.request)

    def send_password_reset_mail(self, user: Allauth, email: str, context: Context) -> None:
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
        """Drop messages that somebody signed in or out, or that a factor came or went: the page itself shows that."""
        if message_template not in _PLAIN_TO_SEE and not str(message_template).startswith("mfa/messages/"):
            super().add_message(request, level, message_template, *more, **named)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To an open invitation if there is one, else to the first page."""
        if invitations.of_user(UUID(str(request.user.pk))):
            return reverse("invitations")
        url: str = super().get_login_redirect_url(request)
        return url

    def post_login(self, request: HttpRequest, user: Allauth, **kwargs: Options) -> HttpResponse:
        """Restart both limits of the session, on real time, and remember this browser."""
        now = int(clock.real_now().timestamp())
        request.session[SIGNED_IN_AT] = now
        request.session[SEEN_AT] = now
        row = staff_sessions.begin(
            user_id=user.pk,
            session_key=str(request.session.session_key),
            network=network_of(request),
            device=device_of(request.headers.get("User-Agent", "")),
        )
        request.session[SESSION_ROW] = str(row)
        provider = _provider_of(request, user)
        if provider is not None:
            request.session[SSO] = provider.key
        else:
            request.session.pop(SSO, None)
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


def _provider_of(request: HttpRequest, user: Allauth) -> SsoProvider | None:
    """The clinic's own system through which this session began, if it did."""
    records = get_authentication_records(request, user)
    names = [one["provider"] for one in records if one.get("method") == "socialaccount"]
    return sso.provider(names[-1]) if names else None


def keep_only_this(request: HttpRequest) -> None:
    """End every session of the person signed in but this one, which goes on under a new key."""
    user = get_user(request)
    if not isinstance(user, AbstractBaseUser):
        return
    staff_sessions.end_all(UUID(str(user.pk)), but=str(request.session.session_key))
    user.refresh_from_db()
    update_session_auth_hash(request, user)
    row = request.session.get(SESSION_ROW)
    if row:
        staff_sessions.renamed(UUID(row), str(request.session.session_key))


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
