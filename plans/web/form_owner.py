"""Whose form a request carries: whoever was signed in, in the clinic they worked in, when its page was made.

Signing in and changing clinics give a browser a new secret for its forms. A sealed cookie says for the last secrets of
this browser whose they were, so that the author of a form is known after the session has ended, and is not mistaken for
whoever has signed in since.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf

from plans.services import sealing
from plans.services.actors import Actor

COOKIE: Final = "__Host-forms" if settings.SITE_IS_HTTPS else "forms"
_MOST: Final = 6
_PURPOSE: Final = "form owner"


@dataclass(frozen=True, slots=True)
class FormOwner:
    """Who typed a form, in which clinic."""

    user_id: UUID
    clinic_id: UUID


def remember(request: HttpRequest, response: HttpResponse, actor: Actor) -> None:
    """Have the browser keep whose the forms of this page are."""
    made_with = request.META.get("CSRF_COOKIE")
    if not made_with:
        return
    entry = [_mark(made_with), actor.member_id.hex, actor.home.hex]
    known = _known(request)
    if entry in known:
        return
    known = [entry, *(one for one in known if one[0] != entry[0])][:_MOST]
    sealed = sealing.seal(json.dumps(known).encode(), purpose=_PURPOSE, context="")
    response.set_cookie(
        COOKIE,
        urlsafe_b64encode(sealed).decode(),
        # As long as a session lasts and what is kept of it.
        max_age=settings.SESSION_ABSOLUTE_SECONDS + 3600,
        secure=settings.SITE_IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def owner_of(request: HttpRequest) -> FormOwner | None:
    """Who typed the posted form; None if it cannot be told.

    A form without a token of ours counts only where the gate has let its sender in.
    """
    token = request.POST.get("csrfmiddlewaretoken") or request.headers.get("X-CSRFToken") or ""
    if len(token) == csrf.CSRF_TOKEN_LENGTH and token.isascii() and token.isalnum():
        # Private to Django; the tests that sign in anew fail if it changes.
        mark = _mark(csrf._unmask_cipher_token(token))  # type: ignore[attr-defined]  # not in the stubs
        for one, user, clinic in _known(request):
            if one == mark:
                return FormOwner(UUID(user), UUID(clinic))
    actor: Actor | None = getattr(request, "actor", None)
    return FormOwner(actor.member_id, actor.home) if actor is not None else None


def _known(request: HttpRequest) -> list[list[str]]:
    try:
        sealed = urlsafe_b64decode(request.COOKIES.get(COOKIE, ""))
    except ValueError:
        return []
    content = sealing.unseal(sealed, purpose=_PURPOSE, context="") if sealed else None
    found: list[list[str]] = json.loads(content) if content is not None else []
    return found


def _mark(made_with: str) -> str:
    return hashlib.sha256(made_with.encode()).hexdigest()[:32]
