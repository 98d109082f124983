"""A search for a patient: posted, kept in the session, and named in the address by a word that only this session knows.

What staff look for is somebody's name. In an address it would stand in the history of the browser and in the logs of
whatever lies between, and a name at a clinic's address says that somebody is a patient there.
"""

from __future__ import annotations

import re
import secrets
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from plans.services.actors import May
from plans.web.gate import StaffRequest, staff_page

_SESSION: Final = "searches"
# Older ones are forgotten: nobody goes back through more pages.
_KEPT: Final = 20
_LISTS: Final = ("caseload", "queue", "messages")
# What else was chosen on the page of a list goes with the search; codes of ours, never something typed.
_CHOSEN: Final = ("show", "drug", "sort", "tab", "reason")
_CODE: Final = re.compile(r"[a-z][a-z0-9_ -]{0,39}")


def clean(raw: str) -> str:
    """What was typed, as far as it can be looked for."""
    return raw.replace("\0", "")[:200].strip()


def read(request: HttpRequest) -> tuple[str, str]:
    """The word in the address, and what this session looks for by it; both empty where it knows no such word."""
    word = request.GET.get("find", "")
    q = request.session.get(_SESSION, {}).get(word, "")
    return (word, q) if q else ("", "")


def keep(request: HttpRequest, q: str) -> str:
    """Remember what is looked for; the word for it, the same for the same search."""
    kept = dict(request.session.get(_SESSION, {}))
    word = next((word for word, known in kept.items() if known == q), secrets.token_urlsafe(6))
    kept.pop(word, None)
    kept[word] = q
    request.session[_SESSION] = dict(list(kept.items())[-_KEPT:])
    return word


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.LOOK)
def find(request: StaffRequest) -> HttpResponse:
    """Go to the list that was searched; to the caseload if none is named, or nothing was posted."""
    where = request.POST.get("where", "")
    q = clean(request.POST.get("q", ""))
    chosen = {name: request.POST.get(name, "") for name in _CHOSEN}
    chosen = {name: value for name, value in chosen.items() if _CODE.fullmatch(value)}
    if q:
        chosen["find"] = keep(request, q)
    address = reverse(where if where in _LISTS else "caseload")
    return redirect(f"{address}?{urlencode(chosen)}" if chosen else address)
