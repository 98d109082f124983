"""How django-allauth behaves here: nobody signs up, and a fresh sign-in starts the clocks of its session."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import get_connection
from django.http import HttpRequest, HttpResponse

from plans.services import clock, pausing
from plans.web.account.invitation import INVITES
from plans.web.middleware import SEEN_AT, SIGNED_IN_AT

_FILES = "django.core.mail.backends.filebased.EmailBackend"
_PLAIN_TO_SEE = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by a clinic for its staff, never by whoever finds the page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def render_mail(
        self, template_prefix: str, email: str, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Any:
        """The letter; into a file while this database is a copy on another host."""
        letter = super().render_mail(template_prefix, email, context, headers)
        if folder := pausing.folder_of_files():
            letter.connection = get_connection(_FILES, file_path=folder)
        return letter

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """In the words of an invitation when a clinic adds somebody, else in those for a forgotten password."""
        invites = INVITES in context["request"].META
        self.send_mail(f"account/email/{'invitation' if invites else 'password_reset_key'}", email, context)

    def add_message(
        self, request: HttpRequest, level: int, message_template: Any = None, *more: Any, **named: Any
    ) -> None:
        """All it says but that somebody is signed in or out: the page itself shows that."""
        if message_template not in _PLAIN_TO_SEE:
            super().add_message(request, level, message_template, *more, **named)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Start the twelve hours and the quarter of an hour anew, on real time."""
        now = int(clock.real_now().timestamp())
        request.session[SIGNED_IN_AT] = now
        request.session[SEEN_AT] = now
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response
