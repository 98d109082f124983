"""Forms refused because of who sent them: nothing was saved, and what was typed is shown back.

It covers an ended membership, a session in another clinic, a changed role, an expired sign-in and a form that is too
old. The page has text to copy, not a form to send again: the reader may no longer be allowed to send it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MACHINERY: Final = frozenset(
    {
        "batch", "credential", "csrfmiddlewaretoken", "digest", "do", "draft", "feed", "find", "for", "id",
        "instead_of", "item", "lines", "listed", "lock", "method_shown", "next", "nonce", "page", "patient",
        "plan_lock", "published", "seen", "seen_lock", "seen_triggers", "seen_version", "show", "shown", "sort",
        "tab", "ticked", "view", "where",
    }
)  # fmt: skip
"""Fields of forms that nobody typed."""
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
        if name not in MACHINERY and "password" not in name
    )
    return tuple((name, text) for name, text in found if text)[:_SHOWN_AT_MOST]


def _is_ours(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.get_host()}"


def shown_back(request: HttpRequest, why: NotSavedWhy, address: str) -> HttpResponse | None:
    """The page with what was typed; None if there was nothing. `address`: where to go on.

    htmx shows only successful responses, so for its requests the whole page is replaced.
    """
    fields = typed(request)
    if not fields:
        return None
    response = render(
        request,
        "account/not_saved.html",
        {"why": why, "address": address, "typed": fields},
        status=why.status,
    )
    response.headers["Cache-Control"] = "no-store"
    if request.headers.get("HX-Request") == "true":
        response.status_code = 200
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "body", "innerHTML"
    return response
