"""Sending somebody to another page, also when only a part of a page was asked for; and back after signing in."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from plans.web import not_saved


def leave_for(request: HttpRequest, address: str) -> HttpResponse:
    """Go to another address; htmx, which would follow a redirect into the part it loads, is told to leave the page."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(address)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Go to the sign-in, which leads back to the page that was open: never to where a form or a part is sent.

    What was typed in a form is shown first. A part of a page that htmx asked for leaves at once: that was not sent by
    hand, and the words of its texts are kept in the tab.
    """
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': _page_of(request)})}"
    shown = None
    if request.headers.get("HX-Request") != "true":
        shown = not_saved.shown_back(request, not_saved.SIGNED_OUT, address)
    return shown or leave_for(request, address)


def _page_of(request: HttpRequest) -> str:
    if request.headers.get("HX-Request") == "true":
        open_page = request.headers.get("HX-Current-URL", "")
    elif request.method in ("GET", "HEAD"):
        return request.get_full_path()
    else:
        open_page = request.headers.get("Referer", "")
    shown = urlsplit(open_page)
    if shown.netloc != request.get_host() or not shown.path:
        return "/"
    return f"{shown.path}?{shown.query}" if shown.query else shown.path
