"""Redirects that also work for htmx requests, and that return after signing in."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from plans.web import not_saved


def leave_for(request: HttpRequest, address: str) -> HttpResponse:
    """Redirect to another address; htmx, which would load it into a part of the page, is told to go there."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(address)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in, which returns to the page that was open, never to the address of a form or a part.

    What was typed in a form is kept, and shown first. A request that htmx made by itself redirects at once: nobody
    pressed a button.
    """
    not_saved.keep(request)
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page_of(request)})}"
    shown = None
    if request.headers.get("HX-Request") != "true":
        shown = not_saved.shown_back(request, not_saved.SIGNED_OUT, address)
    return shown or leave_for(request, address)


def page_of(request: HttpRequest) -> str:
    """The page that a request was made from: itself, or the one whose form or part it is."""
    if request.headers.get("HX-Request") == "true":
        open_page = request.headers.get("HX-Current-URL", "")
    elif request.method in ("GET", "HEAD"):
        return request.get_full_path()
    else:
        open_page = request.headers.get("Referer", "")
    shown = not_saved.address_of_ours(request, open_page)
    if shown is None:
        return "/"
    return f"{shown.path}?{shown.query}" if shown.query else shown.path
