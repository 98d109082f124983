"""Forms refused because of who sent them: nothing was saved, and what was typed is shown back and kept for an hour.

It covers an ended membership, a session in another clinic, a changed role, an expired sign-in and a form that is too
old. The page has text to copy, not a form to send again: the reader may no longer be allowed to send it. Whoever typed
it finds it in the form when they open that again (`plans.web.kept_forms`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.services import kept_forms
from plans.web import form_owner

MACHINERY: Final = frozenset(
    {
        "batch", "credential", "csrfmiddlewaretoken", "digest", "do", "draft", "feed", "find", "for", "id",
        "instead_of", "item", "lines", "listed", "lock", "method_shown", "next", "nonce", "page", "patient",
        "plan_lock", "published", "seen", "seen_lock", "seen_triggers", "seen_version", "show", "shown", "sort",
        "tab", "ticked", "view", "where",
    }
)  # fmt: skip
"""Fields of forms that nobody typed."""
SECRET: Final = re.compile(r"password|passcode|secret|token|(^|_)(code|otp|pin)$")
"""Names of fields that are neither shown back nor kept."""
FLAG: Final = "kept_forms"
"""In a session for whose person a form may be kept, so that no other page asks the database."""
_SHOWN_AT_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class NotSavedWhy:
    """Why a form was refused, and the words of the link to go on."""

    head: str | Promise
    body: str | Promise
    go: str | Promise
    status: int = 403


NO_CLINIC: Final = NotSavedWhy(
    _("You are not in a clinic now"),
    _("The lead may have ended your membership, or you work in several clinics and have chosen none."),
    _("Choose a clinic"),
)
SIGNED_OUT: Final = NotSavedWhy(
    _("You are signed out"), _("Sign in, open the page again and enter it there."), _("Sign in")
)
NO_SECOND_STEP: Final = NotSavedWhy(
    _("You need a second step at sign-in"),
    _("Your clinic requires it from today. Set it up, open the page again and enter it there."),
    _("Set up a second step"),
)
NOT_CONFIRMED: Final = NotSavedWhy(
    _("Show that it is you"),
    _("You signed in more than ten minutes ago. Sign in again and enter it there."),
    _("Sign in again"),
)
NOT_HERE: Final = NotSavedWhy(
    _("This is not in the clinic you work in now"),
    _("It may have been removed, or you changed clinics in another window."),
    _("To the caseload"),
    404,
)


def typed(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """What was typed or chosen in the posted form: names of fields and their text, for display.

    Empty for a form sent from another site: it could put its own words on our page.
    """
    if request.method != "POST" or not _is_ours(request):
        return ()
    found = (
        (name, "\n".join(value for value in values if value.strip()))
        for name, values in request.POST.lists()
        if name not in MACHINERY and not SECRET.search(name)
    )
    return tuple((name, text) for name, text in found if text)[:_SHOWN_AT_MOST]


def keep(request: HttpRequest) -> None:
    """Keep a staff form that was not saved for whoever typed it, where that can be told; once a request."""
    if hasattr(request, "kept_for") or not _is_staff_form(request) or not typed(request):
        return
    owner = form_owner.owner_of(request)
    done = owner is not None and kept_forms.keep(
        user_id=owner.user_id,
        clinic_id=owner.clinic_id,
        path=request.path,
        page=page_of(request),
        fields={
            name: [str(value) for value in values]
            for name, values in request.POST.lists()
            if not SECRET.search(name)
        },
    )
    if done and request.user.is_authenticated:
        request.session[FLAG] = True
    request.kept_for = owner if done else None  # type: ignore[attr-defined]  # read by `kept_words`


def page_of(request: HttpRequest) -> str:
    """The page that the posted form stands on, without its query."""
    named = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    shown = address_of_ours(request, named)
    return shown.path if shown is not None else request.path


def address_of_ours(request: HttpRequest, named: str) -> SplitResult | None:
    """The address of a page of this site that a header names; None for any other, and for what is no address."""
    try:
        shown = urlsplit(named)
    except ValueError:
        return None
    return shown if shown.netloc == request.get_host() and shown.path else None


def _is_staff_form(request: HttpRequest) -> bool:
    """Whether it was sent to a page for members of a clinic, also where it was refused before its view was found."""
    if request.method != "POST":
        return False
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return False
    return getattr(match.func, "gate", ("",))[0] == "staff"


def named(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Fields with words for a reader: their names, which forms and code have in common, without underscores."""
    return [(name, name.replace("_", " "), text) for name, text in fields]


def kept_context(request: HttpRequest) -> dict[str, object]:
    """For `parts/typed.html`: what was typed; whether it is kept, and where it is given back to whoever reads this."""
    owner = getattr(request, "kept_for", None)
    reader = str(request.user.pk) if request.user.is_authenticated else ""
    return {
        "typed": named(typed(request)),
        "kept": owner is not None,
        "kept_for_another": owner is not None and reader not in ("", str(owner.user_id)),
        "kept_page": page_of(request),
    }


def _is_ours(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.get_host()}"


def shown_back(request: HttpRequest, why: NotSavedWhy, address: str) -> HttpResponse | None:
    """The page with what was typed; None if there was nothing. `address`: where to go on.

    htmx shows only successful responses, so for its requests the whole page is replaced.
    """
    if not typed(request):
        return None
    keep(request)
    response = render(
        request,
        "account/not_saved.html",
        {"why": why, "address": address, **kept_context(request)},
        status=why.status,
    )
    response.headers["Cache-Control"] = "no-store"
    if request.headers.get("HX-Request") == "true":
        response.status_code = 200
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "body", "innerHTML"
    return response
