"""A search for a patient: posted, kept in the session, named in the address by a key of this session.

Staff search for names. In an address, a name would reach the browser's history and the logs of every proxy, and a
name at a clinic's address says that somebody is a patient there.
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
_LISTS: Final = ("caseload", "queue", "calls", "messages", "supply", "openings")
# The other choices on the list go with the search: codes of ours, never typed text.
_CHOSEN: Final = ("show", "drug", "sort", "tab", "reason")
_CODE: Final = re.compile(r"[a-z][a-z0-9_ -]{0,39}")


def clean(raw: str) -> str:
    """The search text, cleaned and cut to what can be searched."""
    return raw.replace("\0", "")[:200].strip()


def read(request: HttpRequest) -> tuple[str, str]:
    """The key in the address, and the search text this session keeps for it; both empty for an unknown key."""
    word = request.GET.get("find", "")
    q = request.session.get(_SESSION, {}).get(word, "")
    return (word, q) if q else ("", "")


def keep(request: HttpRequest, q: str) -> str:
    """Remember a search and return its key; the same search has the same key."""
    kept = dict(request.session.get(_SESSION, {}))
    word = next((word for word, known in kept.items() if known == q), secrets.token_urlsafe(6))
    kept.pop(word, None)
    kept[word] = q
    request.session[_SESSION] = dict(list(kept.items())[-_KEPT:])
    return word


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.SEE_SUPPLY)
def find(request: StaffRequest) -> HttpResponse:
    """Go to the list that was searched, or to the caseload if none is named or nothing was posted."""
    where = request.POST.get("where", "")
    q = clean(request.POST.get("q", ""))
    chosen = {name: request.POST.get(name, "") for name in _CHOSEN}
    chosen = {name: value for name, value in chosen.items() if _CODE.fullmatch(value)}
    if q:
        chosen["find"] = keep(request, q)
    address = reverse(where if where in _LISTS else "caseload")
    return redirect(f"{address}?{urlencode(chosen)}" if chosen else address)
