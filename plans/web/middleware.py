"""Middleware for every request: privacy headers, TLS, the limit of the body, session limits, and the access log."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _

from plans.services import clock, wall
from plans.services.actors import Actor
from plans.web import sign_in_trail, unreadable
from plans.web.addresses import MACHINES, PATIENT_PATHS, TOKEN_PATHS, largest_body
from plans.web.redirects import to_sign_in

GetResponse = Callable[[HttpRequest], HttpResponse]

access_log = logging.getLogger("plans.access")

PERMISSIONS_POLICY = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope", "hid",
                "magnetometer", "microphone", "midi", "payment", "serial", "usb",
            )
        ),
        # Passkeys of staff.
        *(f"{feature}=(self)" for feature in ("publickey-credentials-create", "publickey-credentials-get")),
    ]
)  # fmt: skip

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
_SEEN_EVERY_SECONDS = 60


class ClinicWall:
    """Every request begins before the wall between clinics, with none of them open (`plans.services.wall`)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with wall.request():
            return self.get_response(request)


class AccessLog:
    """One line for each request: method, route (never the path: it may hold a token), status, time taken, and who."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        request_id = uuid.uuid4().hex[:12]
        request.META["taperplan.request_id"] = request_id
        response = self.get_response(request)
        match = request.resolver_match
        actor: Actor | None = getattr(request, "actor", None)
        access_log.info(
            "request",
            extra={
                "request_id": request_id,
                "method": request.method if request.method in METHODS else "other",
                "route": match.route if match else "none",
                "status": response.status_code,
                "ms": round((time.monotonic() - began) * 1000, 1),
                # Whoever is signed in but passed no gate has no clinic here.
                "user_id": actor.id if actor else _signed_in_as(request),
                "clinic_id": actor.clinic_id if actor else None,
            },
        )
        return response


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class PrivateHeaders:
    """Headers: no caching of pages about people, no referrer from patient addresses, no device features, no use by
    other sites."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        patient = PATIENT_PATHS.match(request.path_info) is not None
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if patient:
            # With "no-referrer" browsers send `Origin: null` with a form, which the CSRF check refuses. So only
            # addresses with a token get it; clean addresses, which have the forms, get "same-origin".
            hides = TOKEN_PATHS.match(request.path_info) is not None
            response.headers["Referrer-Policy"] = "no-referrer" if hides else "same-origin"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        # `user` exists once the authentication middleware has run; an unread session has no user.
        signed_in = _session_is_open(request)
        if patient or signed_in or request.path_info.startswith("/accounts/"):
            response.headers["Cache-Control"] = "no-store"
        return response


def _session_is_open(request: HttpRequest) -> bool:
    """Whether somebody is signed in, without a query."""
    return _signed_in_as(request) is not None


def _signed_in_as(request: HttpRequest) -> str | None:
    """The key of whoever is signed in, without a query."""
    session = getattr(request, "session", None)
    return session.get("_auth_user_id") if session is not None else None


class OnlyOverTls:
    """What a machine asks, and whatever is posted, is refused without TLS; only pages are redirected to https.

    A redirect would hide that a secret or an answer has already travelled readable, and a machine would go on so.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            posted = request.method not in ("GET", "HEAD")
            if posted or MACHINES.match(request.path_info):
                return _refused(request, _("Send this to an address with https. Nothing was saved."), 403)
        return self.get_response(request)


class BodyLimit:
    """A body larger than its address takes (`addresses.largest_body`) is answered 413 before a byte of it is read.

    A form that cannot be parsed is answered 400 here: a page that reads it later, such as an error page, would fail
    again.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit = largest_body(request.path_info)
        raw = request.META.get("CONTENT_LENGTH") or "0"
        if not raw.isascii() or not raw.isdigit():
            return _refused(request, _("The length of this request cannot be read."), 400)
        if len(raw) > _LONGEST_LENGTH or int(raw) > limit:
            text = _("This is too much at once: at most %(limit)s kB can be sent. Nothing was saved.") % {
                "limit": limit // 1000
            }
            response = _refused(request, text, 413)
            # The body stays unread, so the connection cannot be used for another request.
            response.headers["Connection"] = "close"
            return response
        try:
            request.POST  # noqa: B018 - reading it parses the form
        except (MultiPartParserError, SuspiciousOperation, BadRequest, UnreadablePostError):
            request._mark_post_parse_error()  # type: ignore[attr-defined]  # as Django does, so that nobody tries again
            return _refused(request, "", 400)
        return self.get_response(request)


def _refused(request: HttpRequest, text: str, status: int) -> HttpResponse:
    """The refusal: for patients the page with help; for staff `text`, or a page if there is none."""
    patient = PATIENT_PATHS.match(request.path_info) is not None
    if text and not patient:
        return HttpResponse(text, status=status, content_type=_PLAIN)
    page = unreadable.page(request.headers.get("Accept-Language", ""), patient=patient)
    return HttpResponse(page, status=status)


_PLAIN = "text/plain; charset=utf-8"
_LONGEST_LENGTH = 12


class SessionLimits:
    """End a signed-in session after 15 minutes without a request, and after 12 hours in any case.

    It uses real time: moving the demo's clock signs nobody out.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(clock.real_now().timestamp())
            began = request.session.setdefault(SIGNED_IN_AT, now)
            seen = request.session.setdefault(SEEN_AT, now)
            if (
                now - seen >= settings.SESSION_IDLE_SECONDS
                or now - began >= settings.SESSION_ABSOLUTE_SECONDS
            ):
                return self._ended(request)
        was_signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if was_signed_in and not request.user.is_authenticated:
            # The next person at this computer must not find pages with the back button.
            response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object) -> None:
        """Note activity, unless the page made the request by itself: a queue left open must expire."""
        if not request.user.is_authenticated or getattr(view, "unasked", False):
            return
        now = int(clock.real_now().timestamp())
        # Not on every request: that would write a row for each part of a page.
        if now - request.session.get(SEEN_AT, 0) >= _SEEN_EVERY_SECONDS:
            request.session[SEEN_AT] = now

    def _ended(self, request: HttpRequest) -> HttpResponse:
        request.META[sign_in_trail.ENDED] = True
        logout(request)
        messages.info(
            request, _("You were signed out because nothing happened for a while. Please sign in again.")
        )
        return to_sign_in(request)
