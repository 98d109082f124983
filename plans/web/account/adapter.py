"""How django-allauth behaves here: nobody signs up, and a fresh sign-in starts the clocks of its session."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from plans.services import clock
from plans.web.middleware import SEEN_AT, SIGNED_IN_AT


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by a clinic for its staff, never by whoever finds the page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Start the twelve hours and the quarter of an hour anew, on real time."""
        now = int(clock.real_now().timestamp())
        request.session[SIGNED_IN_AT] = now
        request.session[SEEN_AT] = now
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response
